import { hash } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import type { Chain } from "./chain.ts";
import type { Member, SimulatedFault } from "./fault-spec.ts";
import type { ActiveFault, Faults } from "./faults.ts";
import { effortOf, latency, Queue } from "./law.ts";
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

/**
 * How an exchange ends: with the whole response, or in one of the ways in which connections fail. The last two never
 * had one: the name was not found, or the handshake was given up.
 */
type Ending =
  | "whole"
  | "silence"
  | "refused"
  | "reset"
  | "reset_midbody"
  | "stall_midbody"
  | "unresolved"
  | "unconnected";

export interface SimulatedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What happens to one request: after `delayMs` it ends so, with this response as far as the ending lets it through. */
export interface Plan {
  readonly delayMs: number;
  readonly ending: Ending;
  /** To be called when the time has come: the answer is that of the moment at which it is given. */
  respond(): SimulatedResponse;
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

/** How many times as long as usual a cold upstream takes at first, when not said. */
const coldTimes = 5;

/** Blocks reach a provider up to this long after they are made. */
const longestPropagationMs = 300;

const endings: Partial<Record<SimulatedFault, Ending>> = {
  refuse: "refused",
  black_hole: "silence",
  reset: "reset",
  reset_midbody: "reset_midbody",
  stall_midbody: "stall_midbody",
};

/** One simulated upstream: says for each request what becomes of it. Transports and servers only carry that out. */
export class SimulatedProvider {
  readonly member: Member;
  readonly #parts: ProviderParts;
  readonly #queue: Queue;
  readonly #random: Random;
  readonly #luck: Random;
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
    this.#luck = seededRandom(seed ^ 0x5bd1e995);
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
    const hits = this.#parts.faults.active(this.member).filter((one) => this.#isHit(one));
    for (const { spec } of hits) {
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
    const hits = faults.active(this.member).filter((fault) => this.#isHit(fault));
    const usualMs = wellMs * this.#coldness(hits);
    const roundTripMs = usualMs / 2;
    const early = this.#early(hits, roundTripMs);
    if (early) return early;
    const wait = this.#queue.join(work.total, this.#capacity(hits));
    if (wait === undefined) return failing(roundTripMs, 429, "over capacity");
    if (unlucky) return failing(wait + usualMs, 503, "temporarily unavailable");
    const ending = hits.find((one) => one.spec.fault in endings);
    return {
      delayMs: wait + usualMs * work.hardest + this.#slowness(hits),
      ending: (ending && endings[ending.spec.fault]) ?? "whole",
      respond: () => this.#respond(requests, hits),
    };
  }

  #isHit(fault: ActiveFault): boolean {
    if (fault.spec.fault === "brown_out" || fault.spec.fault === "capacity_cap") return true;
    const rate = (fault.spec.rate ?? 1) * this.#grown(fault);
    return rate >= 1 || this.#luck() < rate;
  }

  /** How far a fault that grows has grown, 0..1. */
  #grown({ spec, since }: ActiveFault): number {
    return spec.ramp === undefined ? 1 : Math.min(1, (this.#parts.clock.now() - since) / spec.ramp);
  }

  /** The share of requests that a brown-out hits now. */
  #brown(fault: ActiveFault): number {
    return (fault.spec.rate ?? 0.5) * this.#grown(fault);
  }

  /** How many times as long as usual answers take, because caches are empty. */
  #coldness(hits: readonly ActiveFault[]): number {
    let times = 1;
    for (const { spec, since } of hits) {
      if (spec.fault !== "cold" || spec.for === undefined) continue;
      const left = Math.max(0, 1 - (this.#parts.clock.now() - since) / spec.for);
      times = Math.max(times, 1 + ((spec.times ?? coldTimes) - 1) * left);
    }
    return times;
  }

  /** What it bears now, in the units of its own capacity. */
  #capacity(hits: readonly ActiveFault[]): number {
    let capacity = this.#parts.behaviour.capacity;
    for (const fault of hits) {
      if (fault.spec.fault !== "capacity_cap" || fault.spec.capacity === undefined) continue;
      const { capacity: own } = this.#parts.behaviour;
      capacity = Math.min(capacity, own - (own - fault.spec.capacity) * this.#grown(fault));
    }
    return capacity;
  }

  /** What is over before the node begins to work. */
  #early(hits: readonly ActiveFault[], delayMs: number): Plan | undefined {
    for (const fault of hits) {
      const { spec } = fault;
      switch (spec.fault) {
        case "refuse":
        case "black_hole":
        case "reset":
          return { ...failing(delayMs, 500, ""), ending: endings[spec.fault] ?? "reset" };
        case "rate_limited":
          return failing(delayMs, 429, "too many requests", spec.retryAfter);
        case "errors":
          return failing(delayMs, spec.status ?? 500, "internal server error");
        case "brown_out":
          if (this.#luck() < this.#brown(fault)) return failing(delayMs, spec.status ?? 500, "internal server error");
          break;
        case "html_200":
          return page(delayMs, "<!doctype html><title>Maintenance</title><p>We will be back soon.</p>");
        case "empty_200":
          return page(delayMs, "");
      }
    }
    return undefined;
  }

  /** How much slower a request gets by the faults that hit it, in milliseconds. */
  #slowness(hits: readonly ActiveFault[]): number {
    let ms = 0;
    for (const fault of hits) {
      const { spec } = fault;
      if (spec.fault === "slow") ms += spec.latency ?? 2_000;
      if (spec.fault === "brown_out" && this.#luck() < this.#brown(fault)) ms += spec.latency ?? 1_500;
    }
    return ms;
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
        client: `${member.coordinates.client ?? "geth"}/v1.0.0-simulated`,
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

function failing(delayMs: number, status: number, message: string, retryAfterMs?: number): Plan {
  const body = JSON.stringify({ error: message });
  const retry = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) };
  const { headers, ...rest } = json(status, Buffer.from(body));
  return { delayMs, ending: "whole", respond: () => ({ ...rest, headers: { ...headers, ...retry } }) };
}

function page(delayMs: number, text: string): Plan {
  const response = { status: 200, headers: { "content-type": "text/html" }, body: Buffer.from(text) };
  return { delayMs, ending: "whole", respond: () => response };
}

function json(status: number, body: Uint8Array): SimulatedResponse {
  return { status, headers: { "content-type": "application/json" }, body };
}
