import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import { type Fault, fault } from "../core/outcome.ts";
import { isUpstream } from "../core/selector.ts";
import type { Upstream } from "../core/upstream.ts";
import type { DutyParts } from "./legs.ts";

/**
 * Whom a call is put to, the most welcome first, or why nobody can be asked. Where nobody is well, those are asked who
 * seem to be ill: that is not known for certain, and nobody answers for certain.
 */
export function candidates(
  { desk, selector }: Pick<DutyParts, "desk" | "selector">,
  call: Call,
  context: CallContext,
  reach: "well" | "possible",
): readonly Upstream[] | Fault {
  const chosen = desk.candidates(call, selector.all(call, reach));
  if ("ok" in chosen || chosen.length > 0) return chosen;
  if (reach === "well") return candidates({ desk, selector }, call, context, "possible");
  const nobody = selector.pick(call, context);
  return isUpstream(nobody) ? fault("no_upstream", "none of those who could answer is good for it now") : nobody;
}
