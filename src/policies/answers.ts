import type { MethodTraits } from "../core/call.ts";
import type { DutyDesk } from "../core/duty.ts";
import type { Policy } from "../core/policy.ts";

/**
 * Serves answers that the desk keeps for as long as what they depend on has not changed. The answer is another object
 * than the one kept: nobody gave it to this call.
 */
export function answers(desk: DutyDesk): Policy {
  return (next) => (call, context) => {
    const kept = desk.cached(call);
    return kept ? Promise.resolve({ ...kept }) : next(call, context);
  };
}

/**
 * May answers to such calls be kept at all? Never what is signed, or decides whether anybody signs: yesterday's head,
 * block or liveness is worse than none, so no desk and no option can have them kept.
 */
export function isKeepable({ access, duty }: MethodTraits): boolean {
  return access === "read" && duty?.fanOut === "one" && (duty.duty === "schedule" || duty.duty === "read");
}
