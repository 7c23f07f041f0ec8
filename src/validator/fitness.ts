import { type Duty, duties } from "../core/duty.ts";
import { checks } from "./fitness-checks.ts";
import { isPrepared, isSyncing, type NodeFacts } from "./node-facts.ts";
import type { Instant } from "./slot-clock.ts";
import { isHalf, weightsOf } from "./voters.ts";

/**
 * Why a node is not good for a duty. `hard`: what it says would be wrong, so it is out at once; else it may be worse than
 * others, and stays until nothing is due. `lasting`: it must be well for a while before it is back; else the reason is a
 * plain fact, and when it is gone the node is as good as any.
 */
export interface Finding {
  readonly because: string;
  readonly hard: boolean;
  readonly lasting: boolean;
  /** Better than nobody, as what comes of it is looked at. */
  readonly lastResort?: boolean;
}

export type Findings = Readonly<Partial<Record<Duty, Finding>>>;

/** Where a node stands among the views of the chain. */
export interface ViewPlace {
  /** Is it in the view that counts? */
  readonly member: boolean;
  /** If not, why. */
  readonly because: string;
  /** Is there a view that counts, so that others are in it? If not, nobody is good for what is signed. */
  readonly decided: boolean;
  /** It is only not known yet where it stands; a node that is known to be elsewhere has something to make good for. */
  readonly unknown?: boolean;
}

export interface FitnessOptions {
  /** The most that a node's clock may differ from the fleet's, in milliseconds. */
  readonly clockSkew: number;
  /** So many slots a node may be behind the fleet's head and still say what to sign. */
  readonly behind: number;
  /** So many and still say who is on duty. Source: Lighthouse, `--beacon-nodes-sync-tolerances`, synced up to 8. */
  readonly farBehind: number;
  /** So many slots it may be silent while others tell of heads. */
  readonly silent: number;
  /**
   * So many slots it may be behind the clock, wherever the others are. Not bounded unless asked for: when a whole chain
   * stands still, it is validators that sign on the old head who set it going again.
   */
  readonly behindClock: number;
}

/**
 * What is used unless the operator says otherwise. Source: field knowledge for the clock; for two slots dugtrio, which
 * leaves heads aside that are further behind; for eight Lighthouse.
 */
export const usualFitness: FitnessOptions = {
  clockSkew: 250,
  behind: 2,
  farBehind: 8,
  silent: 2,
  behindClock: Number.POSITIVE_INFINITY,
};

/** A node this many slots behind has nothing to say about forks; it must be syncing, whatever it says. */
const outOfSight = 128;

/** The fleet as one, to compare a node with. */
export interface Fleet {
  /**
   * The newest slot that half of the voters had a head of, half a slot ago: so others have had time to get it, and one
   * client that runs ahead alone, on blocks that the others refuse, makes nobody look late. -1 for none.
   */
  readonly settled: number;
  /** When any stream last told of a head; -Infinity for never. */
  readonly lastHeadEvent: number;
  /** By how much the clocks of half of the nodes are ahead of ours: one's own wrong clock is nobody else's fault. */
  readonly skewMs: number;
  /** Has any node been prepared for proposals, as of this epoch? */
  readonly prepared: boolean;
}

/** What the nodes are together; `voters` names each one's voter by its id. */
export function fleetOf(nodes: readonly NodeFacts[], voters: ReadonlyMap<string, string>, at: Instant): Fleet {
  const own = nodes.filter(
    ({ trust, inService, specDisagreement }) => trust === "trusted" && inService && specDisagreement === undefined,
  );
  const skews = nodes
    .filter(({ skewMs }) => !Number.isNaN(skewMs))
    .map(({ skewMs }) => skewMs)
    .sort((a, b) => a - b);
  return {
    settled: settledOf(own, voters, at),
    lastHeadEvent: Math.max(...own.map(({ lastHeadEvent = never }) => lastHeadEvent), never),
    // Of two that differ nobody knows which is right; then ours decides.
    skewMs: skews.length < 3 ? 0 : (skews[(skews.length - 1) >> 1] as number),
    prepared: nodes.some((node) => isPrepared(node, at.epoch)),
  };
}

const never = Number.NEGATIVE_INFINITY;

function settledOf(own: readonly NodeFacts[], voters: ReadonlyMap<string, string>, at: Instant): number {
  const heads: { readonly id: string; readonly voter: string; readonly slot: number }[] = [];
  for (const { id, head } of own) {
    if (!head || head.slot > at.newest) continue;
    const slot = at.now - head.at >= at.slotMs / 2 ? head.slot : head.before;
    heads.push({ id, voter: voters.get(id) ?? id, slot });
  }
  const weights = weightsOf(heads);
  const total = new Set(heads.map(({ voter }) => voter)).size;
  let weight = 0;
  for (const { id, slot } of heads.sort((a, b) => b.slot - a.slot)) {
    weight += weights.get(id) as number;
    if (isHalf(weight, total)) return slot;
  }
  return -1;
}

/** A node's voice in which view of the chain counts; `tie_break` counts only where the others are at odds. */
export type Voice = "full" | "tie_break" | "none";

/**
 * Has a node a voice? One that is behind has, unless it is out of sight: a client that stays behind because it refuses what
 * the others follow must be heard.
 */
export function voiceOf(facts: NodeFacts, fleet: Fleet, at: Instant): Voice {
  const { trust, inService, sync, head, specDisagreement } = facts;
  if (trust === "publish_only" || !inService || specDisagreement !== undefined) return "none";
  if (!sync || isSyncing(facts, at.slot) || sync.optimistic || sync.elOffline) return "none";
  if (!head || head.optimistic || head.slot > at.newest || fleet.settled - head.slot > outOfSight) return "none";
  return trust === "verify" ? "tie_break" : "full";
}

/**
 * What speaks against a node, duty by duty; nothing where nothing does. The reason is that of the first hard finding in the
 * order of the table, else of the first.
 */
export function fitness(
  facts: NodeFacts,
  fleet: Fleet,
  view: ViewPlace,
  at: Instant,
  options: FitnessOptions,
): Findings {
  const scene = { facts, fleet, view, at, options };
  const findings: Partial<Record<Duty, Finding>> = {};
  for (const duty of duties) {
    const found = checks[duty].map((check) => check(scene)).filter((one) => one !== undefined);
    const shown = found.find((one) => one.hard) ?? found[0];
    if (shown) findings[duty] = { ...shown, lasting: found.some(({ lasting }) => lasting) };
  }
  return findings;
}
