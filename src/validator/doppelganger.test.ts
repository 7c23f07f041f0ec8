import assert from "node:assert/strict";
import { test } from "node:test";
import { DoppelgangerWatch } from "./doppelganger.ts";

/** Plays calls like `7 a 1,2`: in epoch 7 caller a acts for validators 1 and 2; tells what is said of each. */
function play(...calls: string[]): string[] {
  const watch = new DoppelgangerWatch();
  return calls.map((call) => {
    const [epoch, caller = "", validators = ""] = call.split(" ");
    const double = watch.heard(caller, validators.split(",").map(Number), Number(epoch));
    if (!double) return "";
    const { callers, count, both } = double;
    assert.equal(double.epoch, Number(epoch));
    return `${callers.join(">")} ${count}${both ? " both" : ""}`;
  });
}

test("doppelganger: two clients with the same keys are told, before they can be slashed for it", () => {
  const table: [string, string[], string[]][] = [
    ["one client", ["7 a 1,2", "7 a 1,2", "8 a 1,2", "9 a 1"], ["", "", "", ""]],
    ["two with their own keys each", ["7 a 1,2", "7 b 3,4", "8 a 1,2"], ["", "", ""]],
    ["a second one", ["7 a 1,2,3", "7 b 2,3,4"], ["", "a>b 2"]],
    ["a second one, an epoch later", ["7 a 1", "8 b 1"], ["", "a>b 1"]],
    [
      "it took the place of the first, which is silent since",
      ["7 a 1", "7 b 1", "8 b 1", "9 b 1"],
      ["", "a>b 1", "", ""],
    ],
    ["both are running", ["7 a 1,2", "7 b 1,2", "7 a 1,2", "7 b 1,2"], ["", "a>b 2", "b>a 2 both", ""]],
    ["both go on", ["7 a 1", "7 b 1", "8 a 1", "8 b 1"], ["", "a>b 1", "b>a 1 both", ""]],
    ["two epochs later is long ago", ["7 a 1", "9 b 1"], ["", ""]],
    ["a third one", ["7 a 1,2,3", "7 b 1", "7 c 1,2,3"], ["", "a>b 1", "a>c 2"]],
  ];
  for (const [name, calls, told] of table) assert.deepEqual(play(...calls), told, name);
});

test("doppelganger: 100,000 validators and any number of callers are watched in bounds, and the first few are named", () => {
  const watch = new DoppelgangerWatch();
  const all = Array.from({ length: 100_000 }, (_, index) => index);
  assert.equal(watch.heard("a", all, 1), undefined);
  const double = watch.heard("b", all, 1);
  assert.equal(double?.count, 100_000);
  assert.deepEqual(double?.validators, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(watch.heard("a", [200_000], 1), undefined);
  assert.equal(watch.heard("b", [200_000], 1), undefined, "there is no room for more");
  for (let count = 0; count < 1_000; count++) watch.heard(`c${count}`, [0], 1);
  assert.equal(watch.heard("late", [1], 1), undefined, "too many callers to tell apart");
  assert.equal(watch.heard("late", [1], 2)?.callers[0], "b", "in the next epoch there is room again");
});
