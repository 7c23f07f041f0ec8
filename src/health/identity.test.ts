import assert from "node:assert/strict";
import { test } from "node:test";
import { mostSaid, refusal } from "./identity.ts";

test("identity: the majority names the chain, the incumbent wins a tie, silence is no vote", () => {
  const table: [(string | undefined)[], string | undefined, string | undefined][] = [
    [[], undefined, undefined],
    [[undefined, "1", undefined], undefined, "1"],
    [["5", "1", "1"], undefined, "1"],
    [["5", "1"], undefined, "5"],
    [["5", "1"], "1", "1"],
    [["5", "5", "1"], "1", "5"],
    [[undefined], "1", "1"],
  ];
  for (const [said, incumbent, expected] of table) assert.equal(mostSaid(said, incumbent), expected);
});

test("identity: only what is known to differ is refused, and strange text is not repeated", () => {
  const known = { chain: "1", genesis: "0xAB" };
  assert.equal(refusal({ chain: "1", genesis: "0xab" }, known), undefined);
  assert.equal(refusal({ chain: undefined, genesis: undefined }, known), undefined);
  assert.equal(refusal({ chain: "5", genesis: "0xff" }, known), "wrong chain: 5, not 1");
  assert.equal(refusal({ chain: "1", genesis: "0xff" }, known), "wrong genesis: 0xff, not 0xAB");
  assert.equal(refusal({ chain: "<b>\n", genesis: undefined }, known), "wrong chain: ?b??, not 1");
});
