import type { CallContext } from "../core/context.ts";
import { type Fault, fault } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Clock } from "../lib/clock.ts";
import { discard } from "./discard.ts";

/**
 * Ends the client's wait at `context.deadline`: the call resolves to a `deadline` fault, and what is still under way
 * for it is cancelled.
 */
export function deadline(clock: Clock): Policy {
  return (next) => (call, context) => {
    const left = context.deadline - clock.now();
    if (left <= 0) return Promise.resolve(late(context));
    return new Promise((resolve, reject) => {
      let waiting = true;
      const timer = clock.schedule(left, () => {
        waiting = false;
        resolve(late(context));
        context.cancellation.cancel();
      });
      next(call, context).then((outcome) => {
        if (!waiting) {
          discard(outcome);
          return;
        }
        timer.cancel();
        resolve(outcome);
      }, reject);
    });
  };
}

function late({ attempts }: CallContext): Fault {
  const silent = attempts.filter(({ outcome }) => outcome === undefined).map(({ upstream }) => upstream.id);
  const waitedFor = silent.length === 0 ? "" : `; still waiting for ${silent.join(", ")}`;
  return fault("deadline", `no answer before the deadline, ${attempts.length} attempts${waitedFor}`);
}
