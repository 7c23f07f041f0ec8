import { type Block, type EpochDuties, membersOf, type Vote } from "./chain.ts";

/** What became of one validator's vote of an epoch. */
export interface AttestationResult {
  readonly validator: number;
  readonly epoch: number;
  readonly slot: number;
  /** Absent when no block has it. */
  readonly included?: {
    /** Slots from the vote to the block that has it; 1 is the best. */
    readonly delay: number;
    readonly rightHead: boolean;
    readonly rightTarget: boolean;
    readonly rightSource: boolean;
  };
}

/** What became of one proposal. */
export interface ProposalResult {
  readonly validator: number;
  readonly epoch: number;
  readonly slot: number;
  /** Who gets the fees; absent when there is no such block. */
  readonly feeRecipient?: string;
}

/** What became of one validator's signature under a block, for the sync committee. */
export interface SyncResult {
  readonly validator: number;
  readonly epoch: number;
  readonly slot: number;
  readonly signed: boolean;
}

/** What became of every duty, by what stands in the blocks. */
export interface Performance {
  readonly attestations: readonly AttestationResult[];
  readonly proposals: readonly ProposalResult[];
  readonly syncs: readonly SyncResult[];
}

/**
 * Reads from a chain what became of the duties of some epochs.
 *
 * A head is right when it is the chain's block at the vote's slot, or the last before it; a target when it is that of the
 * epoch's first slot (consensus-specs, `get_attestation_participation_flag_indices`). A block may hold a vote with a
 * wrong source only when it is on another chain, so the source is compared with what most votes of that epoch say.
 */
export function performanceOf(
  blocks: readonly Block[],
  epochs: readonly EpochDuties[],
  slotsPerEpoch: number,
): Performance {
  const bySlot = new Map(blocks.map((block) => [block.slot, block]));
  const rootAt = (slot: number) => blocks.findLast((block) => block.slot <= slot)?.root;
  const votes = firstInclusions(blocks, epochs, slotsPerEpoch);
  const attestations = epochs.flatMap(({ epoch, committees }) => {
    const target = rootAt(epoch * slotsPerEpoch);
    const source = mostOften([...votes.values()].filter(({ vote }) => vote.target.epoch === epoch).map(sourceOf));
    return committees.flatMap(({ slot, validators }) => {
      const head = rootAt(slot);
      return validators.map((validator): AttestationResult => {
        const found = votes.get(`${epoch}/${validator}`);
        if (!found) return { validator, epoch, slot };
        const included = {
          delay: found.slot - slot,
          rightHead: found.vote.head === head,
          rightTarget: found.vote.target.root === target,
          rightSource: sourceOf(found) === source,
        };
        return { validator, epoch, slot, included };
      });
    });
  });
  const proposals = epochs.flatMap(({ epoch, proposers }) =>
    // There is no block before the first: slot 0 is the genesis.
    proposers
      .filter(({ slot }) => slot > 0)
      .map(({ slot, validator }): ProposalResult => {
        const block = bySlot.get(slot);
        const made = block?.proposer === validator;
        return { validator, epoch, slot, ...(made && { feeRecipient: block.feeRecipient }) };
      }),
  );
  const syncs = epochs.flatMap(({ epoch, syncCommittee }) =>
    Array.from({ length: slotsPerEpoch }, (_, index) => epoch * slotsPerEpoch + index).flatMap((slot) => {
      const block = bySlot.get(slot + 1);
      if (!block) return [];
      return syncCommittee.map((validator, place) => ({
        validator,
        epoch,
        slot,
        signed: block.syncBits[place] === true,
      }));
    }),
  );
  return { attestations, proposals, syncs };
}

interface Inclusion {
  readonly slot: number;
  readonly vote: Vote;
}

const sourceOf = ({ vote: { source } }: Inclusion) => `${source.epoch} ${source.root}`;

/** The first block that has a validator's vote for an epoch, by `epoch/validator`. */
function firstInclusions(
  blocks: readonly Block[],
  epochs: readonly EpochDuties[],
  slotsPerEpoch: number,
): Map<string, Inclusion> {
  const members = membersOf(epochs);
  const first = new Map<string, Inclusion>();
  for (const { slot, attestations } of blocks) {
    for (const { vote, voters } of attestations) {
      for (const { committee, place } of voters) {
        const validator = members.get(`${vote.slot}/${committee}`)?.[place];
        const key = `${Math.floor(vote.slot / slotsPerEpoch)}/${validator}`;
        if (validator !== undefined && !first.has(key)) first.set(key, { slot, vote });
      }
    }
  }
  return first;
}

function mostOften(values: readonly string[]): string | undefined {
  const counts = Map.groupBy(values, (value) => value);
  return [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}
