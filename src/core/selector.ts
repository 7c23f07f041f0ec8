import type { Call } from "./call.ts";
import type { CallContext } from "./context.ts";
import type { Fault } from "./outcome.ts";
import type { Upstream } from "./upstream.ts";

/** Chooses who serves an attempt. The fault says why nobody can: `no_upstream`, `rate_limited` (all held), `busy`. */
export interface Selector {
  pick(call: Call, context: CallContext): Upstream | Fault;
}

export function isUpstream(choice: Upstream | Fault): choice is Upstream {
  return !("ok" in choice);
}
