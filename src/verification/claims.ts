import type { Upstream } from "../core/upstream.ts";

/** What an upstream is said to have, by the member of its status that says that it has not. */
export type Claim = "forgetful" | "traceless";

/** Failures in a row after which it is taken not to have it. */
const failuresToDeny = 3;

/**
 * Have upstreams what they are said to have? Whoever says that it has not is honest, and only not asked for that any
 * more. One answer makes the claim good again.
 */
export class Claims {
  readonly #failures = new Map<string, number>();

  /** It was asked for that. `has` is undefined where nobody can tell whether it has it. */
  heard({ id, status }: Upstream, claim: Claim, has: boolean | undefined): void {
    if (has === undefined) return;
    const key = `${claim} ${id}`;
    const failures = has ? 0 : (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    status[claim] = failures >= failuresToDeny;
  }
}
