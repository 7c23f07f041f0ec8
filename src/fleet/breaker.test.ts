import assert from "node:assert/strict";
import { test } from "node:test";
import CircuitBreaker from "opossum";
import { ManualClock } from "../lib/manual-clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { type Breaker, createBreaker, createRotation } from "./breaker.ts";
import type { BreakerOptions } from "./schema.ts";

const defaults: BreakerOptions = {
  threshold: 50,
  volume: 10,
  window: 10_000,
  hold: 5_000,
  maxHold: 60_000,
};

/** A breaker in virtual time, without jitter unless chance is given, and what it told. */
function setUp(random: Random = () => 0.5, changes: Partial<BreakerOptions> = {}) {
  const clock = new ManualClock();
  const rotation = createRotation(clock, 1_000);
  const told: string[] = [];
  const breaker = createBreaker({ ...defaults, ...changes }, { clock, random, rotation }, (from, to, because) =>
    told.push(`${from} > ${to}: ${because}`),
  );
  const call = (result: "success" | "failure" | "none", times = 1) => {
    for (let index = 0; index < times; index++) {
      breaker.record(result, clock.now());
    }
  };
  return { clock, rotation, breaker, told, call };
}

/** Waits for `count` holds to end, failing each trial, and returns how long they were. */
async function holds(clock: ManualClock, breaker: Breaker, count: number): Promise<number[]> {
  const lengths: number[] = [];
  for (let index = 0; index < count; index++) {
    const from = clock.now();
    while (breaker.state === "open") await clock.advance((clock.nextAt() ?? 0) - clock.now());
    lengths.push(clock.now() - from);
    breaker.record("failure", clock.now());
  }
  return lengths;
}

test("breaker: more failures than the threshold open it, on enough calls, and it says why", () => {
  const { breaker, told, call } = setUp();
  call("success", 9);
  call("failure", 9);
  assert.equal(breaker.state, "closed", "half of the calls is not more than half");
  call("failure");
  assert.equal(breaker.state, "open");
  assert.deepEqual(told, ["closed > open: 10 of 19 calls failed within 10s"]);
});

test("breaker: too few calls never open it, however many fail", () => {
  const { breaker, call } = setUp();
  call("failure", 9);
  assert.equal(breaker.state, "closed");
  call("failure");
  assert.equal(breaker.state, "open");
});

test("breaker: calls that say nothing count neither as volume nor as failures", () => {
  const { breaker, call } = setUp();
  call("none", 1_000);
  call("failure", 9);
  assert.equal(breaker.state, "closed");
});

test("breaker: failures older than the window are forgotten", async () => {
  const { clock, breaker, call } = setUp();
  for (let second = 0; second < 120; second++) {
    call("failure");
    call("success");
    await clock.advance(2_000);
  }
  assert.equal(breaker.state, "closed");
  call("failure", 9);
  assert.equal(breaker.state, "open", "with 5 of 10 in the window, 9 more are 14 of 19");
});

test("breaker: after the hold it is half open, and the success of a trial closes it", async () => {
  const { clock, breaker, told, call } = setUp();
  call("failure", 10);
  await clock.advance(4_999);
  assert.equal(breaker.state, "open");
  await clock.advance(1);
  assert.equal(breaker.state, "half_open");
  breaker.record("success", clock.now());
  assert.equal(breaker.state, "closed");
  assert.deepEqual(told.slice(1), [
    "open > half_open: held for 5s; the next call is a trial",
    "half_open > closed: the trial call was answered",
  ]);
});

test("breaker: a cancelled trial decides nothing and makes room for the next", async () => {
  const { clock, breaker, call } = setUp();
  call("failure", 10);
  await clock.advance(5_000);
  call("none");
  assert.equal(breaker.state, "half_open");
  call("success");
  assert.equal(breaker.state, "closed");
});

test("breaker: calls from before the hold neither decide the trial nor open it again", async () => {
  const { clock, breaker, call } = setUp();
  call("failure", 10);
  await clock.advance(5_000);
  breaker.record("failure", 0);
  breaker.record("success", 0);
  breaker.record("none", 0);
  assert.equal(breaker.state, "half_open");
  breaker.record("success", 5_000);
  await clock.advance(1);
  for (let late = 0; late < 100; late++) breaker.record("failure", 0);
  assert.equal(breaker.state, "closed");
});

test("breaker: what opened it once does not open it again after a good trial", async () => {
  const { clock, breaker, call } = setUp();
  call("failure", 10);
  await clock.advance(5_000);
  call("success");
  call("failure", 9);
  assert.equal(breaker.state, "closed");
  call("failure");
  assert.equal(breaker.state, "open");
});

test("breaker: the hold doubles while trials fail, up to its most", async () => {
  const { clock, breaker, call } = setUp();
  call("failure", 10);
  assert.deepEqual(await holds(clock, breaker, 6), [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test("breaker: opening again soon after closing goes on doubling, after a good while it starts anew", async () => {
  const { clock, breaker, call } = setUp();
  call("failure", 10);
  await clock.advance(5_000);
  call("success");
  await clock.advance(9_000);
  call("failure", 10);
  assert.deepEqual(await holds(clock, breaker, 1), [10_000]);
  while (breaker.state === "open") await clock.advance(1_000);
  call("success");
  await clock.advance(20_001);
  call("failure", 10);
  assert.deepEqual(await holds(clock, breaker, 1), [5_000]);
});

test("breaker: holds are jittered by up to a fifth either way, so that a fleet does not return at once", async () => {
  const random = seededRandom(1);
  const lengths = new Set<number>();
  for (let round = 0; round < 20; round++) {
    const { clock, breaker, call } = setUp(random);
    call("failure", 10);
    const [length] = await holds(clock, breaker, 1);
    assert.ok(length !== undefined && length >= 4_000 && length <= 6_001, String(length));
    lengths.add(length);
  }
  assert.ok(lengths.size > 10);
});

test("breaker: told to close it does so at once, its hold never comes, and the next hold is a first one", async () => {
  const { clock, breaker, told, call } = setUp();
  call("failure", 10);
  await holds(clock, breaker, 2);
  breaker.forceClose();
  breaker.forceClose();
  assert.equal(breaker.state, "closed");
  await clock.advance(3_000);
  assert.equal(told.at(-1), "open > closed: told to close");
  call("failure", 10);
  assert.deepEqual(await holds(clock, breaker, 1), [5_000]);
});

test("breaker: it opens when opossum, fired with the same calls, does, and their counts are the same", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = seededRandom(seed);
    const { clock, rotation, breaker, told } = setUp();
    const fire = async (fails: boolean) => (fails ? Promise.reject(fails) : fails);
    const reference = new CircuitBreaker(fire, {
      errorThresholdPercentage: 50,
      volumeThreshold: 10,
      rollingCountTimeout: 10_000,
      rollingCountBuckets: 10,
      rotateBucketController: rotation.beat,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      timeout: false,
    });
    const share = 0.35 + 0.1 * random();
    let calls = 0;
    for (; calls < 10_000 && !reference.opened; calls++) {
      const fails = random() < share;
      await reference.fire(fails).catch(() => {});
      breaker.record(fails ? "failure" : "success", clock.now());
      assert.equal(breaker.state === "open", reference.opened, `seed ${seed}, call ${calls}`);
      if (!reference.opened && random() < 0.3) await clock.advance(400);
    }
    assert.ok(calls < 10_000, "the sequence opens both in the end");
    const { failures, fires } = reference.stats;
    assert.deepEqual(told, [`closed > open: ${failures} of ${fires} calls failed within 10s`]);
    reference.shutdown();
  }
});

test("breaker: a closed-down breaker leaves no listener on the shared beat and no task on the clock", () => {
  const { clock, rotation, breaker, call } = setUp();
  call("failure", 10);
  assert.equal(rotation.beat.listenerCount("rotate"), 2);
  breaker.close();
  rotation.close();
  assert.equal(rotation.beat.listenerCount("rotate"), 0);
  assert.equal(clock.nextAt(), undefined);
});
