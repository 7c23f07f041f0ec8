import assert from "node:assert/strict";
import type { Call } from "../core/call.ts";
import { Attempt, CallContext } from "../core/context.ts";
import { type Fault, fault } from "../core/outcome.ts";
import { isUpstream } from "../core/selector.ts";
import { noEvents } from "../core/stream.ts";
import { failureDomains, type Upstream, type UpstreamStatus, unknownStatus } from "../core/upstream.ts";
import { Waiting } from "../core/waiting.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { type RoutingOptions, routingSchema } from "./schema.ts";
import { createSelector, type RankingSelector } from "./selector.ts";

interface Traits {
  readonly tier?: number;
  readonly archive?: boolean;
  readonly traces?: boolean;
  readonly edge?: string;
  readonly lacks?: string;
  readonly capacity?: number;
}

/** For tests of routing: a confirmed, healthy upstream at block 1000 that takes 20 ms, in a region `provider/name`. */
export function sampleUpstream(
  id: string,
  region: string,
  status: Partial<UpstreamStatus> = {},
  traits: Traits = {},
): Upstream {
  const coordinates = {
    provider: region.split("/")[0] as string,
    kind: "cloud",
    region,
    asn: undefined,
    jurisdiction: undefined,
    operator: undefined,
    client: undefined,
    edge: traits.edge,
  } as const;
  const live = { ...unknownStatus(), confirmed: true, because: "fine", head: 1_000, latencyMs: 20, ...status };
  const unused = () => Promise.resolve(fault("unreachable", "a sample"));
  return {
    id,
    network: "ethereum",
    coordinates,
    failureDomains: failureDomains(coordinates),
    tier: traits.tier ?? 0,
    archive: traits.archive ?? false,
    traces: traits.traces ?? false,
    status: live,
    waiting: new Waiting(),
    hasRoom: () => live.inFlight < (traits.capacity ?? 1_000),
    lacks: (method) => method === traits.lacks,
    send: unused,
    probe: unused,
    subscribe: noEvents,
  };
}

export function sampleCall(parts: Partial<Call> = {}): Call {
  return {
    network: "ethereum",
    method: "eth_getBalance",
    traits: {
      name: "read",
      access: "read",
      freshness: "head",
      priority: 2,
      repeat: "always",
      hedge: true,
      coalesce: true,
      cost: 1,
      timeoutMs: 2_000,
    },
    key: undefined,
    height: undefined,
    floor: undefined,
    needsState: false,
    pin: undefined,
    detail: undefined,
    wire: { method: "POST", path: "", headers: {}, body: undefined },
    ...parts,
  };
}

/** Upstreams behind a selector, in virtual time and with seeded chance. */
export class Rehearsal {
  readonly clock = new ManualClock();
  readonly upstreams: readonly Upstream[];
  readonly selector: RankingSelector;

  constructor(upstreams: readonly Upstream[], options: Partial<RoutingOptions> = {}, seed = 1) {
    this.upstreams = upstreams;
    this.selector = createSelector({
      network: "ethereum",
      upstreams,
      clock: this.clock,
      random: seededRandom(seed),
      options: { ...routingSchema.parse({}), ...options },
    });
  }

  context(): CallContext {
    return new CallContext(new Cancellation(), Number.POSITIVE_INFINITY);
  }

  upstream(id: string): Upstream {
    return this.upstreams.find((upstream) => upstream.id === id) as Upstream;
  }

  /** Changes what is known of upstreams and tells the selector. */
  change(ids: readonly string[], status: Partial<UpstreamStatus>): void {
    for (const id of ids) Object.assign(this.upstream(id).status, status);
    this.selector.changed();
  }

  /** Picks for a call that these upstreams failed, one after the other; the id, or the fault's kind. */
  pick(failed: readonly string[] = [], call = sampleCall(), failure: Fault = fault("timeout", "")): string {
    const choice = this.selector.pick(call, this.failed(failed, failure));
    return isUpstream(choice) ? choice.id : choice.kind;
  }

  /** The context of a call that these upstreams failed. */
  failed(ids: readonly string[], failure: Fault = fault("timeout", "")): CallContext {
    const context = this.context();
    for (const id of ids) {
      const attempt = new Attempt(this.upstream(id), context.reason, this.clock.now(), "read");
      attempt.outcome = failure;
      context.attempts.push(attempt);
      context.reason = "retry";
    }
    return context;
  }

  /**
   * Sends a call every `everyMs` for `ms` and counts where they go, as shares. Upstreams take `serve` milliseconds,
   * their usual latency when absent; their latency is learned from each answer, as the fleet does.
   */
  async traffic(
    ms: number,
    everyMs: number,
    serve: (upstream: Upstream) => number = ({ status }) => status.latencyMs,
  ): Promise<Readonly<Record<string, number>>> {
    const counts = new Map(this.upstreams.map(({ id }) => [id, 0]));
    const calls = Math.floor(ms / everyMs);
    for (let call = 0; call < calls; call++) {
      const choice = this.selector.pick(sampleCall(), this.context());
      const key = isUpstream(choice) ? choice.id : choice.kind;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (isUpstream(choice)) this.#send(choice, serve(choice));
      await this.clock.advance(everyMs);
    }
    return Object.fromEntries([...counts].map(([id, count]) => [id, count / calls]));
  }

  #send(upstream: Upstream, ms: number): void {
    const { status, waiting } = upstream;
    const attempt = new Attempt(upstream, "primary", this.clock.now(), "read");
    waiting.add(attempt);
    status.inFlight++;
    this.clock.schedule(ms, () => {
      waiting.remove(attempt);
      status.inFlight--;
      // A refused call says nothing of latency.
      if (status.heldUntil <= this.clock.now()) status.latencyMs = ms;
    });
  }
}

/** Three at home on AWS, one elsewhere on AWS, two on Hetzner, and a fallback. */
export function cloudy(spillBelow = 0.7): Rehearsal {
  return new Rehearsal(
    [
      sampleUpstream("home-1", "aws/us-east-1"),
      sampleUpstream("home-2", "aws/us-east-1"),
      sampleUpstream("home-3", "aws/us-east-1"),
      sampleUpstream("west", "aws/us-west-2"),
      sampleUpstream("hetzner-1", "hetzner/fsn1"),
      sampleUpstream("hetzner-2", "hetzner/hel1"),
      sampleUpstream("fallback", "ovh/gra", {}, { tier: 1 }),
    ],
    { home: "aws/us-east-1", spillBelow },
  );
}

export const homes = ["home-1", "home-2", "home-3"];

/** Asserts that a figure lies within bounds. */
export function between(value: number | undefined, least: number, most: number): void {
  assert.ok(value !== undefined && value >= least && value <= most, `${value} is not within ${least}..${most}`);
}
