import type { Call } from "../core/call.ts";
import type { Attempt, CallContext } from "../core/context.ts";
import { type Fault, type Outcome, ruleOf } from "../core/outcome.ts";
import type { Handler, Policy } from "../core/policy.ts";
import type { Confirmation } from "../core/protocol.ts";

/** How to ask whether a write was made; `Protocol.confirmation`. */
export type Confirm = (call: Call) => Confirmation | undefined;

/**
 * For a write that ended in doubt ("nonce too low", or an attempt that broke off when the upstream may already have had
 * it): asks the network whether the write is there before the client is told that it failed. A no that another upstream
 * gave afterwards settles nothing, as the write itself may be the reason for it: its nonce is used, its money spent.
 */
export function confirm(confirmation: Confirm): Policy {
  return (next) => (call, context) =>
    next(call, context).then((outcome) => {
      if ((outcome.ok && !outcome.failed) || context.cancellation.cancelled) return outcome;
      const doubt = doubtIn(outcome, context.attempts);
      const question = doubt && confirmation(call);
      return question ? ask(question, outcome, doubt, context, next) : outcome;
    });
}

/** The fault that leaves open whether the write was made, if there is one. */
function doubtIn(final: Outcome, attempts: readonly Attempt[]): Fault | undefined {
  for (const { outcome } of attempts) if (outcome?.ok === false && mayBeDelivered(outcome)) return outcome;
  return !final.ok && (final.kind === "already_used" || mayBeDelivered(final)) ? final : undefined;
}

function mayBeDelivered({ kind }: Fault): boolean {
  return ruleOf(kind).delivered === "maybe";
}

async function ask(
  question: Confirmation,
  final: Outcome,
  doubt: Fault,
  context: CallContext,
  next: Handler,
): Promise<Outcome> {
  context.reason = "confirm";
  // Whoever was asked to make the write is best placed to know of it.
  context.round = context.attempts.length;
  const told = await next(question.call, context);
  // Where nobody can tell, a definitive no would be a guess.
  return question.conclude(told) ?? (told.ok || !ruleOf(doubt.kind).transient ? final : doubt);
}
