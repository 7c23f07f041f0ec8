import type { ControlState } from "./control-state.ts";

/**
 * What one node has heard of the control state: by kind the number up to which it acknowledged everything. A node that
 * restarts has heard nothing.
 */
export class Hearing {
  readonly #state: ControlState;
  readonly #heard = new Map<string, number>();
  /** Tellings that it acknowledged ahead of an earlier one. */
  readonly #ahead = new Map<string, Set<number>>();
  /** Counts its lives: an acknowledgement of an earlier life says nothing. */
  life = 0;

  constructor(state: ControlState) {
    this.#state = state;
  }

  /** It acknowledged telling `number` of a kind. */
  acknowledge(kind: string, number: number): void {
    let heard = this.heard(kind);
    if (number <= heard) return;
    const ahead = this.#ahead.get(kind) ?? new Set<number>();
    ahead.add(number);
    while (ahead.delete(heard + 1)) heard++;
    this.#heard.set(kind, heard);
    if (ahead.size > mostAhead) ahead.clear();
    this.#ahead.set(kind, ahead);
  }

  /** It was told all up to `number` again. */
  caughtUp(kind: string, number: number): void {
    const ahead = this.#ahead.get(kind);
    for (const one of ahead ?? []) if (one <= number) ahead?.delete(one);
    this.#heard.set(kind, Math.max(this.heard(kind), number));
    if (ahead) {
      let heard = this.heard(kind);
      while (ahead.delete(heard + 1)) heard++;
      this.#heard.set(kind, heard);
    }
  }

  heard(kind: string): number {
    return this.#heard.get(kind) ?? 0;
  }

  /** Has it heard all that is new? What was merely repeated it need not have. */
  knows(kind: string): boolean {
    return (
      this.heard(kind) >= this.#state.changed(kind) || (this.#ahead.get(kind)?.has(this.#state.changed(kind)) ?? false)
    );
  }

  /** The kinds of which it has not heard the last telling. */
  behind(): readonly string[] {
    return this.#state.kinds().filter((kind) => this.heard(kind) < this.#state.told(kind));
  }

  /** It restarted, or another node stands in its place. */
  forget(): void {
    this.life++;
    this.#heard.clear();
    this.#ahead.clear();
  }
}

/** So many acknowledgements out of turn are remembered; beyond it the node is told again. */
const mostAhead = 64;
