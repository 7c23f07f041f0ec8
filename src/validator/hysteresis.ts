import { type Duty, duties, type Unfit } from "../core/duty.ts";
import type { Findings } from "./fitness.ts";
import type { Instant } from "./slot-clock.ts";

/** How long a node must be well before it is back: slots for what is signed on, epochs for proposals. */
export interface Settling {
  readonly attest: number;
  readonly propose: number;
}

interface DutyStanding {
  /** Why it is not asked; `undefined` when it is. */
  readonly unfit: string | undefined;
  /** Since when nothing lasting speaks against it; NaN while something does, -Infinity if nothing ever did. */
  readonly wellSince: number;
  /** It was taken out for something lasting, and is watched until it has been well for long enough. */
  readonly watched: boolean;
}

/** Where a node stands. */
export interface Standing {
  readonly duties: Readonly<Record<Duty, DutyStanding>>;
  readonly unfit: Unfit;
}

/** What is found of a node now. */
export interface Judged {
  readonly id: string;
  readonly findings: Findings;
  /** Does health let it serve? One that is out of service is no substitute. */
  readonly serving: boolean;
}

/**
 * Where all nodes stand, from where they stood and what is found of them now:
 *
 * - a hard finding takes a node out at once; another one between aggregates and the slot's end, when nothing is due.
 * - a node that was taken out for something lasting comes back when it has been well for long enough, in such a calm time
 *   too. What is only a fact (it is not prepared) lets it back the moment that it is no longer so.
 * - what is well when first seen is taken as it is: a start is no return.
 * - no duty is left to nobody for the sake of calm: if nobody is good for it, who is merely watched is back at once, and
 *   if there is none, who may merely be worse than others, and then who is a last resort. Other hard findings are never
 *   waived, nor is anything for liveness: a validator that is wrongly said to be dead is started twice.
 */
export function settle(
  before: ReadonlyMap<string, Standing>,
  nodes: readonly Judged[],
  at: Instant,
  settling: Settling,
): ReadonlyMap<string, Standing> {
  const drafts = nodes.map((node) => ({ node, next: {} as Record<Duty, DutyStanding> }));
  for (const duty of duties) {
    const holdMs = holdOf(duty, settling, at);
    for (const { node, next } of drafts) {
      next[duty] = step(before.get(node.id)?.duties[duty], node.findings[duty], at, holdMs);
    }
    if (duty !== "liveness") relieve(duty, drafts);
  }
  return new Map(drafts.map(({ node, next }) => [node.id, { duties: next, unfit: unfitOf(next) }]));
}

function step(before: DutyStanding | undefined, finding: Findings[Duty], at: Instant, holdMs: number): DutyStanding {
  const lasting = finding?.lasting ?? false;
  const since = before?.wellSince ?? Number.NEGATIVE_INFINITY;
  const wellSince = lasting ? Number.NaN : Number.isNaN(since) ? at.now : since;
  if (finding && !finding.hard && before && before.unfit === undefined && !at.calm) {
    return { unfit: undefined, wellSince, watched: false };
  }
  if (finding) return { unfit: finding.because, wellSince, watched: lasting || (before?.watched ?? false) };
  if (!before?.watched || (at.calm && at.now - wellSince >= holdMs)) {
    return { unfit: undefined, wellSince, watched: false };
  }
  return {
    unfit: before.unfit?.startsWith(watching) ? before.unfit : `${watching}${before.unfit}`,
    wellSince,
    watched: true,
  };
}

/** Before what was the matter with a node that is well again. */
const watching = "well again, and watched for a while; before: ";

function relieve(
  duty: Duty,
  drafts: readonly { readonly node: Judged; readonly next: Record<Duty, DutyStanding> }[],
): void {
  if (drafts.some(({ node, next }) => node.serving && next[duty].unfit === undefined)) return;
  const well = drafts.filter(({ node }) => node.serving && node.findings[duty] === undefined);
  const rest = drafts.filter(({ node }) => node.findings[duty]?.hard !== true);
  const last = drafts.filter(({ node }) => node.serving && node.findings[duty]?.lastResort === true);
  const served = rest.some(({ node }) => node.serving);
  for (const { next } of well.length > 0 ? well : served ? rest : [...rest, ...last]) {
    next[duty] = { unfit: undefined, wellSince: next[duty].wellSince, watched: false };
  }
}

/**
 * Who is on duty, and what is put together of attestations, is waited for like attestations. Who says which validators are
 * alive must have watched the whole of the epoch before, and that has no exception.
 */
function holdOf(duty: Duty, settling: Settling, { slotMs, slotsPerEpoch }: Instant): number {
  switch (duty) {
    case "schedule":
    case "attest":
    case "aggregate":
      return settling.attest * slotMs;
    case "propose":
      return settling.propose * slotsPerEpoch * slotMs;
    case "liveness":
      return 2 * slotsPerEpoch * slotMs;
    default:
      return 0;
  }
}

function unfitOf(standing: Readonly<Record<Duty, DutyStanding>>): Unfit {
  const unfit: Partial<Record<Duty, string>> = {};
  for (const duty of duties) {
    const because = standing[duty].unfit;
    if (because !== undefined) unfit[duty] = because;
  }
  return unfit;
}
