import { type Duty, duties } from "../core/duty.ts";
import type { NodeFacts } from "./node-facts.ts";
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

/** 250 ms is a fifth of what a node has between a block that comes late and attestations; two slots are dugtrio's limit. */
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

/** A node forgets what proposers told it after two more epochs. Source: beacon-APIs, `prepareBeaconProposer`. */
const preparedEpochs = 2;

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
  if (!sync || sync.syncing || sync.optimistic || sync.elOffline) return "none";
  if (!head || head.optimistic || head.slot > at.newest || fleet.settled - head.slot > outOfSight) return "none";
  return trust === "verify" ? "tie_break" : "full";
}

/** Something that may speak against a node. */
type Check = (scene: Scene) => Finding | undefined;

interface Scene {
  readonly facts: NodeFacts;
  readonly fleet: Fleet;
  readonly view: ViewPlace;
  readonly at: Instant;
  readonly options: FitnessOptions;
}

const hard = (because: string): Finding => ({ because, hard: true, lasting: true });
const soft = (because: string): Finding => ({ because, hard: false, lasting: true });
const plain = (because: string): Finding => ({ because, hard: true, lasting: false });

const outOfService: Check = ({ facts: { inService } }) =>
  inService ? undefined : soft("health keeps it out of service");

const untrusted: Check = ({ facts: { trust } }) =>
  trust === "trusted" ? undefined : plain("it is not trusted with what is signed or relied on");

const passesOnOnly: Check = ({ facts: { trust } }) =>
  trust === "publish_only" ? plain("it is to pass on only what was signed") : undefined;

const wrongSpec: Check = ({ facts: { specDisagreement } }) =>
  specDisagreement === undefined ? undefined : hard(`its chain's constants differ: ${specDisagreement}`);

const unknown: Check = ({ facts: { sync, head } }) => (sync && head ? undefined : plain("its state is not known yet"));

const syncing: Check = ({ facts: { sync } }) =>
  sync?.syncing ? hard(`it is syncing, ${sync.distance} slots to go`) : undefined;

const optimistic: Check = ({ facts: { sync, head } }) =>
  sync?.optimistic || head?.optimistic
    ? hard("its head is optimistic: its execution client has not verified it")
    : undefined;

const elOffline: Check = ({ facts: { sync } }) =>
  sync?.elOffline ? hard("its execution client is offline") : undefined;

const ahead: Check = ({ facts: { head }, at }) =>
  head && head.slot > at.newest ? hard(`its head is of slot ${head.slot}, and the clock is at ${at.slot}`) : undefined;

const forked: Check = ({ view }) => (view.decided && !view.member ? hard(view.because) : undefined);

/** Nobody can say what to sign: that is no fault of the node, so it has nothing to make good for. */
const undecided: Check = ({ view }) => (view.decided ? undefined : plain(view.because));

const behind =
  (most: "behind" | "farBehind"): Check =>
  ({ facts: { head }, fleet, options }) => {
    const slots = fleet.settled - (head?.slot ?? fleet.settled);
    if (slots <= options[most]) return undefined;
    const because = `its head is ${slots} slots behind the fleet's`;
    return slots > options.farBehind ? hard(because) : soft(because);
  };

const behindClock: Check = ({ facts: { head }, at, options }) => {
  const slots = at.slot - (head?.slot ?? at.slot);
  return slots > options.behindClock ? soft(`its head is ${slots} slots behind the clock`) : undefined;
};

const skewed: Check = ({ facts: { skewMs }, fleet, options }) => {
  const skew = skewMs - fleet.skewMs;
  if (!(Math.abs(skew) > options.clockSkew)) return undefined;
  return soft(`its clock is ${Math.round(Math.abs(skew))} ms ${skew > 0 ? "ahead" : "behind"}`);
};

/**
 * A node whose stream tells nothing while others' do, and whose head is not the fleet's when asked either; or of which
 * nothing at all was heard.
 */
const silent: Check = ({ facts: { streamSince, lastHeadEvent, sync, head }, fleet, at, options }) => {
  const longest = options.silent * at.slotMs;
  const heard = Math.max(sync?.at ?? never, lastHeadEvent ?? never);
  if (at.now - heard > longest + at.slotMs) return soft(`it was not heard of for ${options.silent + 1} slots`);
  if (streamSince === undefined || (head && head.slot >= fleet.settled)) return undefined;
  const silence = fleet.lastHeadEvent - Math.max(lastHeadEvent ?? streamSince, streamSince);
  return silence > longest ? soft(`it told of no head for ${options.silent} slots, as others did`) : undefined;
};

const unprepared: Check = ({ facts, fleet, at }) =>
  !fleet.prepared || isPrepared(facts, at.epoch)
    ? undefined
    : plain("it does not know the fee recipients: no preparation was acknowledged since it restarted, or lately");

const unsubscribed: Check = ({ facts: { subscribe } }) =>
  subscribe ? undefined : plain("it is not told of committees, so it has no aggregates");

const deaf: Check = ({ facts: { liveness } }) =>
  liveness === false ? plain("it does not watch for validators: its tracking of liveness is off") : undefined;

/** It must have seen the whole epoch that is asked about, which is the one before the present. */
const young: Check = ({ facts: { restartedAt }, at }) =>
  restartedAt !== undefined && at.now - restartedAt < 2 * at.slotsPerEpoch * at.slotMs
    ? plain("it restarted less than two epochs ago, and has not seen enough")
    : undefined;

/**
 * What each duty needs. Source: field knowledge of validator clients and the beacon-APIs' own rules: an optimistic node
 * must neither propose, attest, aggregate nor say what the sync committee signs (consensus-specs, sync/optimistic.md).
 * Passing on and being told need nothing but that the node is meant for it: neither does harm on a node that syncs, and
 * one that comes back unprepared does.
 */
const checks: Readonly<Record<Duty, readonly Check[]>> = (() => {
  const base = [untrusted, wrongSpec, unknown, syncing];
  const chain = [...base, optimistic, ahead, forked];
  return {
    read: [passesOnOnly, wrongSpec],
    schedule: [...chain, behind("farBehind")],
    attest: [...chain, elOffline, undecided, outOfService, behind("behind"), behindClock, skewed, silent],
    aggregate: [...chain, unsubscribed, behind("farBehind")],
    propose: [...chain, elOffline, undecided, outOfService, behind("behind"), behindClock, skewed, silent, unprepared],
    publish: [],
    prepare: [passesOnOnly],
    liveness: [...base, deaf, behind("farBehind"), young],
  };
})();

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

function isPrepared({ prepared }: NodeFacts, epoch: number): boolean {
  return prepared !== undefined && epoch - prepared <= preparedEpochs;
}
