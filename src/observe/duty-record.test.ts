import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import { type Attempt, CallContext } from "../core/context.ts";
import { type FaultKind, fault, type Outcome } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createDutyRecorder } from "./duty-record.ts";
import { dutyCall, sampleAnswer, sampleAttempt, sampleCall, sampleUpstream } from "./sample-fleet.ts";

/** Slots of twelve seconds from 1970 on; attestations due after four, aggregates after eight. */
const slots = {
  slotMs: 12_000,
  slotAt: (wall: number) => Math.floor(wall / 12_000),
  startOf: (slot: number) => slot * 12_000,
  momentOf: (slot: number, moment: string) =>
    slot * 12_000 + ({ attestation: 4_000, aggregate: 8_000 }[moment] ?? 12_000),
};

function setUp(known = true) {
  const clock = new ManualClock(1_200_000);
  const recorder = createDutyRecorder(clock, () => (known ? slots : undefined));
  const record = () => recorder.of("ethereum");
  /** A call that is answered so many milliseconds after the start of slot 100, and took `elapsedMs`. */
  const answered = async (call: Call, at: number, elapsedMs: number, outcome: Outcome = sampleAnswer) => {
    await clock.advance(at - (clock.epoch() - 1_200_000));
    recorder.answered(call, outcome, new CallContext(new Cancellation(), 0), elapsedMs);
  };
  const counts = (duty: Parameters<typeof dutyCall>[0]) => {
    const found = record().byDuty.get(duty as "attest");
    assert.ok(found);
    return found;
  };
  return { clock, recorder, record, answered, counts };
}

const at = (slot: number | undefined, call: Call): Call => ({ ...call, slot });

test("duties: an answer counts by how much of the slot that it is about was over", async () => {
  const { answered, counts } = setUp();
  await answered(at(100, dutyCall("attest")), 4_200, 200);
  await answered(at(undefined, dutyCall("attest")), 6_000, 300);
  await answered(at(101, dutyCall("attest")), 11_900, 100);
  const { bounds, counts: shares, sum } = counts("attest").slotShares;
  const filled = bounds.flatMap((bound, index) => (shares[index] ? [[bound, shares[index]]] : []));
  assert.deepEqual(filled, [
    [0.025, 1],
    [0.35, 1],
    [0.5, 1],
  ]);
  assert.ok(Math.abs(sum - 0.85) < 1e-9, "asked before its slot began, it is answered at its start");
});

test("duties: a block after the next slot began counts for its own, and a slot of long ago for nothing", async () => {
  const { answered, counts } = setUp();
  await answered(at(100, dutyCall("propose")), 14_400, 12_000);
  await answered(at(7, dutyCall("propose")), 14_400, 0);
  const { sum } = counts("propose").slotShares;
  assert.ok(Math.abs(sum - (1.2 + 0.2)) < 1e-9, `${sum}`);
});

const lateTable: [what: string, call: Call, at: number, tookMs: number, late: number][] = [
  ["attestation data within its time is in time", at(100, dutyCall("attest")), 4_400, 400, 0],
  ["attestation data for which four seconds went by is late", at(100, dutyCall("attest")), 6_000, 4_100, 1],
  ["attestation data when aggregates are due is late", at(100, dutyCall("attest")), 8_001, 3_900, 1],
  ["who asks for it when aggregates are due is late itself", at(100, dutyCall("attest")), 9_000, 500, 0],
  ["a block when it should be attested to is late", at(100, dutyCall("propose", { hard: 0.5 })), 4_001, 4_001, 1],
  ["a block before that is in time", at(100, dutyCall("propose", { hard: 0.5 })), 3_900, 3_900, 0],
  ["an aggregate in the next slot is late", at(100, dutyCall("aggregate")), 12_100, 3_000, 1],
  ["a publish after more than a slot is late", dutyCall("publish", { hard: 1 }), 13_000, 12_001, 1],
];

for (const [what, call, when, tookMs, late] of lateTable) {
  test(`duties: ${what}`, async () => {
    const { answered, counts } = setUp();
    await answered(call, when, tookMs);
    const duty = call.traits.duty?.duty ?? "read";
    assert.equal(counts(duty).late, late);
    assert.equal(counts(duty).unanswered, 0);
  });
}

test("duties: what is not answered is missed, unless its client left or sent what is wrong", async () => {
  const { answered, counts } = setUp();
  const kinds: FaultKind[] = ["deadline", "no_quorum", "no_upstream", "cancelled", "would_slash", "doubtful_request"];
  for (const kind of kinds) await answered(dutyCall("attest"), 100, 50, fault(kind, ""));
  const { unanswered, noQuorum, late, slotShares } = counts("attest");
  assert.deepEqual([unanswered, noQuorum, late], [3, 1, 0]);
  assert.equal(
    slotShares.counts.reduce((a, b) => a + b),
    0,
  );
});

test("duties: reads that nobody signs are none, and before slots are known no time is counted", async () => {
  const { answered, record, counts } = setUp(false);
  await answered(sampleCall, 100, 50);
  await answered(dutyCall("read"), 100, 50);
  await answered(dutyCall("attest"), 100, 50);
  assert.ok(!record().byDuty.has("read" as "attest"));
  assert.equal(counts("attest").slotShares.sum, 0);
});

function client(id: string, name: string | undefined): Upstream {
  const upstream = sampleUpstream(id, { provider: "aws" });
  return { ...upstream, coordinates: { ...upstream.coordinates, client: name } };
}

const wrong = fault("doubtful_request", "HTTP 400");

test("duties: who refuses what another took is told by its consensus client, also when it says so later", async () => {
  const { recorder, record } = setUp();
  const [teku, lighthouse, prysm] = [
    client("t", "teku+besu"),
    client("l", "lighthouse"),
    client("p", "prysm"),
  ] as const;
  const call = dutyCall("publish");
  const early = sampleAttempt(teku, wrong);
  const taken = sampleAttempt(lighthouse, sampleAnswer);
  const waiting = sampleAttempt(prysm, sampleAnswer);
  const slow = sampleAttempt(teku, sampleAnswer);
  for (const one of [waiting, slow]) one.outcome = undefined;
  const ends = (attempt: Attempt, outcome: Outcome) => {
    attempt.outcome = outcome;
    recorder.attempted(call, attempt);
  };
  ends(early, wrong);
  ends(taken, sampleAnswer);
  recorder.answered(call, sampleAnswer, new CallContext(new Cancellation(), 0, [early, taken, waiting, slow]), 30);
  assert.deepEqual([...record().divergences], [["teku", 1]]);
  ends(waiting, { ...sampleAnswer, failed: true });
  ends(slow, fault("timeout", "no answer"));
  assert.deepEqual(
    [...record().divergences],
    [
      ["teku", 1],
      ["prysm", 1],
    ],
  );
});

test("duties: what everybody refuses is nobody's divergence", () => {
  const { recorder, record } = setUp();
  const attempts = [client("t", "teku"), client("l", "lighthouse")].map((one) => sampleAttempt(one, wrong));
  const call = dutyCall("publish");
  for (const attempt of attempts) recorder.attempted(call, attempt);
  recorder.answered(call, wrong, new CallContext(new Cancellation(), 0, attempts), 30);
  assert.deepEqual([...record().divergences], []);
});

test("duties: nodes that invent names for their software do not fill the memory", () => {
  const { recorder, record } = setUp();
  for (let index = 0; index < 100; index++) {
    const attempts = [
      sampleAttempt(client("x", `name-${index}`), wrong),
      sampleAttempt(client("l", undefined), sampleAnswer),
    ];
    recorder.answered(dutyCall("publish"), sampleAnswer, new CallContext(new Cancellation(), 0, attempts), 30);
  }
  assert.equal(record().divergences.size, 33);
  assert.equal(record().divergences.get(""), 68);
});
