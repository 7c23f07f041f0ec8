import { hash } from "node:crypto";
import { type EventReader, noEvents, type Subscription } from "../core/stream.ts";
import type { Clock } from "../lib/clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { Effects } from "./effects.ts";
import { EventLine } from "./event-line.ts";
import type { Member } from "./fault-spec.ts";
import type { ActiveFault, Faults } from "./faults.ts";
import { latency, Queue } from "./law.ts";
import { endings, failing, type Plan, type SimulatedResponse } from "./plan.ts";
import type { SimulatedRequest, SimulatedService } from "./service.ts";

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
  /** What it is; told how long after they are made blocks reach it, in milliseconds, and how to end its event streams. */
  readonly service: (propagationMs: number, hangUp: () => void) => SimulatedService;
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
  readonly #service: SimulatedService;
  readonly #line: EventLine;
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
    this.#service = parts.service(longestPropagationMs * this.#random(), () => this.#line.endAll());
    this.#line = new EventLine({
      clock: parts.clock,
      roundTripMs: parts.behaviour.medianMs,
      active: () => parts.faults.active(parts.member),
      onChange: (hear) => parts.faults.onChange(hear),
    });
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

  /** Opens an event stream, where it has any. */
  subscribe(request: SimulatedRequest, reader: EventReader): Subscription {
    return this.#line.carry(
      reader,
      (behind) => this.#service.subscribe?.(request, behind) ?? noEvents(request, behind),
    );
  }

  /** Decides the fate of a request. */
  plan(request: SimulatedRequest): Plan {
    const { behaviour, faults } = this.#parts;
    const work = this.#service.effort(request);
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
      delayMs:
        wait + usualMs * work.hardest + this.#effects.slowness(hits) + (this.#service.delay?.(request, hits) ?? 0),
      ending: (ending && endings[ending.spec.fault]) ?? "whole",
      respond: () => cutShort(this.#service.respond(request, hits), hits),
    };
  }
}

/** Under `truncated` the message is whole and holds half of the body. */
function cutShort(response: SimulatedResponse, hits: readonly ActiveFault[]): SimulatedResponse {
  if (!hits.some(({ spec }) => spec.fault === "truncated")) return response;
  return { ...response, body: response.body.subarray(0, response.body.length >> 1) };
}
