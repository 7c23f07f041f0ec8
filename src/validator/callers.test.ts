import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Caller } from "../core/call.ts";
import { createCallerWatch } from "./callers.ts";

const lighthouse = { address: "10.0.0.7", agent: "Lighthouse/v7" };
const lodestar = { address: "192.0.2.9", agent: "" };

function watched() {
  const alarms: string[] = [];
  let now: number | undefined;
  const watch = createCallerWatch(
    ({ what, because }) => alarms.push(`${what}: ${because}`),
    () => now,
  );
  const heard = (caller: Caller | undefined, validators: readonly number[], epoch: number | undefined) => {
    now = epoch;
    watch(
      caller,
      validators.map((validator) => ({ validator })),
    );
  };
  return { heard, alarms };
}

test("callers: two clients that both go on with the same validators are named, without their addresses", () => {
  const { heard, alarms } = watched();
  const validators = Array.from({ length: 12 }, (_, index) => index);
  heard(lighthouse, validators, 7);
  heard(lodestar, validators, 7);
  assert.deepEqual(alarms, [], "the second may have taken the place of the first");
  heard(lighthouse, validators, 8);
  heard(lodestar, validators, 8);
  const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);
  const who = `a program without a name at ${digest("192.0.2.9")} and Lighthouse/v7 at ${digest("10.0.0.7")}`;
  assert.deepEqual(alarms, [
    `two_clients: two clients act for validators 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more: ${who}`,
  ]);
  heard(lighthouse, validators, 9);
  assert.equal(alarms.length, 2, "and once an epoch for as long as it lasts");
});

test("callers: a client that moved, one that nobody knows and one with validators of its own ring no bell", () => {
  const { heard, alarms } = watched();
  heard(lighthouse, [1, 2], 7);
  heard(lodestar, [1, 2], 7);
  heard(lodestar, [1, 2], 8);
  heard({ address: "10.0.0.7", agent: "Teku" }, [3], 8);
  heard(undefined, [1, 2], 8);
  heard(lighthouse, [1, 2], undefined);
  heard(lighthouse, [], 8);
  assert.deepEqual(alarms, []);
});
