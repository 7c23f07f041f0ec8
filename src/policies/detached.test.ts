import assert from "node:assert/strict";
import { test } from "node:test";
import { broadcast } from "./broadcast.ts";
import { Ensemble, publish } from "./legs-rehearsal.ts";
import { producer } from "./producer.ts";
import { answering, failing } from "./rehearsal.ts";

/** When a wait for the legs of a publish ends that began when its client had its answer. */
async function stopping(stage: Ensemble, mostMs: number): Promise<number> {
  let at = Number.NaN;
  stage.detached.idle(mostMs).then(
    () => {
      at = stage.clock.now();
    },
    () => assert.fail(),
  );
  await stage.clock.advance(20_000);
  return at;
}

test("detached: the end of the process waits for what was published, until its last leg, and no longer than it may", async () => {
  const table: [slowMs: number, mostMs: number, at: number][] = [
    [900, 30_000, 900],
    [60_000, 30_000, 6_000],
    [900, 500, 600],
  ];
  for (const [slowMs, mostMs, at] of table) {
    const stage = new Ensemble({ a: answering("a", 50), b: answering("b", slowMs) });
    stage.run(broadcast(stage.parts, stage.clock), publish());
    await stage.clock.advance(100);
    assert.equal(stage.detached.underWay, 1);
    assert.equal(await stopping(stage, mostMs), at);
    assert.equal(stage.clock.nextAt(), undefined, "no timer is left");
    assert.equal(stage.detached.underWay, 0);
  }
});

test("detached: with nothing under way there is nothing to wait for", async () => {
  const stage = new Ensemble({ a: answering("a", 50) });
  assert.equal(await stopping(stage, 12_000), 0);
  stage.run(broadcast(stage.parts, stage.clock), publish());
  assert.equal(await stopping(stage, 12_000), 20_050);
});

test("detached: a publish that goes from node to node is waited for to its end", async () => {
  const stage = new Ensemble({ a: failing("unreachable", 50), b: failing("interrupted", 50), c: answering("c", 50) });
  stage.run(producer(stage.parts, stage.clock), publish("producer"));
  assert.equal(await stopping(stage, 12_000), 150);
});
