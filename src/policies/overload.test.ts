import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MethodTraits, Priority } from "../core/call.ts";
import { Attempt, CallContext } from "../core/context.ts";
import { fault } from "../core/outcome.ts";
import { compose, type Handler } from "../core/policy.ts";
import { isUpstream } from "../core/selector.ts";
import { noEvents } from "../core/stream.ts";
import type { Transport, WireResponse } from "../core/transport.ts";
import { type Upstream, unknownStatus } from "../core/upstream.ts";
import { createHoldOff } from "../fleet/hold-off.ts";
import { createLimits } from "../fleet/limits.ts";
import { createUpstream } from "../fleet/upstream.ts";
import { Latencies } from "../health/latencies.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { routingSchema } from "../routing/schema.ts";
import { createSelector } from "../routing/selector.ts";
import { createPolicies } from "./index.ts";
import { sampleAnswer, sampleCall } from "./rehearsal.ts";
import { policiesSchema } from "./schema.ts";
import { Admission } from "./shed.ts";

/** Calls per second that one upstream does: four at once, 40 ms each on average. */
const capacity = 100;

/** What clients ask for, in shares of their calls. */
const mix: readonly (readonly [name: string, priority: Priority, share: number])[] = [
  ["duty", 0, 0.02],
  ["send", 1, 0.08],
  ["read", 2, 0.7],
  ["logs", 3, 0.2],
];

/** How often a client asks again when it was refused, and after how long: most do not heed Retry-After. */
const retries = 3;
const retryMs = { least: 100, most: 1_000 };

/** An upstream that works off its queue; what was called off it does all the same, as it has no way to know. */
class Node implements Transport {
  readonly #clock: ManualClock;
  readonly #random: Random;
  readonly #queue: (() => void)[] = [];
  #busy = 0;

  constructor(clock: ManualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  send(...[, cancellation]: Parameters<Transport["send"]>): ReturnType<Transport["send"]> {
    return new Promise((resolve) => {
      cancellation.onCancel({ cancel: () => resolve(fault("cancelled", "no longer wanted")) });
      this.#queue.push(() => resolve(response));
      this.#serve();
    });
  }

  readonly subscribe = noEvents;

  close(): Promise<void> {
    return Promise.resolve();
  }

  #serve(): void {
    while (this.#busy < 4) {
      const done = this.#queue.shift();
      if (!done) return;
      this.#busy++;
      this.#clock.schedule(-40 * Math.log(1 - this.#random()), () => {
        this.#busy--;
        done();
        this.#serve();
      });
    }
  }
}

const response: WireResponse = {
  ok: true,
  status: 200,
  header: () => undefined,
  headers: () => ({}),
  body: Buffer.from("1"),
  rest: undefined,
};

/** What happened in one second: calls that came for the first time, answers and how long they took, refusals by priority. */
interface Second {
  came: number;
  latencies: number[];
  refused: [number, number, number, number];
}

/** What asks for calls of one kind, through the policies that serve it. */
interface Client {
  readonly share: number;
  readonly traits: MethodTraits;
  readonly ask: Handler;
}

/** Two upstreams behind the real limits, routing and policies, and clients that come again when they are refused. */
class Scene {
  readonly clock = new ManualClock();
  readonly seconds: Second[] = [];
  readonly #random: Random;
  readonly #upstreams: readonly Upstream[];
  readonly #latencies = new Latencies();
  readonly #selector;
  readonly #clients: readonly Client[];
  readonly #rate: number;

  /** Clients ask for `rate` calls a second. */
  constructor(rate: number, seed: number) {
    const { clock } = this;
    const random = seededRandom(seed);
    this.#random = random;
    this.#rate = rate;
    this.#upstreams = ["a", "b"].map((id) => sampleUpstream(id, clock, random));
    const upstreams = this.#upstreams;
    this.#selector = createSelector({ network: "n", upstreams, clock, random, options: routingSchema.parse({}) });
    const policies = createPolicies(policiesSchema.parse({}), {
      clock,
      random,
      latency: (name, quantile) => this.#latencies.quantile(name, quantile),
      pressure: () => this.#pressure(),
      admission: new Admission(4_096),
      confirmation: undefined,
      pinned: undefined,
    });
    this.#clients = mix.map(([name, priority, share]) => {
      const { traits } = sampleCall({ name, priority, coalesce: false, hedge: priority > 1, timeoutMs: 10_000 });
      const serving = policies.filter((policy) => policy.serves(traits)).map(({ policy }) => policy);
      return { share, traits, ask: compose(serving, this.#attempt) };
    });
    this.#come();
  }

  /** Takes an upstream out of service, or back into it. */
  put(id: string, verdict: "ejected" | "healthy"): void {
    for (const upstream of this.#upstreams) if (upstream.id === id) upstream.status.verdict = verdict;
    this.#selector.changed();
  }

  #pressure(): number {
    const serving = this.#upstreams.filter(({ status }) => status.verdict === "healthy").map(({ status }) => status);
    const inFlight = serving.reduce((sum, status) => sum + status.inFlight, 0);
    return inFlight / serving.reduce((sum, status) => sum + status.bearable, 0);
  }

  readonly #attempt: Handler = (call, context) => {
    const upstream = this.#selector.pick(call, context);
    if (!isUpstream(upstream)) return Promise.resolve(upstream);
    const attempt = new Attempt(upstream, context.reason, this.clock.now(), call.traits.name);
    context.attempts.push(attempt);
    return upstream.send(call, context, attempt).then((outcome) => {
      const ms = attempt.endedAt - attempt.startedAt;
      if (outcome.ok) this.#latencies.answered(attempt.class, ms, call.traits.timeoutMs, attempt.endedAt);
      else this.#latencies.gaveUp(attempt.class, ms, attempt.endedAt);
      return outcome;
    });
  };

  #second(): Second {
    const index = Math.floor(this.clock.now() / 1_000);
    this.seconds[index] ??= { came: 0, latencies: [], refused: [0, 0, 0, 0] };
    return this.seconds[index];
  }

  #come(): void {
    this.clock.schedule((-1_000 / this.#rate) * Math.log(1 - this.#random()), () => this.#come());
    let point = this.#random();
    const client = this.#clients.find(({ share }) => {
      point -= share;
      return point < 0;
    });
    this.#second().came++;
    if (client) this.#ask(client, retries);
  }

  #ask(client: Client, again: number): void {
    const { traits, ask } = client;
    const cameAt = this.clock.now();
    const context = new CallContext(new Cancellation(), cameAt + 10_000);
    void ask({ ...sampleCall({}), traits, key: undefined }, context).then((outcome) => {
      const second = this.#second();
      if (outcome.ok) {
        second.latencies.push(this.clock.now() - cameAt);
        return;
      }
      second.refused[traits.priority]++;
      const ms = retryMs.least + (retryMs.most - retryMs.least) * this.#random();
      if (again > 0) this.clock.schedule(ms, () => this.#ask(client, again - 1));
    });
  }
}

function sampleUpstream(id: string, clock: ManualClock, random: Random): Upstream {
  const status = { ...unknownStatus(), confirmed: true };
  return createUpstream({
    id,
    network: "n",
    coordinates: {
      provider: id,
      kind: "cloud",
      region: undefined,
      asn: undefined,
      jurisdiction: undefined,
      operator: undefined,
      client: undefined,
      edge: undefined,
    },
    tier: 0,
    archive: false,
    traces: false,
    status,
    transport: new Node(clock, random),
    classify: () => sampleAnswer("1"),
    limits: createLimits({ concurrency: 128 }, clock),
    breaker: undefined,
    holdOff: createHoldOff(status, { clock, random }, () => {}),
    clock,
    streamAbove: 1_000,
    responseBytes: 1_000,
  });
}

/** What there was in a span of seconds. */
function summary(seconds: readonly Second[]) {
  const latencies = seconds.flatMap((second) => second.latencies).sort((a, b) => a - b);
  return {
    perSecond: latencies.length / seconds.length,
    median: latencies[Math.floor(latencies.length / 2)] ?? Number.NaN,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    refused: ([0, 1, 2, 3] as const).map((priority) =>
      seconds.reduce((sum, { refused }) => sum + refused[priority], 0),
    ),
  };
}

describe("overload: half of the fleet is lost, and clients ask for 125 % of what is left, again and again", () => {
  for (const seed of [1, 2, 3]) {
    test(`what is left stays busy with what matters most, and all is as before soon after the half is back (seed ${seed})`, async () => {
      const scene = new Scene(1.25 * capacity, seed);
      await scene.clock.advance(20_000);
      scene.put("b", "ejected");
      await scene.clock.advance(40_000);
      scene.put("b", "healthy");
      await scene.clock.advance(60_000);
      const before = summary(scene.seconds.slice(5, 20));
      const during = summary(scene.seconds.slice(20, 60));
      const after = summary(scene.seconds.slice(70, 120));
      assert.deepEqual(before.refused, [0, 0, 0, 0]);
      assert.ok(during.perSecond >= 0.9 * capacity, `${during.perSecond} answers a second`);
      const [duties = 0, sends = 0, reads = 0, logs = 0] = during.refused.map(
        (count, index) => count / (mix[index]?.[2] ?? 0),
      );
      assert.deepEqual([duties, sends], [0, 0]);
      assert.ok(logs > 2 * reads, "of the logs by far the larger part is refused");
      assert.ok(during.median < 10 * before.median && during.p99 < 8_000, `${during.median} ms, ${during.p99} ms`);
      assert.deepEqual(after.refused, [0, 0, 0, 0]);
      assert.ok(after.perSecond > 0.9 * 1.25 * capacity);
      assert.ok(
        after.median < 1.3 * before.median && after.p99 < 1.5 * before.p99,
        `${after.median} ms, ${after.p99} ms`,
      );
    });
  }
});
