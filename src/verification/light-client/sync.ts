import { type Chain, forkAt, hexOf, periodAt } from "./chain.ts";
import { type Committee, countBits } from "./committee.ts";
import { isBranch } from "./merkle.ts";
import { type BeaconBlock, type Bootstrap, signingRoot, type Update } from "./reading.ts";

/** What a light client believes. */
export interface Belief {
  /** The newest block that it knows to be final. */
  readonly finalized: BeaconBlock;
  /** Who signs in the period of that block, and in the next one as far as it is known. */
  readonly current: Committee;
  readonly next: Committee | undefined;
}

/**
 * What an update is good for: `news`; nothing that was not known (`old`); nothing, as fewer than two thirds of the committee
 * signed it (`weak`); more than can be judged, as committees between are missing (`ahead`); or it does not verify (`refused`).
 */
export type Judgement =
  | { readonly what: "news"; readonly belief: Belief }
  | { readonly what: "old" | "weak" | "ahead" }
  | { readonly what: "refused"; readonly because: string };

/**
 * Where a state has its final checkpoint's root and its committees, from Electra on and before, as generalized indices.
 * Source: consensus-specs a08d8a6, electra/light-client/sync-protocol.md.
 */
const places = {
  electra: { finalized: 169, current: 86, next: 87 },
  before: { finalized: 105, current: 54, next: 55 },
} as const;

function placesAt(chain: Chain, slot: number) {
  const epoch = Math.floor(slot / chain.slotsPerEpoch);
  const electra = chain.forks.find(({ name }) => name === "electra");
  return electra && electra.epoch <= epoch ? places.electra : places.before;
}

/**
 * What to believe of a trusted block, by its root (`0x` and 64 small hex digits); a sentence when the bootstrap is not of
 * that block. Source: consensus-specs, altair/light-client, `initialize_light_client_store`.
 */
export function begin({ block, committee, branch }: Bootstrap, trusted: string, chain: Chain): Belief | string {
  if (hexOf(block.root) !== trusted) return "it is of another block than the one that was asked for";
  const { current } = placesAt(chain, block.slot);
  if (!isBranch(committee.root, branch, current, block.stateRoot)) return "its sync committee is not that of its block";
  return { finalized: block, current: committee, next: undefined };
}

/** How far the clock of who made a block may be ahead of ours, in seconds. */
const mostAheadS = 60;

/**
 * Judges an update by what is believed, and believes it if two thirds of the committee signed it. `now` is the wall-clock
 * time in milliseconds.
 *
 * Source: consensus-specs, altair/light-client, `validate_light_client_update` and `apply_light_client_update`, with these
 * differences: what is not final or has not two thirds of the signatures is of no use here, so there is no forced update
 * and no optimistic header; and what is from the future is told by the time that a block shows, not by its slot, so that
 * the time of genesis need not be known.
 */
export async function judge(belief: Belief, update: Update, chain: Chain, now: number): Promise<Judgement> {
  const { attested, finalized, next, signatureSlot } = update;
  // Each node says what its chain is, and with a smaller committee fewer would be two thirds.
  if (chain.members !== belief.current.size) return refused("its preset is not that of the trusted block");
  if (!(signatureSlot > attested.slot && attested.slot >= finalized.slot)) return refused("its slots are in no order");
  if (attested.execution.timestamp > now / 1_000 + mostAheadS) return refused("it is from the future");
  const period = periodAt(chain, belief.finalized.slot);
  const signed = periodAt(chain, signatureSlot);
  const finalPeriod = periodAt(chain, finalized.slot);
  const newer = finalized.slot > belief.finalized.slot;
  // A committee is believed only from a block whose period is final: before, the fork with it might lose.
  const brings =
    !belief.next && next !== undefined && finalPeriod === period && periodAt(chain, attested.slot) === period;
  if (!newer && !brings) return { what: "old" };
  if (signed > period + (belief.next ? 1 : 0)) return { what: "ahead" };
  if (countBits(update.bits) * 3 < chain.members * 2) return { what: "weak" };
  if (signed < period) return refused("it was signed by a committee of the past");
  const because = disproof(update, chain);
  if (because !== undefined) return refused(because);
  const committee = signed === period ? belief.current : (belief.next as Committee);
  // The version is that of the slot before: the block that is signed for is known by then.
  const { version } = forkAt(chain, Math.max(signatureSlot, 1) - 1);
  if (!(await committee.signed(update.bits, signingRoot(attested, version, chain), update.signature))) {
    return refused("its signature does not verify");
  }
  return { what: "news", belief: believed(belief, update, finalPeriod - period) };
}

/** What of it can be seen to be wrong without the signature. */
function disproof({ attested, finalized, finalityBranch, next }: Update, chain: Chain): string | undefined {
  const place = placesAt(chain, attested.slot);
  if (!isBranch(finalized.root, finalityBranch, place.finalized, attested.stateRoot)) {
    return "its final block is not final by the block that was signed";
  }
  if (next && !isBranch(next.committee.root, next.branch, place.next, attested.stateRoot)) {
    return "its next sync committee is not that of the block that was signed";
  }
  return undefined;
}

function believed({ finalized, current, next }: Belief, update: Update, periods: number): Belief {
  const newest = update.finalized.slot > finalized.slot ? update.finalized : finalized;
  if (periods > 0) return { finalized: newest, current: next as Committee, next: update.next?.committee };
  return { finalized: newest, current, next: next ?? update.next?.committee };
}

function refused(because: string): Judgement {
  return { what: "refused", because };
}
