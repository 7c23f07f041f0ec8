import type { PolicyEnvironment, RoutedPolicy } from "../core/policy.ts";
import { coalesce } from "./coalesce.ts";
import { type Confirm, confirm } from "./confirm.ts";
import { deadline } from "./deadline.ts";
import { hedge } from "./hedge.ts";
import { type Pinned, pin } from "./pin.ts";
import { rescue } from "./rescue.ts";
import { Restraint } from "./restraint.ts";
import { retry } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";
import type { PoliciesOptions } from "./schema.ts";
import { type Admission, shed } from "./shed.ts";

/** What the policies of a network need beyond their options. */
export interface PolicyParts extends PolicyEnvironment {
  /** Counts the calls of the whole process; all networks share one. */
  readonly admission: Admission;
  /** The protocol's, where it has one. */
  readonly confirmation: Confirm | undefined;
  readonly pinned: Pinned | undefined;
}

/** The policies of one network in their order, outermost first. */
export function createPolicies(options: PoliciesOptions, parts: PolicyParts): readonly RoutedPolicy[] {
  const { clock, random, pressure, admission, confirmation, pinned } = parts;
  const restraint = pressure && new Restraint(pressure, parts);
  const budget = new RetryBudget(budgetOf(options), clock, {
    strained: () => (restraint?.isStrained() ?? false) || (parts.strained?.() ?? false),
    impaired: parts.impaired ?? (() => false),
  });
  const policies: RoutedPolicy[] = [];
  if (options.shed) policies.push({ name: "shed", serves: () => true, policy: shed(admission, random, restraint) });
  policies.push({ name: "deadline", serves: () => true, policy: deadline(clock) });
  if (options.coalesce) policies.push({ name: "coalesce", serves: (traits) => traits.coalesce, policy: coalesce() });
  // Here, when they come: cache (one flight makes one look-up), then quorum or broadcast (each branch retries alone).
  if (pinned) policies.push({ name: "pin", serves: ({ access }) => access === "local", policy: pin(pinned) });
  if (confirmation) {
    policies.push({ name: "confirm", serves: ({ access }) => access === "write", policy: confirm(confirmation) });
  }
  if (options.retry) {
    const policy = retry(options.retry, parts, budget);
    policies.push({ name: "retry", serves: ({ repeat }) => repeat !== "never", policy });
    const raced = options.hedge !== false;
    policies.push({
      name: "rescue",
      serves: ({ repeat, hedge }) => repeat === "always" && !(raced && hedge),
      policy: rescue(clock, budget),
    });
  }
  if (options.hedge) {
    const { quantile, min, max } = options.hedge;
    const policy = hedge({ quantile, minMs: min, maxMs: max }, parts, budget);
    policies.push({ name: "hedge", serves: (traits) => traits.hedge, policy });
  }
  return policies;
}

function budgetOf({ retry, hedge }: PoliciesOptions) {
  const hedgeShare = hedge ? hedge.budget : 0;
  return retry
    ? { share: retry.budget, hedgeShare, minPerSecond: retry.minPerSecond }
    : { share: hedgeShare, hedgeShare, minPerSecond: 10 };
}
