import type { AttemptReason } from "../core/context.ts";
import { faultKinds, type Outcome } from "../core/outcome.ts";

/** What an outcome is called in metrics and logs, in the order of its slot in arrays of counts. */
export const outcomeNames: readonly string[] = ["answer", "error_answer", ...faultKinds];

const slotByKind: ReadonlyMap<string, number> = new Map(faultKinds.map((kind, index) => [kind, index + 2]));

/** The place of an outcome in arrays of counts; see {@link outcomeNames}. */
export function slotOf(outcome: Outcome): number {
  if (outcome.ok) return outcome.failed ? 1 : 0;
  return slotByKind.get(outcome.kind) as number;
}

/** Why attempts are made, in the order of their slot in arrays of counts. */
export const reasons: readonly AttemptReason[] = ["primary", "retry", "hedge", "confirm", "fan_out"];
