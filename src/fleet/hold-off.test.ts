import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import { type Answer, type FaultKind, fault, faultKinds, ruleOf } from "../core/outcome.ts";
import { type HoldReason, unknownStatus } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { createHoldOff } from "./hold-off.ts";

const answer: Answer = {
  ok: true,
  status: 200,
  failed: false,
  payload: new Uint8Array(),
  rest: undefined,
  height: undefined,
};

/** A hold-off in virtual time, without jitter unless chance is given; calls take a millisecond. */
function setUp(random: Random = () => 0.5) {
  const clock = new ManualClock();
  const status = unknownStatus();
  const told: string[] = [];
  const holdOff = createHoldOff(status, { clock, random }, (from, to, because) =>
    told.push(`${from} > ${to}: ${because}`),
  );
  /** Sends a call and hears a fault a millisecond later; gives how long the upstream is then held off. */
  const fail = async (kind: FaultKind, retryAfterMs?: number, method = "eth_call") => {
    const sentAt = clock.now();
    await clock.advance(1);
    holdOff.heard({ method } as Call, fault(kind, "x", undefined, retryAfterMs), sentAt);
    return held();
  };
  const succeed = async () => {
    const sentAt = clock.now();
    await clock.advance(1);
    holdOff.heard({ method: "eth_call" } as Call, answer, sentAt);
    return held();
  };
  const held = () => Math.max(0, status.heldUntil - clock.now());
  /** Fails again and again, each time as soon as the hold is over. */
  const failRepeatedly = async (kind: FaultKind, times: number) => {
    const holds: number[] = [];
    for (let index = 0; index < times; index++) {
      holds.push(await fail(kind));
      await clock.advance(held());
    }
    return holds;
  };
  return { clock, status, told, holdOff, fail, succeed, held, failRepeatedly };
}

const s = 1_000;
const m = 60 * s;

test("hold-off: each reason holds by its own steps while it repeats", async () => {
  const table: [FaultKind, HoldReason, number[]][] = [
    ["unreachable", "unreachable", [1 * s, 2 * s, 4 * s, 8 * s, 15 * s, 15 * s]],
    ["unavailable", "unavailable", [1 * s, 2 * s, 4 * s, 8 * s, 15 * s, 15 * s]],
    ["rate_limited", "throttled", [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * s)],
    ["quota_exhausted", "billing", [10 * m, 20 * m, 40 * m, 60 * m, 60 * m]],
    ["unauthorized", "unauthorized", [m, 2 * m]],
    ["wrong_chain", "wrong_chain", [60 * m, 60 * m]],
  ];
  const holding = faultKinds.filter((kind) => !["none", "method"].includes(ruleOf(kind).hold));
  assert.deepEqual(table.map(([kind]) => kind).sort(), holding.sort(), "the table has every kind that holds");
  for (const [kind, reason, holds] of table) {
    const { status, failRepeatedly } = setUp();
    assert.deepEqual(await failRepeatedly(kind, holds.length), holds, kind);
    assert.equal(status.heldBecause, reason);
  }
});

test("hold-off: faults whose rule holds nothing, hold nothing", async () => {
  for (const kind of faultKinds.filter((kind) => ruleOf(kind).hold === "none")) {
    const { told, fail } = setUp();
    assert.equal(await fail(kind, 30 * s), 0, kind);
    assert.deepEqual(told, [], kind);
  }
});

test("hold-off: a Retry-After of 30 s keeps the upstream out for 30 s, whatever answers come meanwhile", async () => {
  const { clock, fail, succeed } = setUp();
  assert.equal(await fail("rate_limited", 30 * s), 30 * s);
  await clock.advance(29 * s);
  assert.equal(await succeed(), 1 * s - 1);
  await clock.advance(1 * s);
  assert.equal(await succeed(), 0);
});

test("hold-off: who asked for an hour may be tried after 5 s, the oftener the more it answers, the seldomer the more it refuses", async () => {
  const { clock, status, fail, succeed, held } = setUp();
  assert.equal(status.triableAt, Number.POSITIVE_INFINITY);
  await fail("rate_limited", 60 * m);
  const pause = () => status.triableAt - clock.now();
  assert.equal(pause(), 5 * s);
  /** Tries as soon as that is allowed; gives the pauses from then on. */
  const tries = async (times: number, end: () => Promise<unknown>) => {
    const pauses: number[] = [];
    for (let index = 0; index < times; index++) {
      await clock.advance(pause());
      await end();
      pauses.push(pause());
    }
    return pauses;
  };
  assert.deepEqual(await tries(5, () => fail("rate_limited", 60 * m)), [10 * s, 20 * s, 40 * s, 60 * s, 60 * s]);
  assert.deepEqual(await tries(2, () => fail("timeout")), [60 * s, 60 * s]);
  assert.deepEqual((await tries(12, succeed)).slice(-3), [58.59375, 50, 50]);
  assert.ok(held() > 0, "and it is held for as long as it asked");
  // Answers to calls from before say nothing of that.
  await succeed();
  assert.equal(pause(), 49);
});

test("hold-off: only throttling may be tried through, and an answer after its end begins anew", async () => {
  const { clock, status, fail, succeed } = setUp();
  await fail("rate_limited", 10 * s);
  await clock.advance(10 * s);
  await succeed();
  assert.equal(status.triableAt, Number.POSITIVE_INFINITY);
  await fail("rate_limited", 10 * s);
  assert.equal(status.triableAt - clock.now(), 5 * s);
  await fail("quota_exhausted");
  assert.equal(status.triableAt, Number.POSITIVE_INFINITY);
});

test("hold-off: jitter never goes below what Retry-After asks for, nor beyond a fifth of it", async () => {
  const random = seededRandom(1);
  const holds = new Set<number>();
  for (let round = 0; round < 50; round++) {
    const hold = await setUp(random).fail("rate_limited", 30 * s);
    assert.ok(hold >= 30 * s && hold <= 36 * s, String(hold));
    holds.add(hold);
  }
  assert.ok(holds.size > 10);
});

test("hold-off: no one can ask for more than an hour, or 15 s where the pause is meant to be brief", async () => {
  assert.equal(await setUp().fail("rate_limited", 24 * 60 * m), 60 * m);
  assert.equal(await setUp().fail("unavailable", 24 * 60 * m), 15 * s);
});

test("hold-off: a burst of 429s is one step, and the longest Retry-After in it counts", async () => {
  const { clock, told, fail, holdOff, held } = setUp();
  const late = fault("rate_limited", "x");
  assert.equal(await fail("rate_limited"), 1 * s);
  for (let call = 0; call < 100; call++) holdOff.heard({} as Call, late, 0);
  assert.equal(held(), 1 * s);
  holdOff.heard({} as Call, fault("rate_limited", "x", undefined, 3 * s), 0);
  assert.equal(held(), 3 * s);
  await clock.advance(10 * s);
  holdOff.heard({} as Call, late, 0);
  assert.equal(held(), 0, "sent before the hold began, so it is the same step");
  assert.equal(await fail("rate_limited"), 2 * s);
  assert.equal(told.length, 2);
});

test("hold-off: an answer ends throttling, and the next hold is a first one", async () => {
  const { clock, told, failRepeatedly, fail, succeed } = setUp();
  await failRepeatedly("rate_limited", 3);
  assert.equal(await fail("rate_limited"), 8 * s);
  await clock.advance(1);
  assert.equal(await succeed(), 0);
  assert.equal(await fail("rate_limited"), 1 * s);
  assert.deepEqual(told.slice(-3), [
    "throttled > throttled: held for 8s: x",
    "throttled > none: it answers again",
    "none > throttled: held for 1s: x",
  ]);
});

test("hold-off: a straggler of a burst that comes after an answer holds nothing any more", async () => {
  const { clock, told, fail, succeed, holdOff, held } = setUp();
  await fail("rate_limited");
  await clock.advance(1 * s);
  await succeed();
  holdOff.heard({} as Call, fault("rate_limited", "x"), 0);
  assert.equal(held(), 0);
  assert.equal(told.length, 2);
  assert.equal(await fail("rate_limited"), 1 * s);
});

test("hold-off: an answer to a call from before the hold does not end it", async () => {
  const { fail, holdOff, held } = setUp();
  await fail("rate_limited");
  holdOff.heard({} as Call, answer, 0);
  assert.equal(held(), 1 * s);
});

test("hold-off: an answer does not end a used-up account before its time, but proves it good after", async () => {
  const { clock, fail, succeed } = setUp();
  await fail("quota_exhausted");
  assert.equal(await succeed(), 10 * m - 1);
  await clock.advance(10 * m);
  assert.equal(await succeed(), 0);
  assert.equal(await fail("quota_exhausted"), 10 * m);
});

test("hold-off: a shorter hold never shortens a longer one, a longer one takes over", async () => {
  const { status, told, fail } = setUp();
  assert.equal(await fail("unreachable"), 1 * s);
  assert.equal(await fail("quota_exhausted"), 10 * m);
  assert.equal(await fail("rate_limited"), 10 * m - 1);
  assert.equal(status.heldBecause, "billing");
  assert.deepEqual(told, ["none > unreachable: held for 1s: x", "unreachable > billing: held for 10m: x"]);
});

test("hold-off: a method that the upstream lacks is not asked of it for five minutes; others are", async () => {
  const { clock, holdOff, fail } = setUp();
  assert.equal(await fail("unsupported", undefined, "trace_block"), 0);
  assert.equal(holdOff.lacks("trace_block"), true);
  assert.equal(holdOff.lacks("eth_call"), false);
  await clock.advance(5 * m);
  assert.equal(holdOff.lacks("trace_block"), false);
});

test("hold-off: of a flood of unknown methods the newest 256 are remembered, and none of absurd length", async () => {
  const { holdOff, fail } = setUp();
  for (let index = 0; index < 300; index++) await fail("unsupported", undefined, `method_${index}`);
  const known = Array.from({ length: 300 }, (_, index) => holdOff.lacks(`method_${index}`));
  assert.deepEqual(known.indexOf(true), 44);
  assert.equal(known.filter(Boolean).length, 256);
  const long = "x".repeat(1_000);
  await fail("unsupported", undefined, long);
  assert.equal(holdOff.lacks(long), false);
});

test("hold-off: told to clear, it ends holds and bans and forgets what came before", async () => {
  const { told, holdOff, held, fail, failRepeatedly } = setUp();
  await failRepeatedly("rate_limited", 5);
  await fail("unauthorized");
  await fail("unsupported", undefined, "trace_block");
  holdOff.clear();
  holdOff.clear();
  assert.equal(held(), 0);
  assert.equal(holdOff.lacks("trace_block"), false);
  assert.equal(told.filter((line) => line.endsWith("told to clear")).length, 1);
  assert.equal(await fail("rate_limited"), 1 * s);
});
