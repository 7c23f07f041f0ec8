import { attestationOf, type Block, type EpochDuties, membersOf, voteOf } from "./chain.ts";
import type { Fault } from "./faults.ts";
import { type Performance, performanceOf } from "./performance.ts";
import type { Recording } from "./recorder.ts";
import { type SignedBlock, type SignedVote, type SlashablePair, slashablePairs } from "./slashable.ts";

/** Validators that one client signs for. */
export interface Group {
  readonly name: "target" | "control";
  readonly keys: readonly [first: number, last: number];
  readonly feeRecipient: string;
}

/** What a trial has left behind. */
export interface Evidence {
  readonly groups: readonly [target: Group, control: Group];
  readonly slotsPerEpoch: number;
  readonly firstEpoch: number;
  readonly lastEpoch: number;
  readonly blocks: readonly Block[];
  readonly duties: readonly EpochDuties[];
  readonly faults: readonly Fault[];
  /** At the end, which is two epochs after the last one that is judged began. */
  readonly finalizedEpoch: number;
  readonly recordings: { readonly target: Recording; readonly control: Recording };
  readonly startSeconds: number;
}

/** What became of the duties of one group in one epoch. */
export interface Row {
  readonly epoch: number;
  readonly group: Group["name"];
  readonly votes: number;
  readonly missedVotes: number;
  /** Votes that came into a block later than the next. */
  readonly lateVotes: number;
  readonly wrongHeads: number;
  readonly wrongTargets: number;
  readonly proposals: number;
  readonly missedProposals: number;
  readonly wrongFeeRecipients: number;
  readonly syncs: number;
  readonly missedSyncs: number;
}

export interface Verdict {
  /** What is not as it must be; nothing when the proof holds. */
  readonly failures: readonly string[];
  readonly rows: readonly Row[];
  /** Slots whose votes are not judged, see `blindSlots`. */
  readonly blind: readonly number[];
  readonly slashable: readonly SlashablePair[];
  /** Whose votes are in no block, of either group. */
  readonly missedVotes: readonly { readonly validator: number; readonly slot: number }[];
}

/** Judges a trial: whether the validators behind the target lost anything that those of the control did not. */
export function judge(evidence: Evidence): Verdict {
  const { groups, blocks, duties, slotsPerEpoch, firstEpoch, lastEpoch, finalizedEpoch, recordings } = evidence;
  const performance = performanceOf(blocks, duties, slotsPerEpoch);
  const blind = blindSlots(evidence);
  const epochs = duties.map(({ epoch }) => epoch);
  const rows = groups.flatMap((group) => epochs.map((epoch) => rowOf(performance, group, epoch, blind)));
  const slashable = slashablePairs(...signed(evidence));
  const failures = [
    ...(finalizedEpoch < lastEpoch - 1
      ? [`the chain does not finalise: epoch ${finalizedEpoch} was the last when epoch ${lastEpoch + 2} began`]
      : []),
    ...epochs.flatMap((epoch) => lost(rows, performance, groups, epoch, blind)),
    ...slashable.map(({ validator, kind, at }) => `validator ${validator}: ${kind} at ${at.join(" and ")}`),
    ...missedHeads(blocks, recordings.target, firstEpoch * slotsPerEpoch, (lastEpoch + 1) * slotsPerEpoch - 1),
  ];
  const missedVotes = performance.attestations
    .filter(({ included }) => !included)
    .map(({ validator, slot }) => ({ validator, slot }));
  return { failures, rows, blind, slashable, missedVotes };
}

/**
 * The first slots of epochs whose block came after votes were due, a third into the slot. Nobody can then vote for the
 * right target, and Lodestar 1.5.1 leaves such votes out of its blocks. It makes each epoch's first block half a second
 * late, once the chain finalises: it gives the engine 500 ms for a payload that was not prepared, and the one that it
 * prepared was for the finalized block of the epoch before. At slots of 1 s that is always too late, at 2 s seldom.
 */
export function blindSlots({ blocks, slotsPerEpoch, recordings }: Evidence): number[] {
  const seen = new Map(recordings.control.heads.map(({ slot, after }) => [slot, after]));
  return blocks
    .filter(({ slot }) => slot > 0 && slot % slotsPerEpoch === 0 && (seen.get(slot) ?? 1) > 1 / 3)
    .map(({ slot }) => slot);
}

const belongs = ({ keys: [first, last] }: Group, validator: number) => first <= validator && validator <= last;

function rowOf(performance: Performance, group: Group, epoch: number, blind: readonly number[]): Row {
  const own = <Result extends { epoch: number; validator: number }>(results: readonly Result[]) =>
    results.filter((result) => result.epoch === epoch && belongs(group, result.validator));
  const votes = own(performance.attestations).filter(({ slot }) => !blind.includes(slot));
  const included = votes.flatMap((vote) => vote.included ?? []);
  const proposals = own(performance.proposals);
  const syncs = own(performance.syncs);
  const paid = proposals.flatMap(({ feeRecipient }) => feeRecipient ?? []);
  return {
    epoch,
    group: group.name,
    votes: votes.length,
    missedVotes: votes.length - included.length,
    lateVotes: included.filter(({ delay }) => delay > 1).length,
    wrongHeads: included.filter(({ rightHead }) => !rightHead).length,
    wrongTargets: included.filter(({ rightTarget }) => !rightTarget).length,
    proposals: proposals.length,
    missedProposals: proposals.length - paid.length,
    wrongFeeRecipients: paid.filter((feeRecipient) => feeRecipient !== group.feeRecipient).length,
    syncs: syncs.length,
    missedSyncs: syncs.filter((sync) => !sync.signed).length,
  };
}

/** What the target's validators lost in an epoch and the control's did not. */
function lost(
  rows: readonly Row[],
  { attestations, proposals }: Performance,
  [group]: Evidence["groups"],
  epoch: number,
  blind: readonly number[],
): string[] {
  const control = rows.find((row) => row.group === "control" && row.epoch === epoch);
  if (!control) return [];
  const own = <Result extends { epoch: number; validator: number }>(results: readonly Result[]) =>
    results.filter((result) => result.epoch === epoch && belongs(group, result.validator));
  const who = (results: readonly { validator: number; slot: number }[]) =>
    results.map(({ validator, slot }) => `${validator} in slot ${slot}`).join(", ");
  const missed = own(attestations).filter(({ slot, included }) => !included && !blind.includes(slot));
  const made = own(proposals).filter(({ feeRecipient }) => feeRecipient !== undefined);
  const unmade = own(proposals).filter(({ feeRecipient }) => feeRecipient === undefined);
  const astray = made.filter(({ feeRecipient }) => feeRecipient !== group.feeRecipient);
  const payees = [...new Set(astray.map(({ feeRecipient }) => feeRecipient))].join(", ");
  const { missedVotes, missedProposals } = control;
  return [
    ...(missed.length > missedVotes
      ? [`epoch ${epoch}: ${missed.length} votes missed, ${missedVotes} by the control: ${who(missed)}`]
      : []),
    ...(unmade.length > missedProposals
      ? [`epoch ${epoch}: ${unmade.length} blocks missed, ${missedProposals} by the control: ${who(unmade)}`]
      : []),
    ...(astray.length > 0
      ? [`epoch ${epoch}: ${astray.length} blocks paid somebody else: ${who(astray)}, ${payees}`]
      : []),
  ];
}

/** Every vote and block that was signed as far as anybody saw: sent by a client, or in the chain. */
function signed({ blocks, duties, recordings }: Evidence): [votes: SignedVote[], blocks: SignedBlock[]] {
  const members = membersOf(duties);
  const size = (slot: number, committee: number) => members.get(`${slot}/${committee}`)?.length ?? 0;
  const sent = Object.values(recordings) as Recording[];
  const attestations = [
    ...sent.flatMap((recording) => recording.attestations.map((json) => attestationOf(json, size))),
    ...blocks.flatMap((block) => block.attestations),
  ];
  const votes = attestations.flatMap(({ vote, voters }) =>
    voters.flatMap(({ committee, place }) => {
      const validator = members.get(`${vote.slot}/${committee}`)?.[place];
      return validator === undefined ? [] : [{ validator, vote }];
    }),
  );
  const single = sent.flatMap((recording) =>
    recording.singleAttestations.map(({ attester_index, data }) => ({
      ...{ validator: Number(attester_index), vote: voteOf(data) },
    })),
  );
  const proposed = [
    ...sent.flatMap((recording) =>
      recording.blocks.map(({ slot, proposer_index, state_root }) => ({
        ...{ slot: Number(slot), validator: Number(proposer_index), stateRoot: state_root },
      })),
    ),
    ...blocks.map(({ slot, proposer, stateRoot }) => ({ slot, validator: proposer, stateRoot })),
  ];
  return [[...votes, ...single], proposed];
}

/** Blocks of some slots that the client was not told of while their slot lasted, and streams that broke off. */
function missedHeads(blocks: readonly Block[], { heads, streams }: Recording, from: number, to: number): string[] {
  const told = new Set(heads.filter(({ after }) => after < 1).map(({ slot }) => slot));
  const untold = blocks.map(({ slot }) => slot).filter((slot) => from <= slot && slot <= to && !told.has(slot));
  return [
    ...(untold.length > 0 ? [`the client was not told of the heads of slots ${untold.join(", ")} in time`] : []),
    ...(streams.cut > 0 ? [`${streams.cut} of ${streams.opened} event streams of the client broke off`] : []),
  ];
}
