import type { Header } from "../evm/header.ts";

/**
 * How far below a signed header others are looked for, one question a block: the four epochs that may lie between two
 * signed ones when an update or two are missed. The first one of all is the only one to begin with, so what is older than
 * these 128 blocks then is left to other vouchers.
 */
export const farthest = 128;

/** How many headers are remembered: several hours of signed ones, and what was walked between them. */
const most = 2_048;

/** Headers of execution blocks that are final by a light client, and by their hashes those before them. */
export class SignedHeaders {
  readonly #known = new Map<number, Header>();
  #newest: Header | undefined;

  /** The newest one that was signed for. */
  get newest(): Header | undefined {
    return this.#newest;
  }

  /** Takes in one that was signed for. */
  add(header: Header): void {
    this.#remember(header);
    if (!this.#newest || header.number > this.#newest.number) this.#newest = header;
  }

  known(height: number): Header | undefined {
    return this.#known.get(height);
  }

  /**
   * The header at a height, from the nearest one above by the hashes of parents. `fetch` gives the header with a hash,
   * checked against it; who gave it does not matter. `undefined` when it gives none, or the height is too far away.
   */
  async find(height: number, fetch: (hash: string) => Promise<Header | undefined>): Promise<Header | undefined> {
    let header = this.#above(height);
    while (header && header.number > height) {
      const parent = this.#known.get(header.number - 1) ?? (await fetch(header.parentHash));
      if (parent?.number !== header.number - 1 || parent.hash !== header.parentHash) return undefined;
      this.#remember(parent);
      header = parent;
    }
    return header;
  }

  #above(height: number): Header | undefined {
    for (let at = height; at <= height + farthest; at++) {
      const header = this.#known.get(at);
      if (header) return header;
    }
    return undefined;
  }

  #remember(header: Header): void {
    this.#known.delete(header.number);
    this.#known.set(header.number, header);
    if (this.#known.size > most) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest as number);
    }
  }
}
