import type { Call } from "../core/call.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";

/** Writes who answered into an answer that only makes sense there; `Protocol.pinned`. */
export type Pinned = (call: Call, outcome: Outcome, upstream: string | undefined) => Outcome;

/** For calls about what one upstream alone has: sees to it that the client's next call can find the way back. */
export function pin(pinned: Pinned): Policy {
  return (next) => (call, context) =>
    next(call, context).then((outcome) => {
      const served = context.attempts.findLast((attempt) => attempt.outcome?.ok);
      return pinned(call, outcome, served?.upstream.id);
    });
}
