import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import type { Vote } from "../core/duty.ts";
import { type Fault, fault, type Outcome } from "../core/outcome.ts";
import type { Policy } from "../core/policy.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import { candidates } from "./candidates.ts";
import { askAll, type DutyParts, type Judge, type Leg, refusal } from "./legs.ts";
import { type Ballot, type Said, type Stage, tally } from "./tally.ts";

/** So many nodes are named when there is no quorum. */
const mostNamed = 12;
/** How long answers that come after the decision may take, in milliseconds: they are small, and most are on their way. */
const graceMs = 500;
/**
 * After so many times the soft time (1.2 s of slots of 12 s) half of the voters are enough, if the others say nothing: one
 * of two clients that is unplugged must not cost an attestation, whose time is over soon after. Sources: Vouch gives up the
 * silent after 2 s, Vero after 1 s.
 */
const patience = 2.5;

/**
 * Asks several what is to be signed, and answers only with what enough of them agree on; see {@link tally} for the rule.
 * Missing one attestation costs little; one that helps a wrong chain to become final may cost the stake, and nodes of
 * one software are wrong together. Sources: Vero, which signs what more than half of its nodes agree on; Vouch's strategy
 * `combinedmajority`, which counts source and target first and heads within those. Both count nodes; here those of the
 * same software count as one.
 */
export function quorum(parts: DutyParts, clock: Clock): Policy {
  const { desk, crashed } = parts;
  return (next) => {
    const work = { next, clock, crashed, detached: undefined, graceMs };
    return (call, context) => {
      const upstreams = electorate(parts, call, context);
      if ("ok" in upstreams) return Promise.resolve(upstreams);
      const now = clock.now();
      const { soft } = desk.timing(call);
      return askAll(
        work,
        call,
        context,
        { upstreams, soft, resignAt: now + patience * (soft - now) },
        judge(call, parts),
      );
    };
  };
}

/** Those who are well, if they can make a quorum; else those too who seem to be ill; or why there can be none. */
function electorate(parts: DutyParts, call: Call, context: CallContext): readonly Upstream[] | Fault {
  const { desk } = parts;
  const voters = (upstreams: readonly Upstream[]) => new Set(upstreams.map((upstream) => desk.voter(upstream)));
  const well = candidates(parts, call, context, "well");
  if ("ok" in well || voters(well).size >= desk.leastVoters) return well;
  const possible = candidates(parts, call, context, "possible");
  if ("ok" in possible) return possible;
  const all = [...voters(possible)];
  if (all.length >= desk.leastVoters) return possible;
  const names = all.slice(0, mostNamed).join(", ");
  return fault("no_quorum", `${desk.leastVoters} voters must agree, and there are ${all.length}: ${names}`);
}

function judge(call: Call, { desk, protocol }: DutyParts): Judge {
  const said = new Map<Leg, Said>();
  const read = (leg: Leg): Said => {
    const { outcome } = leg;
    if (outcome === undefined) return "waiting";
    if (!outcome.ok) return outcome.kind === "objectionable" ? "unusable" : "absent";
    const known = said.get(leg) ?? (outcome.failed ? undefined : protocol.vote(call, outcome)) ?? "unusable";
    said.set(leg, known);
    return known;
  };
  const ballotsOf = (legs: readonly Leg[]) => legs.map((leg) => ({ voter: desk.voter(leg.upstream), said: read(leg) }));
  const decide = (legs: readonly Leg[], stage: Stage) => {
    const ballots = ballotsOf(legs);
    const counted = tally(ballots, desk.leastVoters, stage);
    const result = counted === "none" ? tally(withoutLate(legs, ballots), desk.leastVoters, stage) : counted;
    if (result === "open") return undefined;
    if (result === "none") return disagreement(legs, ballots, desk.leastVoters);
    const voted = legs.find((leg) => isFor(read(leg), result));
    return voted?.outcome;
  };
  /** Around the start of an epoch a node that lacks its first block names another target, and contradicts nobody. */
  const withoutLate = (legs: readonly Leg[], ballots: readonly Ballot[]): readonly Ballot[] =>
    ballots.map((ballot, index) => {
      const outcome = legs[index]?.outcome;
      return outcome?.ok && desk.isBehind(call, outcome) ? { ...ballot, said: "absent" } : ballot;
    });
  return {
    enough: (legs, late) => decide(legs, late ? "late" : "early"),
    resigned(legs) {
      const ballots = ballotsOf(legs);
      const result = tally(ballots, desk.leastVoters, "last");
      if (typeof result === "string") return undefined;
      const voters = (some: readonly Ballot[]) => new Set(some.map(({ voter }) => voter)).size;
      const support = voters(ballots.filter(({ said }) => typeof said !== "string" && said.base === result.base));
      if (support * 2 < voters(ballots)) return undefined;
      return legs.find((leg) => isFor(read(leg), result))?.outcome;
    },
    last: (legs) => decide(legs, "last") ?? refusal(legs),
  };
}

function isFor(said: Said, { base, choice }: Pick<Vote, "base" | "choice">): boolean {
  return typeof said !== "string" && said.base === base && said.choice === choice;
}

/** Who said what; or, where nobody said anything and nobody is waited for, why not. */
function disagreement(legs: readonly Leg[], ballots: readonly Ballot[], least: number): Outcome {
  if (ballots.every(({ said }) => said === "absent" || said === "unusable")) return refusal(legs);
  const parts = ballots.slice(0, mostNamed).map(({ voter, said }, index) => {
    const { upstream, outcome } = legs[index] as Leg;
    return `${voter} (${upstream.id}) ${inWords(said, outcome)}`;
  });
  if (ballots.length > mostNamed) parts.push(`${ballots.length - mostNamed} more`);
  const voters = new Set(ballots.map(({ voter }) => voter)).size;
  const rule = `more than half of ${voters} voters${least > 1 ? `, and ${least},` : ""} must agree`;
  return fault("no_quorum", `${rule}: ${parts.join("; ")}`);
}

function inWords(said: Said, outcome: Outcome | undefined): string {
  if (typeof said !== "string") return `says ${short(said.base)}, ${short(said.choice)}`;
  if (outcome === undefined) return "has not answered";
  return outcome.ok ? "answered with nothing of use" : `failed: ${outcome.kind}`;
}

/** A text with its roots cut short. */
function short(text: string): string {
  return text.replace(/0x([0-9a-f]{4})[0-9a-f]{8,}([0-9a-f]{4})/gi, "0x$1..$2").slice(0, 100);
}
