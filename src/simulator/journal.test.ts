import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../core/failover.ts";
import type { Upstream } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { Journal } from "./journal.ts";

test("journal: changes and decisions before the run and after its end are left out", async () => {
  const clock = new ManualClock();
  const journal = new Journal(clock, 5_000);
  const happen = () => {
    journal.changed({ id: "a" } as Upstream, { what: "hold", from: "none", to: "brief", because: "" });
    journal.decided({ action: "open" } as Decision);
  };
  for (const ms of [4_000, 2_000, 1_000]) {
    await clock.advance(ms);
    happen();
  }
  journal.close();
  happen();
  const times = (records: readonly { readonly at: number }[]) => records.map(({ at }) => at);
  assert.deepEqual(
    [times(journal.changes), times(journal.decisions)],
    [
      [1_000, 2_000],
      [1_000, 2_000],
    ],
  );
});

test("journal: beyond fifty reasons for bad calls they are no longer told apart", () => {
  const journal = new Journal(new ManualClock(), 0);
  for (let index = 0; index < 60; index++) {
    journal.judged(0, { verdict: "failed", because: `reason ${index}`, wentBack: false });
  }
  assert.equal(journal.reasons.size, 51);
  assert.equal(journal.reasons.get("other"), 10);
});
