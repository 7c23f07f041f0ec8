import type { ServedHead } from "../core/protocol.ts";
import type { Verdict } from "../core/upstream.ts";
import type { Member } from "./member.ts";
import type { Membership } from "./membership.ts";

/** What health knows of one upstream, for people. */
interface UpstreamHealth {
  readonly id: string;
  readonly verdict: Verdict;
  readonly because: string;
  /** For how long, in milliseconds. */
  readonly forMs: number;
  readonly confirmed: boolean;
  readonly weight: number;
  /** The evidence against it, and the score that would eject it. */
  readonly score: number;
  readonly ejectAbove: number;
  /** The failure rate that is usual for it, 0..1. */
  readonly baseline: number;
  /** Calls per second, of late. */
  readonly rate: number;
  readonly chain: string | undefined;
  readonly version: string | undefined;
  readonly head: number;
  readonly finalized: number;
  readonly lag: number;
  readonly syncing: boolean;
  readonly peers: number | undefined;
  /** How long a probe takes, in milliseconds; `undefined` while unknown. */
  readonly probeMs: number | undefined;
}

/** What health knows of a network, for people. */
export interface HealthSnapshot {
  readonly network: string;
  readonly chain: string | undefined;
  readonly genesis: string | undefined;
  readonly ready: boolean;
  readonly head: ServedHead;
  /** How many serving upstreams have `head.latest`. */
  readonly holders: number;
  /** Milliseconds; `undefined` while unknown. */
  readonly blockTimeMs: number | undefined;
  readonly upstreams: readonly UpstreamHealth[];
}

export function snapshotOf({ view, heads, ready, genesis, members }: Membership, now: number): HealthSnapshot {
  return {
    network: view.network,
    chain: view.chain,
    genesis,
    ready,
    head: { ...view.head },
    holders: heads.servable(view.head.latest),
    blockTimeMs: known(heads.blockMs),
    upstreams: [...members.values()].map((member) => upstreamHealth(member, now)),
  };
}

function upstreamHealth(member: Member, now: number): UpstreamHealth {
  const { upstream, standing, evidence, track } = member;
  const { confirmed, weight, version, head, finalized, probeMs, because } = upstream.status;
  return {
    id: upstream.id,
    verdict: standing.verdict,
    because,
    forMs: now - standing.since,
    confirmed,
    weight,
    score: evidence.score,
    ejectAbove: evidence.ejectAbove,
    baseline: evidence.baseline,
    rate: evidence.rate,
    chain: member.chain,
    version,
    head,
    finalized,
    lag: track.lag,
    syncing: member.syncing,
    peers: member.peers,
    probeMs: known(probeMs),
  };
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
