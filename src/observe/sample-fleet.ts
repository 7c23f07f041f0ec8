import type { Call, MethodTraits } from "../core/call.ts";
import { Attempt, type AttemptReason } from "../core/context.ts";
import type { Duty, DutyTraits } from "../core/duty.ts";
import { type Answer, fault, type Outcome } from "../core/outcome.ts";
import type { ServedHead } from "../core/protocol.ts";
import { noEvents } from "../core/stream.ts";
import {
  type Coordinates,
  failureDomains,
  type ProviderKind,
  type Upstream,
  type UpstreamStatus,
  unknownStatus,
} from "../core/upstream.ts";
import { Waiting } from "../core/waiting.ts";
import type { NetworkState } from "./network-state.ts";

/** For tests of what is shown: an upstream that is healthy, confirmed, at block 100, and refuses every call. */
export function sampleUpstream(
  id: string,
  place: { provider: string; region?: string; kind?: ProviderKind },
  status: Partial<UpstreamStatus> = {},
): Upstream {
  const coordinates: Coordinates = {
    provider: place.provider,
    kind: place.kind ?? "cloud",
    region: place.region,
    asn: undefined,
    jurisdiction: undefined,
    operator: undefined,
    client: undefined,
    edge: undefined,
  };
  const refused = () => Promise.resolve(fault("unreachable", "a sample serves nobody"));
  return {
    id,
    network: "ethereum",
    coordinates,
    failureDomains: failureDomains(coordinates),
    tier: 0,
    archive: false,
    traces: false,
    status: {
      ...unknownStatus(),
      confirmed: true,
      because: "fine",
      head: 100,
      finalized: 36,
      latencyMs: 12,
      ...status,
    },
    waiting: new Waiting(),
    hasRoom: () => true,
    lacks: () => false,
    send: refused,
    probe: refused,
    subscribe: noEvents,
  };
}

/**
 * For tests of what is shown: one network, `ethereum`, in which only healthy upstreams are eligible. Each bears 100 calls
 * a second and is sent 10; 30 a second are asked for now, 80 at the peak.
 */
export function sampleNetwork(upstreams: readonly Upstream[], head: Partial<ServedHead> = {}): NetworkState {
  return {
    view: { network: "ethereum", chain: "1", head: { latest: 100, safe: 68, finalized: 36, ...head } },
    upstreams,
    hasHead: true,
    eligible: ({ status }) => status.verdict === "healthy",
    fleetHead: () => Math.max(-1, ...upstreams.map(({ status }) => status.head)),
    survival: {
      capacity: () => ({ perSecond: 100, basis: "declared" }),
      demand: () => [0, 5, 20, 5],
      load: () => 10,
      peak: 80,
      reserve: 0.1,
    },
  };
}

const sampleTraits: MethodTraits = {
  name: "read",
  access: "read",
  freshness: "head",
  priority: 2,
  repeat: "always",
  hedge: true,
  coalesce: true,
  cost: 1,
  timeoutMs: 1_000,
};

/** For tests of what is counted: a read of `ethereum`. */
export const sampleCall: Call = {
  network: "ethereum",
  method: "eth_getBalance",
  traits: sampleTraits,
  key: undefined,
  height: undefined,
  floor: undefined,
  needsState: false,
  pin: undefined,
  detail: undefined,
  wire: { method: "POST", path: "", headers: {}, body: undefined },
};

/** For tests of what is counted: a call of validators, which goes to all nodes where it tells them something. */
export function dutyCall(duty: Duty, budget: Partial<DutyTraits["budget"]> = {}): Call {
  const fanOut = duty === "publish" || duty === "prepare" ? "broadcast" : duty === "attest" ? "quorum" : "best";
  const traits: DutyTraits = { duty, fanOut, budget: { soft: 0.04, hard: 0.33, until: undefined, ...budget } };
  return { ...sampleCall, traits: { ...sampleTraits, name: duty, duty: traits } };
}

export const sampleAnswer: Answer = {
  ok: true,
  status: 200,
  failed: false,
  payload: new Uint8Array(),
  rest: undefined,
  height: undefined,
};

/** An attempt that began at `startedAt` and had its outcome after `tookMs`. */
export function sampleAttempt(
  upstream: Upstream,
  outcome: Outcome,
  reason: AttemptReason = "primary",
  startedAt = 0,
  tookMs = 7,
): Attempt {
  const attempt = new Attempt(upstream, reason, startedAt, sampleTraits.name);
  attempt.outcome = outcome;
  attempt.endedAt = startedAt + tookMs;
  return attempt;
}
