import type { Vote } from "../core/duty.ts";

/**
 * What one node says. `waiting`: it has not answered yet. `absent`: it failed, or says that it does not know, which is
 * no vote against anybody. `unusable`: it did answer, and the answer must not be used; it agrees with nobody.
 */
export type Said = Vote | "waiting" | "absent" | "unusable";

export interface Ballot {
  /** Whose vote it belongs to; nodes of one voter have one vote together. */
  readonly voter: string;
  readonly said: Said;
}

/** How much is there to be counted: more may come; it is late; nothing more comes. */
export type Stage = "early" | "late" | "last";

/** A base and a choice that won; `open` while that may still come, `none` when it cannot. */
export type Result = Pick<Vote, "base" | "choice"> | "open" | "none";

/**
 * Counts votes in two rounds. First each voter's nodes: what most of them say is its vote; of two with as many the
 * fresher one, by weight. Then the voters: a base is elected by more than half of the voters that are present, and by
 * `least` of them; within it that choice which most of its supporters have, of two with as many the fresher one.
 *
 * Present are all voters but those whose nodes all failed, and at last those too of which nobody said a word: that a
 * node is dead or slow says nothing about the chain, and would otherwise stop everybody; whoever wants no duty done on
 * the word of few says so by `least`. A voter whose answers must not be used is present and agrees with nobody: it does
 * see something, and that may be what contradicts the others.
 *
 * Before the soft time a result stands only when nothing that is still to come could change it; then also when more than
 * half of all voters that may be present agree as far as is known.
 */
export function tally(ballots: readonly Ballot[], least: number, stage: Stage): Result {
  const voters = [...byVoter(ballots)].map((said) => opinionOf(said, stage === "last"));
  const votes = voters.flatMap(({ vote }) => vote ?? []);
  const open = voters.filter(({ vote, open }) => open && !vote).length;
  const present = votes.length + open + voters.filter(({ contrary }) => contrary).length;
  const certain = voters.flatMap(({ vote, open }) => (vote && !open ? vote : []));
  const unsure = votes.length - certain.length + open;
  const wins = (count: number): boolean => count * 2 > present && count >= least;

  const sure = elect(certain);
  const settled = unsure === 0 || (sure !== undefined && sure.lead > unsure);
  if (sure && settled && wins(sure.support)) return sure.vote;
  if (!wins((sure?.support ?? 0) + unsure)) return "none";
  const likely = stage === "early" ? undefined : elect(votes);
  return likely && wins(likely.support) ? likely.vote : "open";
}

/** What the nodes of each voter say, in the order of the voters' first. */
function byVoter(ballots: readonly Ballot[]): Iterable<readonly Said[]> {
  const voters = new Map<string, Said[]>();
  for (const { voter, said } of ballots) {
    const known = voters.get(voter);
    if (known) known.push(said);
    else voters.set(voter, [said]);
  }
  return voters.values();
}

interface Opinion {
  readonly vote: Vote | undefined;
  /** It may still vote, or vote otherwise. */
  readonly open: boolean;
  /** It has no vote, and is present all the same. */
  readonly contrary: boolean;
}

function opinionOf(said: readonly Said[], last: boolean): Opinion {
  const elected = elect(said.filter((one) => typeof one !== "string"));
  const waiting = last ? 0 : said.filter((one) => one === "waiting").length;
  const open = waiting > 0 && !(elected && elected.lead > waiting);
  return { vote: elected?.vote, open, contrary: !elected && !open && said.includes("unusable") };
}

interface Elected {
  readonly vote: Vote;
  /** How many have its base. */
  readonly support: number;
  /** By how many it is ahead, of the next base and of the next choice in its own: the lesser of both. */
  readonly lead: number;
}

/** The base with most votes, and of its votes the choice with most. */
function elect(votes: readonly Vote[]): Elected | undefined {
  const base = most(votes, ({ base }) => base);
  const choice = base && most(base.votes, ({ choice }) => choice);
  if (!base || !choice) return undefined;
  return { vote: choice.freshest, support: base.votes.length, lead: Math.min(base.lead, choice.lead) };
}

interface Group {
  readonly votes: Vote[];
  freshest: Vote;
}

/** The votes with the commonest key; of two as common the ones with the freshest vote, then the first. */
function most(votes: readonly Vote[], keyOf: (vote: Vote) => string) {
  const groups = new Map<string, Group>();
  for (const vote of votes) {
    const group = groups.get(keyOf(vote));
    if (!group) groups.set(keyOf(vote), { votes: [vote], freshest: vote });
    else {
      group.votes.push(vote);
      if (vote.weight > group.freshest.weight) group.freshest = vote;
    }
  }
  const [first, second] = [...groups.values()].sort(
    (a, b) => b.votes.length - a.votes.length || b.freshest.weight - a.freshest.weight,
  );
  return first && { ...first, lead: first.votes.length - (second?.votes.length ?? 0) };
}
