import type { Call } from "./call.ts";
import type { CallContext } from "./context.ts";
import type { Fault } from "./outcome.ts";
import type { Upstream } from "./upstream.ts";

/** Chooses who serves an attempt. The fault says why nobody can: `no_upstream`, `rate_limited` (all held), `busy`. */
export interface Selector {
  pick(call: Call, context: CallContext): Upstream | Fault;
  /**
   * All who can serve a call, the most welcome first: for calls that are put to several. `reach` says whether those that
   * seem to be ill are among them (`possible`), as there is no harm in telling them too, or not (`well`).
   */
  all(call: Call, reach: "well" | "possible"): readonly Upstream[];
}

export function isUpstream(choice: Upstream | Fault): choice is Upstream {
  return !("ok" in choice);
}
