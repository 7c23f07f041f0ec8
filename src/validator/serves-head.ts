import type { DutyProtocol, HeadFacts } from "../core/duty.ts";
import type { Upstream } from "../core/upstream.ts";

/** So many nodes at most are asked whether they serve a new head. */
const mostAsked = 3;

interface Asked {
  readonly head: HeadFacts;
  /** Who told of it. */
  readonly by: readonly Upstream[];
  /** Those who have it, if most voters have, as their word counts; else nobody. */
  readonly having: readonly { readonly upstream: Upstream }[];
  readonly slot: number;
  readonly protocol: DutyProtocol;
  readonly timeoutMs: number;
}

/**
 * Would a client that asks now what to attest to be given this head? Most voters must have it; and one of them must say so
 * when asked, who told of it first.
 */
export function servesHead({ head, by, having, slot, protocol, timeoutMs }: Asked): Promise<boolean> {
  const { call, read } = protocol.questions.attestationData(slot);
  const first = having.toSorted((a, b) => rank(a.upstream, by) - rank(b.upstream, by)).slice(0, mostAsked);
  const asked = first.map(({ upstream }) =>
    upstream.probe(call, timeoutMs).then((outcome) => {
      const data = outcome.ok && !outcome.failed ? read(outcome) : undefined;
      if (data?.head !== head.root) throw unserved;
    }),
  );
  // One that hangs holds nobody up.
  return Promise.any(asked).then(
    () => true,
    (none: unknown) => {
      const bug = none instanceof AggregateError ? none.errors.find((why) => why !== unserved) : none;
      if (bug !== undefined) throw bug;
      return false;
    },
  );
}

function rank(upstream: Upstream, first: readonly Upstream[]): number {
  return first.includes(upstream) ? 0 : 1;
}

const unserved = new Error("another head is served");
