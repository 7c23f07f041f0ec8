import type { BeaconApi } from "./beacon-api.ts";

/** A vote as a block or a validator client says it: https://github.com/ethereum/consensus-specs, AttestationData. */
export interface Vote {
  readonly slot: number;
  readonly head: string;
  readonly source: Checkpoint;
  readonly target: Checkpoint;
}

export interface Checkpoint {
  readonly epoch: number;
  readonly root: string;
}

/** Votes of members of committees of one slot; `voters` are by committee, then by place in it. */
export interface Attestation {
  readonly vote: Vote;
  readonly voters: readonly { readonly committee: number; readonly place: number }[];
}

/** What a report needs of a block. */
export interface Block {
  readonly slot: number;
  readonly root: string;
  readonly proposer: number;
  /** Two blocks of one slot are the same block when the states after them are. */
  readonly stateRoot: string;
  readonly feeRecipient: string;
  readonly attestations: readonly Attestation[];
  /** Which places of the sync committee signed the block before. */
  readonly syncBits: readonly boolean[];
}

/** Who had to do what in an epoch. */
export interface EpochDuties {
  readonly epoch: number;
  readonly committees: readonly Committee[];
  readonly proposers: readonly { readonly slot: number; readonly validator: number }[];
  /** The validator at each place of the sync committee. */
  readonly syncCommittee: readonly number[];
}

export interface Committee {
  readonly slot: number;
  readonly index: number;
  readonly validators: readonly number[];
}

/** The validators of each committee, by `slot/index`. */
export function membersOf(epochs: readonly EpochDuties[]): ReadonlyMap<string, readonly number[]> {
  const committees = epochs.flatMap((epoch) => epoch.committees);
  return new Map(committees.map(({ slot, index, validators }) => [`${slot}/${index}`, validators]));
}

interface CheckpointJson {
  readonly epoch: string;
  readonly root: string;
}

/** AttestationData in the beacon API. */
export interface VoteJson {
  readonly slot: string;
  readonly index: string;
  readonly beacon_block_root: string;
  readonly source: CheckpointJson;
  readonly target: CheckpointJson;
}

export interface AttestationJson {
  readonly aggregation_bits: string;
  /** From Electra on: whose bits `aggregation_bits` has, one committee after the other. */
  readonly committee_bits?: string;
  readonly data: VoteJson;
}

/** One validator's vote as it is sent from Electra on: it says itself whose it is. */
export interface SingleAttestationJson {
  readonly attester_index: string;
  readonly data: VoteJson;
}

export interface BlockJson {
  readonly slot: string;
  readonly proposer_index: string;
  readonly state_root: string;
  readonly body: {
    readonly attestations: readonly AttestationJson[];
    readonly sync_aggregate: { readonly sync_committee_bits: string };
    readonly execution_payload: { readonly fee_recipient: string };
  };
}

/** The bits of an SSZ bit vector in hexadecimal, lowest bit of each byte first. */
export function bitsOf(hex: string): boolean[] {
  return [...Buffer.from(hex.slice(2), "hex")].flatMap((byte) =>
    Array.from({ length: 8 }, (_, bit) => ((byte >> bit) & 1) === 1),
  );
}

/** The bits of an SSZ bit list: the last bit that is set only marks its end. */
function listBitsOf(hex: string): boolean[] {
  const bits = bitsOf(hex);
  return bits.slice(0, bits.lastIndexOf(true));
}

export function voteOf({ slot, beacon_block_root, source, target }: VoteJson): Vote {
  const checkpoint = ({ epoch, root }: CheckpointJson) => ({ epoch: Number(epoch), root });
  return { slot: Number(slot), head: beacon_block_root, source: checkpoint(source), target: checkpoint(target) };
}

/** Who voted what. From Electra on this needs the size of each committee of a slot (`sizeOf`) to tell their bits apart. */
export function attestationOf(
  { aggregation_bits, committee_bits, data }: AttestationJson,
  sizeOf: (slot: number, committee: number) => number,
): Attestation {
  const vote = voteOf(data);
  const bits = listBitsOf(aggregation_bits);
  const committees =
    committee_bits === undefined
      ? [Number(data.index)]
      : bitsOf(committee_bits).flatMap((set, index) => (set ? [index] : []));
  let start = 0;
  const voters = committees.flatMap((committee) => {
    const size = committee_bits === undefined ? bits.length : sizeOf(vote.slot, committee);
    const own = bits.slice(start, start + size);
    start += size;
    return own.flatMap((set, place) => (set ? [{ committee, place }] : []));
  });
  return { vote, voters };
}

export function blockOf(
  block: BlockJson,
  root: string,
  sizeOf: (slot: number, committee: number) => number = () => 0,
): Block {
  const { attestations, sync_aggregate, execution_payload } = block.body;
  return {
    slot: Number(block.slot),
    root,
    proposer: Number(block.proposer_index),
    stateRoot: block.state_root,
    feeRecipient: execution_payload.fee_recipient.toLowerCase(),
    attestations: attestations.map((attestation) => attestationOf(attestation, sizeOf)),
    syncBits: bitsOf(sync_aggregate.sync_committee_bits),
  };
}

/** The blocks of a node's own chain from one slot to another, both included. */
export async function readBlocks(
  api: BeaconApi,
  from: number,
  to: number,
  sizeOf: (slot: number, committee: number) => number,
): Promise<Block[]> {
  const blocks: Block[] = [];
  for (let slot = from; slot <= to; slot++) {
    const signed = await api.find<{ message: BlockJson }>(`/eth/v2/beacon/blocks/${slot}`);
    const id = await api.find<{ root: string }>(`/eth/v1/beacon/blocks/${slot}/root`);
    if (signed && id) blocks.push(blockOf(signed.message, id.root, sizeOf));
  }
  return blocks;
}

/**
 * Who of so many validators has to do what in an epoch. A node knows that only around the epoch, and for sure after its
 * first blocks. It is asked as validator clients ask: Lodestar 1.5.1 has every committee in slot 0 where it lists them.
 */
export async function readDuties(api: BeaconApi, epoch: number, validators: number): Promise<EpochDuties> {
  const indices = Array.from({ length: validators }, (_, index) => `${index}`);
  const seats = await api.ask<AttesterDutyJson[]>(`/eth/v1/validator/duties/attester/${epoch}`, indices);
  const proposers = await api.ask<{ slot: string; validator_index: string }[]>(
    `/eth/v1/validator/duties/proposer/${epoch}`,
  );
  const sync = await api.ask<{ validators: string[] }>(`/eth/v1/beacon/states/head/sync_committees?epoch=${epoch}`);
  return {
    epoch,
    committees: committeesOf(seats),
    proposers: proposers.map(({ slot, validator_index }) => ({
      slot: Number(slot),
      validator: Number(validator_index),
    })),
    syncCommittee: sync.validators.map(Number),
  };
}

export interface AttesterDutyJson {
  readonly validator_index: string;
  readonly slot: string;
  readonly committee_index: string;
  readonly validator_committee_index: string;
}

/** The committees that the seats of all validators make. */
export function committeesOf(seats: readonly AttesterDutyJson[]): Committee[] {
  const groups = Map.groupBy(seats, ({ slot, committee_index }) => `${slot}/${committee_index}`);
  return [...groups.values()].map((members) => {
    const [{ slot, committee_index }] = members as [AttesterDutyJson];
    const places = members.toSorted(
      (a, b) => Number(a.validator_committee_index) - Number(b.validator_committee_index),
    );
    return {
      slot: Number(slot),
      index: Number(committee_index),
      validators: places.map(({ validator_index }) => Number(validator_index)),
    };
  });
}
