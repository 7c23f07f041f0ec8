import { hash } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import type { Chain } from "./chain.ts";
import { Effects } from "./effects.ts";
import type { Member, SimulatedFault } from "./fault-spec.ts";
import type { ActiveFault, Faults } from "./faults.ts";
import { effortOf, latency, Queue } from "./law.ts";
import { endings, failing, json, type Plan, type SimulatedResponse } from "./plan.ts";
import { answerRequests, isBatch, type RpcRequest, readRequests } from "./rpc.ts";

/** How one simulated upstream behaves when nothing is wrong. */
export interface Behaviour {
  readonly medianMs: number;
  readonly p99Ms: number;
  /** The share of requests that fail with HTTP 503 without any fault injected. */
  readonly errorRate: number;
  /** Balance reads per second. */
  readonly capacity: number;
}

export interface ProviderParts {
  readonly member: Member;
  readonly behaviour: Behaviour;
  readonly chain: Chain;
  /** What it serves instead under the fault `wrong_chain`. */
  readonly otherChain: Chain;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly seed: number;
}

/** How long it takes to hear that a name does not resolve, in milliseconds: the order of a nearby resolver's answer. */
const lookupMs = 5;

/** How long a client waits for a handshake, in milliseconds: as long as Breakwater does. */
const handshakeMs = 5_000;

/** Blocks reach a provider up to this long after they are made. */
const longestPropagationMs = 300;

/** One simulated upstream: says for each request what becomes of it. Transports and servers only carry that out. */
export class SimulatedProvider {
  readonly member: Member;
  readonly #parts: ProviderParts;
  readonly #queue: Queue;
  readonly #random: Random;
  readonly #effects: Effects;
  readonly #propagationMs: number;
  #hanging = false;
  #brokenAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ProviderParts) {
    this.member = parts.member;
    this.#parts = parts;
    this.#queue = new Queue(parts.clock, parts.behaviour.capacity);
    const seed = Number.parseInt(
      hash("sha256", `${parts.seed}/${parts.member.network}/${parts.member.id}`).slice(0, 8),
      16,
    );
    this.#random = seededRandom(seed);
    this.#effects = new Effects(parts.clock, seededRandom(seed ^ 0x5bd1e995));
    this.#propagationMs = longestPropagationMs * this.#random();
    parts.faults.onChange(() => {
      const hanging = parts.faults.active(parts.member).some(({ spec }) => spec.fault === "tls_hang");
      if (hanging && !this.#hanging) this.#brokenAt = parts.clock.now();
      this.#hanging = hanging;
    });
  }

  /** Connections that were opened before this time of the clock are broken. */
  get brokenAt(): number {
    return this.#brokenAt;
  }

  /** Opens a connection: `undefined` when it comes about, else what becomes of the request that needs it. */
  connect(): Plan | undefined {
    const active = this.#parts.faults.active(this.member);
    for (const { spec } of this.#effects.hits(active)) {
      if (spec.fault === "dns") return { ...failing(lookupMs, 500, ""), ending: "unresolved" };
      if (spec.fault === "tls_hang") return { ...failing(handshakeMs, 500, ""), ending: "unconnected" };
    }
    return undefined;
  }

  /** Decides the fate of a request with this body. */
  plan(body: Uint8Array | undefined): Plan {
    const { behaviour, faults } = this.#parts;
    const requests = readRequests(body);
    const work = workOf(requests);
    const wellMs = latency(this.#random, behaviour.medianMs, behaviour.p99Ms);
    const unlucky = this.#random() < behaviour.errorRate;
    const hits = this.#effects.hits(faults.active(this.member));
    const usualMs = wellMs * this.#effects.coldness(hits);
    const roundTripMs = usualMs / 2;
    const early = this.#effects.early(hits, roundTripMs);
    if (early) return early;
    const wait = this.#queue.join(work.total, this.#effects.capacity(hits, behaviour.capacity));
    if (wait === undefined) return failing(roundTripMs, 429, "over capacity");
    if (unlucky) return failing(wait + usualMs, 503, "temporarily unavailable");
    const ending = hits.find((one) => one.spec.fault in endings);
    return {
      delayMs: wait + usualMs * work.hardest + this.#effects.slowness(hits),
      ending: (ending && endings[ending.spec.fault]) ?? "whole",
      respond: () => this.#respond(requests, hits),
    };
  }

  #respond(requests: ReturnType<typeof readRequests>, hits: readonly ActiveFault[]): SimulatedResponse {
    const { clock, member } = this.#parts;
    const has = (kind: SimulatedFault) => hits.find((one) => one.spec.fault === kind);
    const chain = has("wrong_chain") ? this.#parts.otherChain : this.#parts.chain;
    const stale = has("stale_head");
    const stoodStill = stale && stale.spec.lag === undefined ? stale.sinceEpoch : clock.epoch();
    const text = answerRequests(
      {
        chain,
        head: Math.max(0, chain.headAt(stoodStill - this.#propagationMs) - (stale?.spec.lag ?? 0)),
        tip: chain.headAt(clock.epoch()),
        client: `${member.coordinates.client ?? "simulated"}/v1.0.0-simulated`,
        salt: has("wrong_answer") ? "wrong" : "",
      },
      requests,
    );
    const whole = Buffer.from(text);
    return json(200, has("truncated") ? whole.subarray(0, whole.length >> 1) : whole);
  }
}

function workOf(requests: ReturnType<typeof readRequests>): { readonly total: number; readonly hardest: number } {
  const all: readonly RpcRequest[] = requests === undefined ? [] : isBatch(requests) ? requests : [requests];
  const efforts = all.map((one) => effortOf(one?.method));
  return { total: efforts.reduce((sum, one) => sum + one, 0), hardest: Math.max(1, ...efforts) };
}
