import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { sampleAnswer, sampleCall } from "../policies/rehearsal.ts";
import { Gradient } from "./gradient.ts";
import { createLimits } from "./limits.ts";

const { traits } = sampleCall();
const answer = sampleAnswer("1");

/** What a second looked like: calls that were let in and answered in it, those refused, and the mean latency. */
interface Second {
  answered: number;
  refused: number;
  ms: number;
}

/**
 * An upstream as queueing theory has it, M/M/c: calls arrive at random, wait for one of `servers`, are served for a time
 * with exponential distribution (or a lognormal one, if it has a `sigma`), and are on the way for `wayMs` besides. Its
 * limits are the real ones.
 */
class Node {
  readonly clock = new ManualClock();
  readonly limits = createLimits({ concurrency: 128 }, this.clock);
  readonly seconds: Second[] = [];
  servers: number;
  serviceMs: number;
  wayMs = 4;
  sigma = 0;
  /** Calls per second that arrive. */
  rate = 0;
  inFlight = 0;
  readonly #random;
  readonly #queue: (() => void)[] = [];
  #busy = 0;

  constructor(servers: number, serviceMs: number, seed: number) {
    this.servers = servers;
    this.serviceMs = serviceMs;
    this.#random = seededRandom(seed);
  }

  /** Lets calls arrive at `rate` for so many seconds. */
  async run(rate: number, seconds: number): Promise<void> {
    const idle = this.rate === 0;
    this.rate = rate;
    if (idle) this.#arrive();
    await this.clock.advance(seconds * 1_000);
  }

  /** The mean latency of what was answered from one second to another. */
  mean(from: number, to: number): number {
    const span = this.seconds.slice(from, to);
    return sum(span, ({ ms }) => ms) / sum(span, ({ answered }) => answered);
  }

  #second(): Second {
    const index = Math.floor(this.clock.now() / 1_000);
    this.seconds[index] ??= { answered: 0, refused: 0, ms: 0 };
    return this.seconds[index];
  }

  #drawn(meanMs: number): number {
    return -meanMs * Math.log(1 - this.#random());
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }

  #arrive(): void {
    this.clock.schedule(this.#drawn(1_000 / this.rate), () => this.#arrive());
    if (!this.limits.hasRoom(this.inFlight, traits)) {
      this.#second().refused++;
      return;
    }
    const taken = this.limits.take(traits);
    const sentAt = this.clock.now();
    this.inFlight++;
    this.clock.schedule(this.wayMs, () => {
      this.#queue.push(() => {
        const now = this.clock.now();
        this.limits.heard(taken, answer, sentAt, now, this.inFlight);
        taken.inFlight--;
        this.inFlight--;
        const second = this.#second();
        second.answered++;
        second.ms += now - sentAt;
      });
      this.#serve();
    });
  }

  #serve(): void {
    while (this.#busy < this.servers) {
      const done = this.#queue.shift();
      if (!done) return;
      this.#busy++;
      const ms = this.sigma > 0 ? this.serviceMs * Math.exp(this.sigma * this.#normal()) : this.#drawn(this.serviceMs);
      this.clock.schedule(ms, () => {
        this.#busy--;
        done();
        this.#serve();
      });
    }
  }
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}

describe("gradient: an upstream that does 100 calls a second", () => {
  for (const seed of [1, 2, 3]) {
    test(`keeps its latency within three times the usual at 300 a second, refuses the rest, and is itself after that (seed ${seed})`, async () => {
      const node = new Node(4, 40, seed);
      await node.run(50, 20);
      await node.run(300, 30);
      await node.run(50, 20);
      const usual = node.mean(5, 20);
      assert.ok(node.mean(20, 21) < 5 * usual, "while it finds out");
      for (let from = 21; from < 50; from += 3) assert.ok(node.mean(from, from + 3) < 3 * usual, `from second ${from}`);
      assert.ok(node.mean(21, 50) < 2.5 * usual);
      const rush = node.seconds.slice(21, 50);
      assert.ok(sum(rush, ({ answered }) => answered) > 0.93 * 100 * rush.length, "it is kept busy");
      assert.equal(
        sum(node.seconds.slice(0, 20), ({ refused }) => refused),
        0,
      );
      assert.equal(
        sum(node.seconds.slice(52), ({ refused }) => refused),
        0,
      );
      assert.ok(node.mean(52, 70) < 1.3 * usual);
    });
  }

  test("is given more within seconds when it does more", async () => {
    const node = new Node(4, 40, 4);
    await node.run(50, 10);
    await node.run(300, 20);
    assert.ok(node.limits.bearable < 20);
    node.servers = 16;
    await node.run(300, 10);
    assert.ok(sum(node.seconds.slice(33), ({ refused }) => refused) < 0.01 * 300 * 7);
    assert.ok(node.mean(33, 40) < 2 * node.mean(5, 10));
  });

  test("is given no more for being overloaded for ten minutes", async () => {
    const node = new Node(4, 40, 5);
    await node.run(50, 20);
    await node.run(300, 600);
    assert.ok(node.mean(560, 620) < 3 * node.mean(5, 20));
    assert.ok(sum(node.seconds.slice(560, 620), ({ answered }) => answered) > 0.93 * 100 * 60);
  });
});

test("gradient: an upstream that is overloaded from the start is looked at with few calls, and gets fewer then", async () => {
  const node = new Node(4, 40, 9);
  await node.run(300, 30);
  assert.ok(node.mean(20, 30) < 0.5 * node.mean(2, 6), "what was usual at first is not believed for long");
});

test("gradient: an upstream that is far, or whose answers vary fiftyfold, is given all that it needs", async () => {
  const far = new Node(1_000, 20, 6);
  far.wayMs = 100;
  const varied = new Node(1_000, 150, 7);
  const wild = [8, 9, 10].map((seed) => Object.assign(new Node(1_000, 25, seed), { sigma: 1.68 }));
  for (const node of [far, varied, ...wild]) {
    await node.run(200, 5);
    await node.run(600, 20);
    assert.ok(sum(node.seconds.slice(0, 3), ({ refused }) => refused) < 60, "hardly held up at first");
    assert.equal(
      sum(node.seconds.slice(3, 5), ({ refused }) => refused),
      0,
    );
    assert.ok(sum(node.seconds.slice(8), ({ refused }) => refused) < 0.01 * 600 * 17);
  }
});

test("gradient: an upstream that has become slower for good is given as many calls as before within two minutes", async () => {
  const node = new Node(1_000, 40, 8);
  await node.run(400, 20);
  node.serviceMs = 200;
  await node.run(400, 130);
  assert.ok(sum(node.seconds.slice(22, 30), ({ refused }) => refused) > 0, "it looks overloaded at first");
  assert.ok(sum(node.seconds.slice(140, 150), ({ refused }) => refused) < 0.02 * 400 * 10);
});

/** A gradient that knows an upstream of 40 ms, with so many calls under way. */
function acquainted(inFlight: number): Gradient {
  const gradient = new Gradient(128);
  for (let now = 0; now < 400; now++) gradient.answered(40, now * 10);
  gradient.inFlight = inFlight;
  return gradient;
}

test("gradient: one answer of a minute among ten shrinks nothing, ten that take three times the usual do", () => {
  const table: [string, readonly number[], boolean][] = [
    ["an outlier", [60_000, ...Array<number>(9).fill(40)], false],
    ["many slow ones", Array<number>(10).fill(120), true],
  ];
  for (const [name, latencies, shrinks] of table) {
    const gradient = acquainted(20);
    let now = 10_000;
    for (const ms of latencies) gradient.answered(ms, now++);
    assert.equal(gradient.limit < 20, shrinks, name);
  }
});

test("gradient: nothing changes while less than half is in use, and who answers within 30 ms is never slow", () => {
  const idle = acquainted(9);
  for (let now = 5_000; now < 6_000; now++) idle.answered(400, now);
  assert.equal(idle.limit, 20);
  const quick = new Gradient(128);
  for (let now = 0; now < 400; now++) quick.answered(1, now * 10);
  quick.inFlight = 20;
  for (let now = 5_000; now < 5_500; now++) quick.answered(29, now);
  assert.ok(quick.limit > 20);
});

test("gradient: refusals shrink it once for all that was under way, never below four, or below what was declared", () => {
  const gradient = new Gradient(128);
  for (let call = 0; call < 20; call++) gradient.refused(0, 50 + call);
  assert.equal(gradient.limit, 14);
  for (let round = 1; round < 20; round++) gradient.refused(round * 100, round * 100 + 50);
  assert.equal(gradient.limit, 4);
  assert.equal(gradient.binding, true);
  const small = new Gradient(2);
  small.refused(0, 1);
  assert.equal(small.limit, 2);
});

test("gradient: at first as many calls go as are some eighty balance reads of work, twenty at most and four at least", () => {
  const starts = [0.5, 1, 4, 10, 20, 1_000].map((cost) => new Gradient(128, cost).limit);
  assert.deepEqual(starts, [20, 20, 20, 8, 4, 4]);
  assert.equal(new Gradient(2, 20).limit, 2);
});

test("gradient: what was found out is forgotten when there were few calls for long", () => {
  const gradient = acquainted(20);
  for (let round = 1; round < 10; round++) gradient.refused(10_000 + round * 100, 10_050 + round * 100);
  assert.equal(gradient.binding, true);
  gradient.inFlight = 1;
  for (let now = 20_000; now < 120_000; now += 100) gradient.answered(40, now);
  assert.equal(gradient.binding, true);
  for (let now = 120_000; now < 900_000; now += 100) gradient.answered(40, now);
  assert.equal(gradient.binding, false);
  assert.equal(gradient.limit, 4, "only use lets the limit grow");
});
