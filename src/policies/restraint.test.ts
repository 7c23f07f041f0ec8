import assert from "node:assert/strict";
import { test } from "node:test";
import type { Priority } from "../core/call.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { Restraint } from "./restraint.ts";

/** Upstreams under pressure that is set by hand, and calls of each priority, 100 each a second. */
class Stage {
  readonly clock = new ManualClock();
  pressure = 0;
  asked = 0;
  readonly restraint = new Restraint(
    () => {
      this.asked++;
      return this.pressure;
    },
    { clock: this.clock, random: seededRandom(1) },
  );

  /** The shares of calls let in by priority, in the last of so many seconds. */
  async run(seconds: number, priorities: readonly Priority[] = [0, 1, 2, 3]): Promise<number[]> {
    const letIn = [0, 0, 0, 0];
    for (let at = 0; at < seconds * 100; at++) {
      await this.clock.advance(10);
      for (const priority of priorities) {
        if (this.restraint.admits(priority) && at >= (seconds - 1) * 100) letIn[priority]!++;
      }
    }
    return letIn.map((count) => count / 100);
  }
}

test("restraint: at nine tenths of what upstreams bear all are let in", async () => {
  const stage = new Stage();
  stage.pressure = 0.9;
  assert.deepEqual(await stage.run(60), [1, 1, 1, 1]);
});

test("restraint: above that bulk is refused more and more, only then reads, and never transactions or duties", async () => {
  const stage = new Stage();
  await stage.run(5);
  stage.pressure = 1.1;
  const [, , reads, bulk = 0] = await stage.run(2);
  assert.equal(reads, 1);
  assert.ok(bulk > 0.1 && bulk < 0.9, `${bulk}`);
  const later = await stage.run(3);
  assert.equal(later[3], 0);
  assert.ok((later[2] ?? 0) > 0.1 && (later[2] ?? 0) < 0.9, `${later}`);
  const last = await stage.run(30);
  assert.deepEqual([last[0], last[1], last[3]], [1, 1, 0]);
  assert.ok((last[2] ?? 0) > 0, "a few are let in for ever, or nobody would see that it is over");
});

test("restraint: nobody in service is no pressure, and is forgotten when somebody is", async () => {
  const stage = new Stage();
  stage.pressure = Number.NaN;
  assert.deepEqual(await stage.run(5), [1, 1, 1, 1]);
  stage.pressure = 1.1;
  assert.equal((await stage.run(10))[3], 0);
});

test("restraint: where there is no bulk, reads are refused from the start, and where there is only bulk, bulk", async () => {
  for (const [priorities, which] of [
    [[2], 2],
    [[3], 3],
  ] as const) {
    const stage = new Stage();
    stage.pressure = 1.1;
    const share = (await stage.run(2, priorities))[which] ?? 0;
    assert.ok(share > 0.2 && share < 0.9, `${share}`);
  }
});

test("restraint: when there is room again all are let in within seconds, the bulk last", async () => {
  const stage = new Stage();
  stage.pressure = 1.2;
  await stage.run(30);
  stage.pressure = 0;
  const soon = await stage.run(4);
  assert.ok((soon[2] ?? 0) > 0.5 && (soon[3] ?? 0) < 0.1, `${soon}`);
  assert.deepEqual(await stage.run(3), [1, 1, 1, 1]);
});

test("restraint: one moment of pressure in a quiet hour refuses nobody, and pressure is worked out ten times a second", async () => {
  const stage = new Stage();
  await stage.clock.advance(3_600_000);
  stage.pressure = 2;
  assert.equal(stage.restraint.admits(3), true);
  await stage.clock.advance(3_600_000);
  stage.pressure = 0;
  assert.equal(stage.restraint.admits(3), true);
  stage.asked = 0;
  await stage.run(10);
  assert.equal(stage.asked, 100);
});

test("restraint: it is strained while there is more pressure than is aimed at, whether or not calls come", async () => {
  const stage = new Stage();
  const strained = async (pressure: number) => {
    stage.pressure = pressure;
    for (let look = 0; look < 15; look++) {
      await stage.clock.advance(100);
      stage.restraint.isStrained();
    }
    return stage.restraint.isStrained();
  };
  assert.deepEqual([await strained(0.8), await strained(1), await strained(0.8)], [false, true, false]);
});
