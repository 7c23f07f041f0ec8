import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { type Electorate, isHalf, isMajority, votersOf, weightsOf } from "./voters.ts";

/** `lighthouse+geth` told, `=label` labelled, `?` for what is not known. */
function node(text: string, id: string): Electorate {
  const [told = "", label] = text.split("=");
  const [consensus, execution] = told.split("+").map((name) => (name === "?" || name === "" ? undefined : name));
  return { id, told: told === "" ? undefined : { consensus, execution }, label };
}

test("voters: software that fails together votes together, and what is unknown never makes one vote two", () => {
  const table: [string, nodes: string[], voters: string[]][] = [
    ["two of a kind", ["lighthouse+geth", "lighthouse+geth"], ["lighthouse+geth", "lighthouse+geth"]],
    ["another execution client", ["lighthouse+geth", "lighthouse+reth"], ["lighthouse+geth", "lighthouse+reth"]],
    ["nobody tells anything", ["", "", "?+?"], ["unknown", "unknown", "unknown"]],
    ["one tells nothing", ["prysm+geth", ""], ["prysm+geth", "unknown"]],
    ["nobody tells the execution client", ["lighthouse", "prysm"], ["lighthouse+unknown", "prysm+unknown"]],
    ["one of a kind does not tell it", ["teku", "teku+besu"], ["teku+besu", "teku+besu"]],
    [
      "one of two kinds does not tell it",
      ["teku", "teku+besu", "teku+geth", "teku+geth"],
      ["teku+geth", "teku+besu", "teku+geth", "teku+geth"],
    ],
    ["of kinds as many", ["teku", "teku+geth", "teku+besu"], ["teku+besu", "teku+geth", "teku+besu"]],
    ["the execution client alone", ["?+geth", "prysm+geth"], ["unknown", "prysm+geth"]],
    ["capitals and dirt", ["Light\nhouse+Geth "], ["lighthouse+geth"]],
    ["the operator's word goes first", ["prysm+geth=lighthouse+geth"], ["lighthouse+geth"]],
    ["half a word leaves the other half", ["prysm+geth=lighthouse", "=nimbus"], ["lighthouse+geth", "nimbus+unknown"]],
    ["the operator does not know either", ["prysm+geth=unknown"], ["prysm+geth"]],
  ];
  for (const [name, texts, voters] of table) {
    const nodes = texts.map((text, index) => node(text, `n${index}`));
    assert.deepEqual([...votersOf(nodes).values()], voters, name);
  }
});

test("voters: whatever is known of whom, each voter has one vote, and hiding one's software wins none", () => {
  const random = seededRandom(11);
  const pick = (names: readonly string[]) => names[Math.floor(random() * names.length)] as string;
  for (let round = 0; round < 500; round++) {
    const nodes = Array.from({ length: 1 + Math.floor(random() * 8) }, (_, index) =>
      node(`${pick(["lighthouse", "prysm", "teku", "?"])}+${pick(["geth", "besu", "?"])}`, `n${index}`),
    );
    const voters = votersOf(nodes);
    const weights = weightsOf(nodes.map(({ id }) => ({ id, voter: voters.get(id) as string })));
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    assert.ok(Math.abs(total - new Set(voters.values()).size) < 1e-9);
    const hidden = Math.floor(random() * nodes.length);
    const hiding = nodes.map((one, index) => (index === hidden ? { ...one, told: undefined } : one));
    const known = (list: readonly Electorate[]) =>
      new Set([...votersOf(list).values()].filter((voter) => !voter.includes("unknown"))).size;
    assert.ok(known(hiding) <= known(nodes));
    const mute = nodes.map((one) => ({ ...one, told: one.told && { ...one.told, execution: undefined } }));
    assert.ok(new Set(votersOf(mute).values()).size <= new Set(nodes.map(({ told }) => told?.consensus)).size);
  }
});

test("voters: a majority is more than half, though votes be made of thirds", () => {
  const third = 1 / 3;
  assert.equal(isMajority(third + third, 1), true);
  assert.equal(isMajority(third + third + third, 2), false);
  assert.equal(isHalf(third + third + third, 2), true);
  assert.equal(isHalf(0.49, 1), false);
  assert.equal(isMajority(0, 0), false);
});
