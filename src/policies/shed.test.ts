import assert from "node:assert/strict";
import { test } from "node:test";
import type { Priority } from "../core/call.ts";
import { answering, Rehearsal, sampleCall } from "./rehearsal.ts";
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
        shed(admission, () => 0.5),
        sampleCall({ priority }),
      );
      await stage.clock.advance(0);
      const fault = call.outcome?.ok === false ? call.outcome : undefined;
      assert.equal(fault?.kind, admitted.includes(priority) ? undefined : "overloaded", `${inFlight} ${priority}`);
      if (fault) assert.equal(fault.retryAfterMs, 1_500);
    }
  }
});

test("shed: a call gives its place back when it ends, even by a bug", async () => {
  const stage = new Rehearsal([answering("1", 10)]);
  const admission = new Admission(100);
  stage.run(shed(admission, () => 0));
  assert.equal(admission.inFlight, 1);
  await stage.clock.advance(10);
  assert.equal(admission.inFlight, 0);
  const bug = shed(admission, () => 0)(() => Promise.reject(new Error("bug")));
  await assert.rejects(bug(sampleCall(), stage.context()));
  assert.equal(admission.inFlight, 0);
});
