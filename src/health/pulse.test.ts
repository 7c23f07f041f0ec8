import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../lib/manual-clock.ts";
import { Pace } from "./pace.ts";
import { Pulse } from "./pulse.ts";

test("pulse: beats every 50 ms while somebody wants it, and leaves no timer behind", async () => {
  const clock = new ManualClock();
  const pulse = new Pulse(clock);
  const beats: number[] = [];
  const beat = (now: number) => beats.push(now) < 3;
  pulse.join(beat);
  pulse.join(beat);
  await clock.advance(1_000);
  assert.deepEqual(beats, [50, 100, 150]);
  assert.equal(clock.nextAt(), undefined);
  pulse.join(beat);
  await clock.advance(1_000);
  assert.equal(beats.at(-1), 1_050);
});

test("pulse: who leaves is not called again", async () => {
  const clock = new ManualClock();
  const pulse = new Pulse(clock);
  let beats = 0;
  const beat = () => ++beats > 0;
  pulse.join(beat);
  await clock.advance(120);
  pulse.leave(beat);
  await clock.advance(1_000);
  assert.equal(beats, 2);
});

test("pulse: after the process stood still two beats say so, for ages then prove nothing", async () => {
  const clock = new ManualClock();
  // A clock that jumps: time passes while no task can run.
  let lost = 0;
  const jumping = {
    now: () => clock.now() + lost,
    epoch: () => clock.epoch(),
    schedule: (ms: number, task: () => void) => clock.schedule(ms, task),
  };
  const pulse = new Pulse(jumping);
  const stalls: boolean[] = [];
  pulse.join((_, stalled) => stalls.push(stalled) < 6);
  await clock.advance(100);
  lost = 400;
  await clock.advance(300);
  assert.deepEqual(stalls, [false, false, true, true, false, false]);
});

test("pace: a thousand upstreams are probed no more than a hundred times a second, a few as often as wished", () => {
  const pace = new Pace();
  pace.count(12, 0);
  assert.equal(pace.pause(1_000, true), 1_000);
  pace.count(988, 1_000);
  assert.equal(pace.upstreams, 2_000);
  assert.equal(pace.pause(1_000, true), 10_000);
  assert.equal(pace.pause(5_000, false), 20_000);
  pace.count(-988, 0);
  assert.equal(pace.pause(1_000, true), 1_000);
});
