import type { Duty } from "../core/duty.ts";
import type { Alarm, Observer } from "../core/observer.ts";
import type { Clock } from "../lib/clock.ts";
import type { Node } from "./node.ts";
import type { Overview } from "./overview.ts";
import { inWords } from "./views-sides.ts";

/** Nodes must be at odds for so many slots before an operator is told. */
const lastingSlots = 0.25;

/** Of hundreds of nodes not all are named. */
const longestDoubt = 600;

/** Which duties an operator hears of when a node is no longer asked for them. */
const watchedDuties: readonly Duty[] = ["attest", "propose"];

interface TidingsParts {
  readonly alarm: (alarm: Alarm) => void;
  readonly tell: Required<Pick<Observer, "refitted">>;
  readonly clock: Clock;
  readonly nodes: readonly Node[];
  readonly overview: Overview;
}

/** Tells operators what changed about nodes and the chain, each thing once. */
export class Tidings {
  readonly #parts: TidingsParts;
  /** The duties that were last told to be beyond a node. */
  readonly #toldUnfit = new Map<Node, ReadonlySet<Duty>>();
  /** What was told of the constants and holds still. */
  #doubted: ReadonlySet<string> = new Set();
  #alarmed: string | undefined;
  /** Since when nodes seem to disagree, or to agree again. */
  #doubtedAt: number | undefined;

  constructor(parts: TidingsParts) {
    this.#parts = parts;
  }

  /** Tells who is no longer asked what to sign, or is asked again: once a slot, so that what comes and goes within one is not. */
  tellFitness(): void {
    for (const node of this.#parts.nodes) {
      const before = this.#toldUnfit.get(node);
      const unfit = watchedDuties.filter((duty) => node.upstream.status.unfit?.[duty] !== undefined);
      this.#toldUnfit.set(node, new Set(unfit));
      for (const duty of watchedDuties) {
        const because = node.upstream.status.unfit?.[duty];
        if ((because !== undefined) === (before?.has(duty) ?? false)) continue;
        this.#parts.tell.refitted(node.upstream, duty, because);
      }
    }
  }

  /** Tells of each doubt about the constants when it arises; not before there was time for all nodes to say theirs. */
  tellDoubts(): void {
    const doubted = new Set<string>();
    for (const { because, upstream } of this.#parts.overview.doubts) {
      const told = because.slice(0, longestDoubt);
      const subject = `${upstream ?? ""} ${told}`;
      doubted.add(subject);
      if (!this.#doubted.has(subject)) this.#parts.alarm({ what: "constants", because: told, upstream });
    }
    this.#doubted = doubted;
  }

  /** Tells once of each disagreement that lasts, and of its end: a new block does not reach all nodes at once. */
  tellDisagreement(): void {
    const { clock } = this.#parts;
    const at = this.#parts.overview.now();
    const { disagreement } = this.#parts.overview;
    const worth = disagreement && (disagreement.kind !== "head" || !disagreement.decided) ? disagreement : undefined;
    const subject = worth && `${worth.kind} ${worth.sides.map(({ voters }) => voters.join()).join("|")}`;
    if (subject === this.#alarmed) {
      this.#doubtedAt = undefined;
      return;
    }
    this.#doubtedAt ??= clock.now();
    if (at && clock.now() - this.#doubtedAt < lastingSlots * at.slotMs) return;
    this.#doubtedAt = undefined;
    this.#alarmed = subject;
    this.#parts.alarm(
      worth
        ? { what: "disagreement", because: inWords(worth), upstream: undefined }
        : { what: "agreement", because: "nodes agree on the chain again", upstream: undefined },
    );
  }
}
