import { hash } from "node:crypto";
import { type Random, seededRandom } from "../lib/random.ts";
import { type FaultSpec, type Flap, type Member, struckBy } from "./fault-spec.ts";

/** A stretch of time in which a fault is on, in milliseconds from its injection. */
interface Phase {
  readonly from: number;
  readonly to: number;
}

/** Members whom a fault strikes and leaves together. */
interface Group<Someone> {
  readonly members: readonly Someone[];
  /** When it is on, from its injection on and without regard to how long it lasts; there may be no end to them. */
  phases(): Iterator<Phase, undefined>;
}

/** Whom a fault strikes, and when: all at once, or each at times of its own. The same seed gives the same. */
export function groupsOf<Someone extends Member>(
  spec: FaultSpec,
  members: readonly Someone[],
  seed: number,
): readonly Group<Someone>[] {
  const { flap, fault } = spec;
  const struck = struckBy(spec, members, seed);
  if (!flap?.scattered) return struck.length === 0 ? [] : [{ members: struck, phases: () => phasesOf(flap) }];
  return struck.map((member) => {
    const name = `${seed}/${member.network}/${member.id}/${fault}/${flap.period}`;
    const own = Number.parseInt(hash("sha256", name).slice(0, 8), 16);
    return { members: [member], phases: () => phasesOf(flap, seededRandom(own)) };
  });
}

function* phasesOf(flap: Flap | undefined, random?: Random): Generator<Phase, undefined> {
  if (!flap) {
    yield { from: 0, to: Number.POSITIVE_INFINITY };
    return;
  }
  const on = flap.period * flap.duty;
  for (let begin = 0; ; begin += flap.period) {
    const from = begin + (random ? random() * (flap.period - on) : 0);
    yield { from, to: from + on };
  }
}
