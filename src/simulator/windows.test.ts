import assert from "node:assert/strict";
import { test } from "node:test";
import { eventSchema, type Member } from "./fault-spec.ts";
import { oneUpstream } from "./testing.ts";
import { windowsOf } from "./windows.ts";

const coordinates = oneUpstream.networks[0]?.upstreams[0]?.coordinates as Member["coordinates"];
const members = ["a", "b", "c"].map((id): Member => ({ id, network: "ethereum", coordinates }));

/** Windows of one event in a run of a minute, in seconds. */
function windows(event: object): string[] {
  const timeline = [eventSchema.parse({ at: "10s", fault: "errors", where: { upstream: "a" }, ...event })];
  return windowsOf({ timeline, duration: 60_000 }, members, 1).map(
    ({ from, to, affected, effect }) => `${from / 1_000}-${to / 1_000} ${affected.join(" ")} ${effect}`,
  );
}

test("windows: one for a fault, until it or the run is over", () => {
  assert.deepEqual(windows({ for: "20s" }), ["10-30 a struck"]);
  assert.deepEqual(windows({}), ["10-60 a struck"]);
});

test("windows: one for each time that a fault is on, all of one outage", () => {
  const flapping = { for: "25s", flap: { period: "10s", duty: 0.5 } };
  assert.deepEqual(windows(flapping), ["10-15 a struck", "20-25 a struck", "30-35 a struck"]);
  const timeline = [eventSchema.parse({ at: "10s", fault: "errors", where: {}, ...flapping })];
  const outages = windowsOf({ timeline, duration: 60_000 }, members, 1).map(({ outage }) => outage);
  assert.equal(new Set(outages).size, 1);
});

test("windows: what strikes everybody is nobody's, what only burdens is no reason to blame", () => {
  assert.deepEqual(windows({ where: {} }), ["10-60 a b c everybody"]);
  assert.deepEqual(windows({ fault: "halt", where: {} }), ["10-60 a b c everybody"]);
  assert.deepEqual(windows({ fault: "cold", for: "20s" }), ["10-30 a strained"]);
  assert.deepEqual(windows({ fault: "capacity_cap", capacity: "5/s" }), ["10-60 a strained"]);
});

test("windows: scattered faults are each member's own, and outages of their own", () => {
  const flap = { period: "25s", duty: 0.2, scattered: true };
  const timeline = [eventSchema.parse({ at: "10s", fault: "errors", where: {}, flap })];
  const all = windowsOf({ timeline, duration: 60_000 }, members, 1);
  assert.deepEqual([all.length, new Set(all.map(({ outage }) => outage)).size], [6, 6]);
  assert.ok(
    all.every(({ affected, effect, from, to }) => affected.length === 1 && effect === "struck" && to - from <= 5_000),
  );
});
