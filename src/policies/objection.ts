import type { DutyDesk } from "../core/duty.ts";
import { fault } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Authors } from "./authors.ts";
import { discard } from "./discard.ts";

/**
 * Takes an answer that must not be used for a duty as a fault, so that others are asked. The attempt keeps its outcome:
 * the node is not at fault in general. Notes who gave the answers that pass.
 */
export function objection(desk: DutyDesk, authors: Authors): Policy {
  return (next) => (call, context) => {
    const before = context.attempts.length;
    const asking = next(call, context);
    // An upstream is picked before `next` returns.
    const upstream = context.attempts[before]?.upstream;
    if (!upstream) return asking;
    return asking.then((outcome) => {
      if (!outcome.ok) return outcome;
      const why = outcome.failed ? undefined : desk.objection(call, outcome, upstream);
      if (why === undefined) return authors.credit(outcome, upstream);
      discard(outcome);
      return fault("objectionable", `${upstream.id}: ${why}`);
    });
  };
}
