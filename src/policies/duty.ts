import type { DutyDesk } from "../core/duty.ts";
import type { Policy } from "../core/policy.ts";
import type { Clock } from "../lib/clock.ts";
import type { Authors } from "./authors.ts";

/**
 * For what validators ask and send: asks the desk whether a call may go out, and as what; until when its answer is of
 * use; and tells it what came of the call, and who answered.
 */
export function duty(desk: DutyDesk, authors: Authors, clock: Clock): Policy {
  return (next) => (call, context) => {
    const admitted = desk.admit(call);
    if ("ok" in admitted) return Promise.resolve(admitted);
    const { access, duty, timeoutMs } = admitted.traits;
    const now = clock.now();
    const { hard } = desk.timing(admitted);
    // What is published too late may count all the same, so it goes out, and its client hears of one attempt's end.
    const until = access === "write" && hard <= now ? now + timeoutMs : hard;
    context.deadline = Math.min(context.deadline, until);
    // The desk reads the answer, or keeps it, so it must arrive whole.
    if (duty?.duty !== "read") context.shared = true;
    return next(admitted, context).then((outcome) => {
      const by = authors.of(outcome);
      context.served = by;
      return desk.settled(admitted, outcome, by);
    });
  };
}
