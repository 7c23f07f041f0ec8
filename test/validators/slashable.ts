import type { Vote } from "./chain.ts";

/** A vote that a validator signed, wherever it was seen. */
export interface SignedVote {
  readonly validator: number;
  readonly vote: Vote;
}

/** A block that a validator signed. */
export interface SignedBlock {
  readonly validator: number;
  readonly slot: number;
  readonly stateRoot: string;
}

/** Two messages of one validator for which it can be slashed. */
export interface SlashablePair {
  readonly validator: number;
  readonly kind: "double vote" | "surround vote" | "double proposal";
  /** The target epochs of the two votes, or the slot of the proposals. */
  readonly at: readonly number[];
}

/**
 * Finds every slashable pair among votes and blocks, of which many may be the same message seen twice
 * (consensus-specs phase0, `is_slashable_attestation_data`, `process_proposer_slashing`).
 */
export function slashablePairs(votes: readonly SignedVote[], blocks: readonly SignedBlock[]): SlashablePair[] {
  const pairs: SlashablePair[] = [];
  for (const [validator, own] of Map.groupBy(votes, (signed) => signed.validator)) {
    for (const [a, b] of differing(own, ({ vote }) => JSON.stringify(canonical(vote)))) {
      if (a.vote.target.epoch === b.vote.target.epoch) {
        pairs.push({ validator, kind: "double vote", at: [a.vote.target.epoch] });
      } else if (surrounds(a.vote, b.vote) || surrounds(b.vote, a.vote)) {
        pairs.push({ validator, kind: "surround vote", at: [a.vote.target.epoch, b.vote.target.epoch] });
      }
    }
  }
  for (const own of Map.groupBy(blocks, ({ validator, slot }) => `${validator} ${slot}`).values()) {
    for (const [{ validator, slot }] of differing(own, ({ stateRoot }) => stateRoot)) {
      pairs.push({ validator, kind: "double proposal", at: [slot] });
    }
  }
  return pairs;
}

/** A vote's fields in one order, whatever wrote them. */
const canonical = ({ slot, head, source, target }: Vote) => [
  ...[slot, head, source.epoch, source.root, target.epoch, target.root],
];

const surrounds = (outer: Vote, inner: Vote) =>
  outer.source.epoch < inner.source.epoch && inner.target.epoch < outer.target.epoch;

/** Each two of a list that are not the same message. */
function differing<Message>(
  messages: readonly Message[],
  identity: (message: Message) => string,
): [Message, Message][] {
  const distinct = [...new Map(messages.map((message) => [identity(message), message])).values()];
  return distinct.flatMap((a, index) => distinct.slice(index + 1).map((b): [Message, Message] => [a, b]));
}
