import type { Duty } from "../core/duty.ts";
import type { Finding, FitnessOptions, Fleet, ViewPlace } from "./fitness.ts";
import { isPrepared, isSyncing, type NodeFacts } from "./node-facts.ts";
import type { Instant } from "./slot-clock.ts";

/** Something that may speak against a node. */
type Check = (scene: Scene) => Finding | undefined;

/** All that a check may look at. */
export interface Scene {
  readonly facts: NodeFacts;
  readonly fleet: Fleet;
  readonly view: ViewPlace;
  readonly at: Instant;
  readonly options: FitnessOptions;
}

const hard = (because: string): Finding => ({ because, hard: true, lasting: true });
const soft = (because: string): Finding => ({ because, hard: false, lasting: true });
const plain = (because: string): Finding => ({ because, hard: true, lasting: false });

/** While health makes up its mind at the start, a node has nothing to make good for. */
const outOfService: Check = ({ facts: { inService, starting = false } }) =>
  inService ? undefined : { because: "health keeps it out of service", hard: false, lasting: !starting };

const untrusted: Check = ({ facts: { trust } }) =>
  trust === "trusted" ? undefined : plain("it is not trusted with what is signed or relied on");

const passesOnOnly: Check = ({ facts: { trust } }) =>
  trust === "publish_only" ? plain("it is to pass on only what was signed") : undefined;

const wrongSpec: Check = ({ facts: { specDisagreement } }) =>
  specDisagreement === undefined ? undefined : hard(`its chain's constants differ: ${specDisagreement}`);

const unheard: Check = ({ facts: { sync, head } }) => (sync && head ? undefined : plain("its state is not known yet"));

const syncing: Check = ({ facts, at }) =>
  isSyncing(facts, at.slot) ? hard(`it is syncing, ${facts.sync?.distance} slots to go`) : undefined;

const optimistic: Check = ({ facts: { sync, head } }) =>
  sync?.optimistic || head?.optimistic
    ? hard("its head is optimistic: its execution client has not verified it")
    : undefined;

const elOffline: Check = ({ facts: { sync } }) =>
  sync?.elOffline ? hard("its execution client is offline") : undefined;

const ahead: Check = ({ facts: { head }, at }) =>
  head && head.slot > at.newest ? hard(`its head is of slot ${head.slot}, and the clock is at ${at.slot}`) : undefined;

const forked: Check = ({ view: { member, decided, unknown, because } }) => {
  if (!decided || member) return undefined;
  return unknown ? plain(because) : hard(because);
};

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
  const heard = Math.max(sync?.at ?? Number.NEGATIVE_INFINITY, lastHeadEvent ?? Number.NEGATIVE_INFINITY);
  if (at.now - heard > longest + at.slotMs) return soft(`it was not heard of for ${options.silent + 1} slots`);
  if (streamSince === undefined || (head && head.slot >= fleet.settled)) return undefined;
  const silence = fleet.lastHeadEvent - Math.max(lastHeadEvent ?? streamSince, streamSince);
  return silence > longest ? soft(`it told of no head for ${options.silent} slots, as others did`) : undefined;
};

const unprepared: Check = ({ facts, fleet, at }) =>
  !fleet.prepared || isPrepared(facts, at.epoch)
    ? undefined
    : {
        // Blocks that pay nobody, or whom nobody named, are not taken from anybody.
        ...plain("it does not know the fee recipients: no preparation was acknowledged since it restarted, or lately"),
        lastResort: true,
      };

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
export const checks: Readonly<Record<Duty, readonly Check[]>> = (() => {
  const base = [untrusted, wrongSpec, unheard, syncing];
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
