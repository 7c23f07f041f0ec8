import assert from "node:assert/strict";
import { test } from "node:test";
import type { Order } from "../core/failover.ts";
import type { Upstream } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { Orders } from "./orders.ts";

const one = { id: "one" } as Upstream;
const two = { id: "two" } as Upstream;
const drain = { target: "region:r", what: "drain", share: 0, by: "ops", forMs: 1_000 } as const;

function orders() {
  const clock = new ManualClock();
  const ended: Order[] = [];
  return { clock, ended, orders: new Orders(clock, (order) => ended.push(order)) };
}

test("orders: a drain holds for its members alone and ends by itself", async () => {
  const { clock, ended, orders: placed } = orders();
  placed.place(drain, [one]);
  assert.deepEqual(placed.effect(one), { drained: "drained with region:r by ops", forced: false, share: 1 });
  assert.deepEqual(placed.effect(two), { drained: undefined, forced: false, share: 1 });
  await clock.advance(1_000);
  assert.equal(placed.effect(one).drained, undefined);
  assert.deepEqual([placed.list().length, ended[0]?.target], [0, "region:r"]);
});

test("orders: a second order for a target replaces the first and its end, and the least share of several counts", async () => {
  const { clock, ended, orders: placed } = orders();
  placed.place(drain, [one]);
  placed.place({ ...drain, share: 0.5, forMs: 5_000 }, [one]);
  placed.place({ ...drain, target: "upstream:one", share: 0.2, forMs: 5_000 }, [one]);
  await clock.advance(2_000);
  assert.deepEqual(placed.effect(one), { drained: undefined, forced: false, share: 0.2 });
  assert.equal(placed.lift("upstream:one")?.order.share, 0.2);
  assert.equal(placed.lift("upstream:one"), undefined);
  assert.deepEqual([placed.effect(one).share, placed.list().length, ended.length], [0.5, 1, 0]);
});

test("orders: what cannot be meant is refused with a reason and changes nothing", () => {
  const { orders: placed } = orders();
  for (const wrong of [{ forMs: 0 }, { forMs: Number.NaN }, { forMs: 1e12 }, { share: 1.1 }, { share: Number.NaN }]) {
    assert.ok("problem" in placed.place({ ...drain, ...wrong }, [one]), JSON.stringify(wrong));
  }
  for (let index = 0; index < 100; index++) placed.place({ ...drain, target: `upstream:${index}` }, [one]);
  const more = placed.place({ ...drain, target: "upstream:more" }, [one]);
  assert.match("problem" in more ? more.problem : "", /100 orders/);
  placed.stop();
  assert.equal(placed.list().length, 0);
});

test("orders: a forced upstream is in service by order", () => {
  const { orders: placed } = orders();
  placed.place({ ...drain, what: "force", share: 1 }, [one]);
  assert.equal(placed.effect(one).forced, true);
  placed.stop();
});
