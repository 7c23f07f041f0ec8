import type { ControlEntry, DutyProtocol } from "../core/duty.ts";
import type { ControlState } from "./control-state.ts";
import type { Node } from "./node.ts";

export interface ReplayParts {
  readonly control: ControlState;
  readonly protocol: Pick<DutyProtocol, "questions">;
  /** The present epoch; what ended before it is not told again. */
  readonly epoch: () => number;
  /** Is a node to be told of this kind? */
  readonly wants: (node: Node, kind: string) => boolean;
  readonly timeoutMs: number;
  /** Hears of each kind that a node was told, when it has acknowledged all of it, or has not. */
  readonly told: (node: Node, kind: string, entries: number, well: boolean) => void;
  /** Hears of a bug. */
  readonly crashed: (bug: unknown) => void;
}

/** So many entries are told at once: what Lodestar's client sends, and every node takes. */
const mostAtOnce = 512;
/** So many refusals are looked into: a single bad entry of 512 makes ten. */
const mostRefusals = 64;

/**
 * Tells nodes again what validators told while they were not there: one that restarted forgot whom to pay, and would
 * propose for nobody. One telling at a time for each node.
 */
export class Replay {
  readonly #parts: ReplayParts;
  readonly #busy = new Set<Node>();

  constructor(parts: ReplayParts) {
    this.#parts = parts;
  }

  /** Brings a node up to date, if it is behind. What fails is tried again the next time. */
  catchUp(node: Node): void {
    if (this.#busy.has(node)) return;
    if (this.#due(node).length === 0) return;
    this.#busy.add(node);
    this.#tellAll(node).then(
      () => this.#busy.delete(node),
      (bug) => {
        this.#busy.delete(node);
        this.#parts.crashed(bug);
      },
    );
  }

  /** What it is to be told of and has not heard. */
  #due(node: Node): readonly string[] {
    return node.hearing.behind().filter((kind) => this.#parts.wants(node, kind));
  }

  async #tellAll(node: Node): Promise<void> {
    const { control, epoch } = this.#parts;
    for (const kind of this.#due(node)) {
      const { life } = node.hearing;
      const upTo = control.told(kind);
      const entries = control.since(kind, node.hearing.heard(kind), epoch());
      const well = await this.#tell(node, kind, entries);
      // It may have restarted meanwhile.
      if (well && node.hearing.life === life) node.hearing.caughtUp(kind, upTo);
      if (entries.length > 0) this.#parts.told(node, kind, entries.length, well);
      if (!well) return;
    }
  }

  async #tell(node: Node, kind: string, entries: readonly ControlEntry[]): Promise<boolean> {
    const patience = { refusals: mostRefusals, taken: 0 };
    for (let from = 0; from < entries.length; from += mostAtOnce) {
      if (!(await this.#tellSome(node, kind, entries.slice(from, from + mostAtOnce), patience))) return false;
    }
    // One that takes nothing at all has another reason.
    return entries.length === 0 || patience.taken > 0;
  }

  /** A list that the node refuses is told in halves, so that one entry that it cannot take keeps no other from it. */
  async #tellSome(
    node: Node,
    kind: string,
    entries: readonly ControlEntry[],
    patience: { refusals: number; taken: number },
  ): Promise<boolean> {
    const { protocol, timeoutMs } = this.#parts;
    const outcome = await node.upstream.probe(protocol.questions.control(kind, entries), timeoutMs);
    if (outcome.ok && !outcome.failed) {
      patience.taken += entries.length;
      return true;
    }
    const refused = outcome.ok || outcome.kind === "doubtful_request";
    if (!refused || patience.refusals-- === 0) return false;
    if (entries.length === 1) return true;
    const half = entries.length >> 1;
    return (
      (await this.#tellSome(node, kind, entries.slice(0, half), patience)) &&
      (await this.#tellSome(node, kind, entries.slice(half), patience))
    );
  }
}
