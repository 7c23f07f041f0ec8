import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import { type Fault, type Outcome, ruleOf } from "../core/outcome.ts";
import type { Handler, Policy } from "../core/policy.ts";
import type { Confirmation } from "../core/protocol.ts";

/** How to ask whether a write took effect; `Protocol.confirmation`. */
export type Confirm = (call: Call, outcome: Outcome) => Confirmation | undefined;

/**
 * For a write that ended in doubt ("nonce too low", or an attempt that broke off when the upstream may already have had
 * it): asks the network whether the write is there before the client is told that it failed.
 */
export function confirm(confirmation: Confirm): Policy {
  return (next) => (call, context) =>
    next(call, context).then((outcome) => {
      const doubtful = outcome.ok || context.cancellation.cancelled ? undefined : inDoubt(outcome, context);
      const question = doubtful && confirmation(call, doubtful);
      return question ? ask(question, context, next) : outcome;
    });
}

/** The fault that leaves open whether the write was made, if any of its attempts left one. */
function inDoubt(final: Fault, { attempts }: CallContext): Fault | undefined {
  if (leavesDoubt(final)) return final;
  for (const { outcome } of attempts) if (outcome?.ok === false && leavesDoubt(outcome)) return outcome;
  return undefined;
}

function leavesDoubt({ kind }: Fault): boolean {
  return kind === "already_used" || ruleOf(kind).delivered === "maybe";
}

function ask(question: Confirmation, context: CallContext, next: Handler): Promise<Outcome> {
  context.reason = "confirm";
  // Whoever was asked to make the write is best placed to know of it.
  context.round = context.attempts.length;
  return next(question.call, context).then((outcome) => question.conclude(outcome));
}
