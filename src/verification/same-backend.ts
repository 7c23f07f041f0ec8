import type { Upstream } from "../core/upstream.ts";
import { sharesFate } from "../core/upstream.ts";

/** Upstreams that were found to be one node, or the same few behind two names. */
export class SameBackend {
  readonly #group = new Map<Upstream, Set<Upstream>>();

  /** The two are the same; so are all that either is the same as. */
  join(a: Upstream, b: Upstream): void {
    const both = new Set([...this.#of(a), ...this.#of(b)]);
    for (const one of both) this.#group.set(one, both);
  }

  /** Forgets what was found about one: it moved, or its label did. */
  part(one: Upstream): void {
    this.#group.get(one)?.delete(one);
    this.#group.delete(one);
  }

  /** Those that are the same as one, itself left out. */
  of(one: Upstream): readonly Upstream[] {
    return [...this.#of(one)].filter((other) => other !== one);
  }

  /** Have two upstreams nothing in common: no provider, region, ASN, edge, operator, and no node behind both? */
  readonly independent = (a: Upstream, b: Upstream): boolean => {
    if (a === b || sharesFate(a.coordinates, b.coordinates) || this.#of(a).has(b)) return false;
    const { operator } = a.coordinates;
    return operator === undefined || operator !== b.coordinates.operator;
  };

  #of(one: Upstream): ReadonlySet<Upstream> {
    return this.#group.get(one) ?? new Set([one]);
  }
}
