import assert from "node:assert/strict";
import { test } from "node:test";
import type { Priority } from "../core/call.ts";
import { seededRandom } from "../lib/random.ts";
import { answering, failing, Rehearsal, sampleCall } from "./rehearsal.ts";
import { Restraint } from "./restraint.ts";
import { Admission, shed } from "./shed.ts";

test("shed: the least important calls are refused first, and are told when to come back", async () => {
  const table: [inFlight: number, admitted: Priority[]][] = [
    [69, [0, 1, 2, 3]],
    [70, [0, 1, 2]],
    [90, [0, 1]],
    [100, [0]],
    [199, [0]],
    [200, []],
  ];
  for (const [inFlight, admitted] of table) {
    for (const priority of [0, 1, 2, 3] as const) {
      const stage = new Rehearsal([answering()]);
      const admission = new Admission(100);
      admission.inFlight = inFlight;
      const call = stage.run(
        shed(admission, () => 0.5, undefined),
        sampleCall({ priority }),
      );
      await stage.clock.advance(0);
      const fault = call.outcome?.ok === false ? call.outcome : undefined;
      assert.equal(fault?.kind, admitted.includes(priority) ? undefined : "overloaded", `${inFlight} ${priority}`);
      if (fault) assert.equal(fault.retryAfterMs, 2_000);
    }
  }
});

test("shed: a call gives its place back when it ends, even by a bug", async () => {
  const stage = new Rehearsal([answering("1", 10)]);
  const admission = new Admission(100);
  stage.run(shed(admission, () => 0, undefined));
  assert.equal(admission.inFlight, 1);
  await stage.clock.advance(10);
  assert.equal(admission.inFlight, 0);
  const bug = shed(admission, () => 0, undefined)(() => Promise.reject(new Error("bug")));
  await assert.rejects(bug(sampleCall(), stage.context()));
  assert.equal(admission.inFlight, 0);
});

test("shed: with full upstreams less is let in, and whoever is refused or found no room is told one second or two", async () => {
  const random = seededRandom(1);
  for (const kind of ["overloaded", "busy"] as const) {
    const stage = new Rehearsal([kind === "busy" ? failing("busy") : answering()]);
    const full = new Restraint(() => (kind === "busy" ? 0 : 5), { clock: stage.clock, random });
    const policy = shed(new Admission(100_000), random, full);
    const told = new Map<number | undefined, number>();
    for (let call = 0; call < 400; call++) {
      const { outcome } = await ended(stage, policy);
      if (outcome?.ok !== false) continue;
      assert.equal(outcome.kind, kind);
      told.set(outcome.retryAfterMs, (told.get(outcome.retryAfterMs) ?? 0) + 1);
    }
    assert.deepEqual([...told.keys()].sort(), [1_000, 2_000]);
    for (const count of told.values()) assert.ok(count > 100, `${count}`);
  }
});

async function ended(stage: Rehearsal, policy: ReturnType<typeof shed>) {
  const call = stage.run(policy);
  await stage.clock.advance(100);
  return call;
}
