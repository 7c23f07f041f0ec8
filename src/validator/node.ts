import type { ChainSpec, DutyProtocol, HeadFacts, Question, SyncFacts } from "../core/duty.ts";
import type { Answer } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import { httpDate } from "../lib/http-date.ts";
import type { ControlState } from "./control-state.ts";
import { Hearing } from "./hearing.ts";
import {
  type NodeFacts,
  newNode,
  restarted,
  withFinality,
  withHead,
  withHeadEvent,
  withIdentity,
  withStream,
  withSync,
} from "./node-facts.ts";
import { narrowed, type SkewBounds, skewMs, skewOf } from "./node-facts-skew.ts";
import type { NodeRole } from "./schema.ts";

/** Who hears what is found out about a node. */
export interface NodeListener {
  /** Its facts are others. */
  changed(node: Node): void;
  /** A header was read: the block, and the one before it. */
  block(block: { readonly root: string; readonly parent: string; readonly slot: number }): void;
  /** It restarted, or may have: it knows nothing of what it was told. */
  forgot(node: Node): void;
  /** A bug, met while reading what it said. */
  crashed(bug: unknown): void;
}

export interface NodeParts {
  readonly upstream: Upstream;
  readonly role: NodeRole;
  readonly protocol: DutyProtocol;
  readonly control: ControlState;
  readonly clock: Clock;
  /** How long a question may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly hear: NodeListener;
}

/** One node as validators depend on it: asks it about itself and keeps what it says. */
export class Node {
  readonly upstream: Upstream;
  readonly hearing: Hearing;
  facts: NodeFacts;
  spec: ChainSpec | undefined;
  /** The last head that its event stream told of. */
  lastHead: HeadFacts | undefined;
  readonly #parts: NodeParts;
  readonly #asking = new Set<string>();
  #skew: SkewBounds | undefined;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.upstream = parts.upstream;
    this.hearing = new Hearing(parts.control);
    this.facts = newNode(parts.upstream.id, parts.role);
  }

  /** Is all known that is asked once? */
  get introduced(): boolean {
    return this.spec !== undefined && this.facts.identity !== undefined && this.facts.versions !== undefined;
  }

  /** Asks for what changes seldom: constants, software, identity. What is known is asked again only when `anew`. */
  introduce(anew = false): void {
    const { questions } = this.#parts.protocol;
    if (anew || !this.spec) {
      this.#ask("genesis", questions.genesis, (genesis) =>
        this.#ask("spec", questions.spec, (values) => {
          this.spec = { ...genesis, values };
          this.#changed();
        }),
      );
    }
    if (anew || !this.facts.identity) this.lookIdentity();
    if (anew || !this.facts.versions) this.#askVersions(0);
  }

  lookIdentity(): void {
    this.#ask("identity", this.#parts.protocol.questions.identity, (identity) => {
      const known = this.facts.identity;
      this.#learn(withIdentity(this.facts, identity, this.#parts.clock.now()));
      if (known !== undefined && known !== identity) this.forget();
    });
  }

  lookSync(): void {
    this.#ask("syncing", this.#parts.protocol.questions.syncing, (sync: SyncFacts, at) =>
      this.#learn(withSync(this.facts, sync, at)),
    );
  }

  /** Reads its head, by asking: for when its stream is silent. */
  lookHead(): void {
    this.#ask("head", this.#parts.protocol.questions.header("head"), (head, at) => {
      this.#parts.hear.block(head);
      this.#learn(withHead(this.facts, head, at));
    });
  }

  /** Reads the header of a block, to know what is before it. */
  lookBlock(root: string): void {
    this.#ask(`block ${root}`, this.#parts.protocol.questions.header(root), (block) => {
      this.#parts.hear.block(block);
      this.#parts.hear.changed(this);
    });
  }

  lookFinality(): void {
    this.#ask("finality", this.#parts.protocol.questions.finality, ({ justified, finalized }) =>
      this.#learn(withFinality(this.facts, justified, finalized)),
    );
  }

  /** Its event stream opened at that time of the clock, or ended. */
  streams(since: number | undefined): void {
    this.#learn(withStream(this.facts, since));
  }

  /** Its event stream told of a head. */
  headEvent(head: HeadFacts): void {
    this.lastHead = head;
    this.#learn(withHeadEvent(this.facts, head, this.#parts.clock.now()));
  }

  /** Sets facts that others know: whether it is in service, prepared, of the right chain. */
  learn(facts: NodeFacts): void {
    this.#learn(facts);
  }

  /** It restarted, or may have. */
  forget(): void {
    this.doubtMemory();
    this.#learn(restarted(this.facts, this.#parts.clock.now()));
  }

  /** Its connection was lost: it may have restarted, so it is told everything again. */
  doubtMemory(): void {
    this.hearing.forget();
    this.#learn({ ...this.facts, prepared: undefined });
    this.#parts.hear.forgot(this);
  }

  #askVersions(index: number): void {
    const question = this.#parts.protocol.questions.versions[index];
    if (!question) return;
    this.#ask(
      "versions",
      question,
      (versions) => this.#learn({ ...this.facts, versions }),
      () => this.#askVersions(index + 1),
    );
  }

  /** Asks one question, unless it is being asked. `heard` gets what was read, and when it was asked. */
  #ask<Reading>(
    name: string,
    { call, read }: Question<Reading>,
    heard: (reading: Reading, askedAt: number) => void,
    unheard: () => void = () => {},
  ): void {
    if (this.#asking.has(name)) return;
    this.#asking.add(name);
    const { clock, timeoutMs } = this.#parts;
    const askedAt = clock.now();
    const askedEpoch = clock.epoch();
    const answered = this.upstream.probe(call, timeoutMs).then((outcome) => {
      this.#asking.delete(name);
      if (outcome.ok) this.#readDate(outcome, askedEpoch);
      const reading = outcome.ok && !outcome.failed ? read(outcome) : undefined;
      if (reading === undefined) unheard();
      else heard(reading, askedAt);
    });
    answered.catch((bug: unknown) => {
      this.#asking.delete(name);
      this.#parts.hear.crashed(bug);
    });
  }

  #readDate({ headers }: Answer, askedEpoch: number): void {
    const date = httpDate(headers?.["date"]);
    if (date === undefined) return;
    const { clock } = this.#parts;
    this.#skew = narrowed(this.#skew, skewOf(date, askedEpoch, clock.epoch(), clock.now()));
    this.facts = { ...this.facts, skewMs: skewMs(this.#skew) };
  }

  #learn(facts: NodeFacts): void {
    if (facts === this.facts) return;
    this.facts = facts;
    this.#changed();
  }

  #changed(): void {
    this.#parts.hear.changed(this);
  }
}
