import { type BeaconChain, main, type SimulatedVote } from "./chain.ts";

/** What became of played validators on the chain. */
export interface Judgement {
  /** Attestations that were due, and those of them that did not come in time. */
  readonly due: number;
  readonly missed: readonly { readonly slot: number; readonly validator: number }[];
  /** Attestations to a wrong source or target; and to another head than the slot's own block. */
  readonly wrong: readonly SimulatedVote[];
  readonly wrongHeads: readonly SimulatedVote[];
  /** Pairs of votes of one validator that would be slashed. */
  readonly slashable: number;
  readonly proposals: number;
  readonly missedBlocks: readonly number[];
  /** Slots whose block pays somebody else than the validator wanted. */
  readonly unpaid: readonly number[];
  /** Blocks that contradict another of their slot. */
  readonly conflicting: number;
}

/** A vote counts for its head and target when it reaches the network before the next slot begins. */
export function judge(
  chain: BeaconChain,
  validators: readonly number[],
  feeRecipient: string,
  from: number,
  to: number,
): Judgement {
  const due = range(from, to).flatMap((slot) =>
    validators
      .filter((validator) => chain.dutySlot(chain.epochOf(slot), validator) === slot)
      .map((validator) => ({ slot, validator })),
  );
  const cast = new Map(chain.votes.map((vote) => [`${vote.validator}:${vote.slot}`, vote]));
  const castFor = ({ slot, validator }: { slot: number; validator: number }) => cast.get(`${validator}:${slot}`);
  const votes = due.flatMap((duty) => castFor(duty) ?? []);
  const wrong = votes.filter((vote) => !isRight(chain, vote));
  const own = range(from, to).filter((slot) => validators.includes(chain.proposer(slot)));
  return {
    due: due.length,
    missed: due.filter((duty) => !((castFor(duty)?.at ?? Number.POSITIVE_INFINITY) < chain.startOf(duty.slot + 1))),
    wrong,
    wrongHeads: votes.filter((vote) => !wrong.includes(vote) && vote.head !== headFor(chain, vote.slot)),
    slashable: slashablePairs(chain.votes),
    proposals: own.length,
    missedBlocks: own.filter((slot) => chain.blockAt(slot) === undefined),
    unpaid: own.filter((slot) => (chain.blockAt(slot)?.feeRecipient ?? feeRecipient) !== feeRecipient),
    conflicting: chain.conflicting.length,
  };
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** The slot's own block, or where there is none the last before it. */
function headFor(chain: BeaconChain, slot: number): string {
  return (chain.blockAt(slot, main) ?? chain.parentOf(slot, main)).root;
}

function isRight(chain: BeaconChain, { slot, source, target }: SimulatedVote): boolean {
  const epoch = chain.epochOf(slot);
  if (source.root !== chain.checkpoint(epoch - 1).root) return false;
  return target.epoch === epoch && target.root === chain.checkpoint(epoch).root;
}

/** Double votes and votes that surround another. Source: consensus-specs, `is_slashable_attestation_data`. */
function slashablePairs(votes: readonly SimulatedVote[]): number {
  const byValidator = Map.groupBy(votes, ({ validator }) => validator);
  let pairs = 0;
  for (const own of byValidator.values()) {
    own.forEach((one, index) => {
      for (const other of own.slice(index + 1)) {
        const double = one.target.epoch === other.target.epoch;
        const [outer, inner] = one.source.epoch < other.source.epoch ? [one, other] : [other, one];
        const surround = outer.source.epoch < inner.source.epoch && inner.target.epoch < outer.target.epoch;
        if (double || surround) pairs++;
      }
    });
  }
  return pairs;
}
