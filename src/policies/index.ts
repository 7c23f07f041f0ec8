import type { MethodTraits } from "../core/call.ts";
import type { FanOut } from "../core/duty.ts";
import type { Policy, PolicyEnvironment, RoutedPolicy } from "../core/policy.ts";
import { answers, isKeepable } from "./answers.ts";
import { Authors } from "./authors.ts";
import { best } from "./best.ts";
import { broadcast } from "./broadcast.ts";
import { coalesce } from "./coalesce.ts";
import { type Confirm, confirm } from "./confirm.ts";
import { deadline } from "./deadline.ts";
import { duty } from "./duty.ts";
import { hedge } from "./hedge.ts";
import type { DutyParts } from "./legs.ts";
import { objection } from "./objection.ts";
import { type Pinned, pin } from "./pin.ts";
import { producer } from "./producer.ts";
import { quorum } from "./quorum.ts";
import { recode } from "./recode.ts";
import { rescue } from "./rescue.ts";
import { Restraint } from "./restraint.ts";
import { retry } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";
import type { PoliciesOptions } from "./schema.ts";
import { type Admission, shed } from "./shed.ts";
import { union } from "./union.ts";

/** What the policies of a network need beyond their options. */
export interface PolicyParts extends PolicyEnvironment {
  /** Counts the calls of the whole process; all networks share one. */
  readonly admission: Admission;
  /** The protocol's, where it has one. */
  readonly confirmation: Confirm | undefined;
  readonly pinned: Pinned | undefined;
  /** Present where there are validators. */
  readonly duties?: DutyParts | undefined;
}

/** The policies of one network in their order, outermost first. */
export function createPolicies(options: PoliciesOptions, parts: PolicyParts): readonly RoutedPolicy[] {
  const { clock, random, pressure, admission, confirmation, pinned, duties } = parts;
  const restraint = pressure && new Restraint(pressure, parts);
  const budget = new RetryBudget(budgetOf(options), clock, {
    strained: () => (restraint?.isStrained() ?? false) || (parts.strained?.() ?? false),
    impaired: parts.impaired ?? (() => false),
  });
  const authors = new Authors();
  const policies: RoutedPolicy[] = [];
  if (options.shed) policies.push({ name: "shed", serves: () => true, policy: shed(admission, random, restraint) });
  if (duties) policies.push({ name: "duty", serves: isDuty, policy: duty(duties.desk, authors, clock) });
  policies.push({ name: "deadline", serves: () => true, policy: deadline(clock) });
  if (options.coalesce) {
    policies.push({ name: "coalesce", serves: (traits) => traits.coalesce && isForOne(traits), policy: coalesce() });
  }
  if (duties) {
    policies.push({ name: "answers", serves: isKeepable, policy: answers(duties.desk) });
    policies.push(...fanOuts(duties, parts));
  }
  if (pinned) policies.push({ name: "pin", serves: ({ access }) => access === "local", policy: pin(pinned) });
  if (confirmation) {
    policies.push({ name: "confirm", serves: ({ access }) => access === "write", policy: confirm(confirmation) });
  }
  if (options.retry) {
    const policy = retry(options.retry, parts, budget);
    policies.push({ name: "retry", serves: (traits) => traits.repeat !== "never" && isForOne(traits), policy });
    const raced = options.hedge !== false;
    policies.push({
      name: "rescue",
      serves: (traits) => traits.repeat === "always" && !(raced && traits.hedge) && isForOne(traits),
      policy: rescue(clock, budget),
    });
  }
  if (options.hedge) {
    const { quantile, min, max } = options.hedge;
    const policy = hedge({ quantile, minMs: min, maxMs: max }, parts, budget);
    policies.push({ name: "hedge", serves: (traits) => traits.hedge && isForOne(traits), policy });
  }
  if (duties) {
    const { desk, protocol, selector } = duties;
    policies.push({ name: "objection", serves: isDuty, policy: objection(desk, authors) });
    policies.push({ name: "recode", serves: isDuty, policy: recode(protocol, selector, clock) });
  }
  return policies;
}

/** The policies that put a call to several, each for the calls that ask for it. */
function fanOuts(duties: DutyParts, { clock }: PolicyEnvironment): readonly RoutedPolicy[] {
  const made: Readonly<Record<Exclude<FanOut, "one">, Policy>> = {
    best: best(duties, clock),
    quorum: quorum(duties, clock),
    broadcast: broadcast(duties, clock),
    producer: producer(duties, clock),
    union: union(duties, clock),
  };
  return Object.entries(made).map(([name, policy]) => ({
    name,
    serves: ({ duty }) => duty?.fanOut === name,
    policy,
  }));
}

function isDuty({ duty }: MethodTraits): boolean {
  return duty !== undefined;
}

/**
 * Is a call for one upstream at a time? Only such are retried, raced and shared: a leg asks its own upstream and no other,
 * and the others are its second chance; and who asks what to sign just after a new head must not be given what was asked
 * just before it.
 */
function isForOne({ duty }: MethodTraits): boolean {
  return duty === undefined || duty.fanOut === "one";
}

function budgetOf({ retry, hedge }: PoliciesOptions) {
  const hedgeShare = hedge ? hedge.budget : 0;
  return retry
    ? { share: retry.budget, hedgeShare, minPerSecond: retry.minPerSecond }
    : { share: hedgeShare, hedgeShare, minPerSecond: 10 };
}
