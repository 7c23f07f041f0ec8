import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "../core/outcome.ts";
import { compose } from "../core/policy.ts";
import { type Confirm, confirm } from "./confirm.ts";
import { answering, type Cue, failing, Rehearsal, sampleAnswer, sampleCall } from "./rehearsal.ts";
import { retry } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";

/** An upstream's definitive no. */
const refusing: Cue = { outcome: { ...sampleAnswer("no"), failed: true } };

/** A write, retried, whose doubt is settled by a read, if `known`; it was made if the read is answered with `found`. */
async function rehearse(cues: readonly Cue[], known = true) {
  const stage = new Rehearsal(cues);
  let asked = 0;
  const ask: Confirm = () => {
    asked++;
    if (!known) return undefined;
    const conclude = (told: Outcome) => (String(told.payload) === "found" ? sampleAnswer("hash") : undefined);
    return { call: sampleCall(), conclude };
  };
  const budget = new RetryBudget({ share: 1, hedgeShare: 1, minPerSecond: 10 }, stage.clock);
  const retries = retry({ attempts: 3 }, { clock: stage.clock, random: () => 0.5 }, budget);
  const policy = (next: typeof stage.handler) => compose([confirm(ask), retries], next);
  const call = stage.run(policy, sampleCall({ access: "write" }));
  await stage.clock.advance(5_000);
  const { outcome, context } = call;
  const end = outcome?.ok ? String(outcome.payload) : outcome?.kind;
  return { stage, asked, end, context, reasons: context.attempts.map(({ reason }) => reason) };
}

test("confirm: a write that ended in doubt is looked for, by anybody, before the client is told", async () => {
  const { asked, end, context, reasons } = await rehearse([failing("already_used"), answering("found")]);
  assert.equal(asked, 1);
  assert.equal(end, "hash");
  assert.deepEqual(reasons, ["primary", "confirm"]);
  assert.equal(context.round, 1);
});

test("confirm: doubt that an earlier attempt left counts, though the last was surely not delivered", async () => {
  const lost: Cue[] = [failing("timeout"), ...Array<Cue>(7).fill(failing("unreachable"))];
  const { asked, end, stage } = await rehearse([...lost, answering("found")]);
  assert.equal(asked, 1);
  assert.equal(end, "hash");
  assert.equal(stage.seen.length, 9);
});

test("confirm: answers, and faults that leave no doubt, pass unasked", async () => {
  assert.equal((await rehearse([answering("ok")])).asked, 0);
  assert.equal((await rehearse([refusing])).asked, 0);
  const { asked, end } = await rehearse([failing("unreachable")]);
  assert.deepEqual([asked, end], [0, "unreachable"]);
});

test("confirm: a no after an attempt that broke off is believed when the write is not there, and no guess when nobody can tell", async () => {
  const cases: [string, Cue, string][] = [
    ["it is there", answering("found"), "hash"],
    ["it is not there", answering("null"), "no"],
    ["nobody can tell", failing("unreachable"), "interrupted"],
  ];
  for (const [name, told, expected] of cases) {
    for (const no of [refusing, failing("already_used")]) {
      const { end } = await rehearse([failing("interrupted"), no, told]);
      assert.equal(end, expected === "no" && no !== refusing ? "already_used" : expected, name);
    }
  }
});

test("confirm: nothing is asked for a client that has left", async () => {
  const stage = new Rehearsal([answering("1", 100)]);
  const policy = confirm(() => assert.fail("asked"));
  const call = stage.run(policy, sampleCall({ access: "write" }));
  call.context.cancellation.cancel();
  await stage.clock.advance(0);
  assert.ok(call.outcome?.ok === false);
  assert.equal(call.outcome.kind, "cancelled");
});

test("confirm: where the protocol has no question, or no answer comes, the fault stands", async () => {
  assert.equal((await rehearse([failing("already_used")], false)).end, "already_used");
  assert.equal((await rehearse([failing("already_used"), failing("unreachable")])).end, "already_used");
});
