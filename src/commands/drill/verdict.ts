import { breach, type Objective } from "./objective.ts";
import { type Stretch, shareOf } from "./stretch.ts";

/** What a domain may still answer of all calls when nothing should come to it any more: calls under way, last resorts. */
const leftOver = 0.05;

/** What a drill measured that came to its end. */
interface Measured {
  readonly before: readonly Stretch[];
  /** The last step. */
  readonly fullest: readonly Stretch[];
  readonly whole: readonly Stretch[];
}

/** What a drill should have moved, and kept. */
interface Wanted {
  readonly target: string;
  /** The share 0..1 of its traffic that the target gave up. */
  readonly mostMoved: number;
  readonly objective: Objective;
}

/** Why a drill that came to its end is not survived after all, or shows nothing; `undefined` when it is survived. */
export function doubt(
  { before, fullest, whole }: Measured,
  { target, mostMoved, objective }: Wanted,
): string | undefined {
  const broken = firstSentence(whole, (stretch) => breach(stretch, objective));
  if (broken !== undefined) return broken;
  return firstSentence(before, (usual) => {
    const drained = stretchOf(fullest, usual.network);
    if (!drained || drained.calls === 0) return `${usual.network}: no call came while ${target} was drained`;
    const share = shareOf(drained) ?? 0;
    if (share <= (shareOf(usual) ?? 0) * (1 - mostMoved) + leftOver) return undefined;
    return `${usual.network}: ${target} still gave ${Math.round(100 * share)} % of the answers: its traffic did not move`;
  });
}

export function stretchOf(all: readonly Stretch[], network: string): Stretch | undefined {
  return all.find((one) => one.network === network);
}

/** The first thing that there is to say of any of these. */
export function firstSentence<T>(all: readonly T[], sentence: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const found = sentence(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
