import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChainSpec } from "../core/duty.ts";
import { type ConfiguredGenesis, type SpecTold, specAgreement } from "./spec.ts";

const far = "18446744073709551615";

const base: ChainSpec["values"] = {
  PRESET_BASE: "mainnet",
  CONFIG_NAME: "mainnet",
  SLOT_DURATION_MS: "12000",
  SLOTS_PER_EPOCH: "32",
  GENESIS_FORK_VERSION: "0x00000000",
  DEPOSIT_CONTRACT_ADDRESS: "0x00000000219ab540356cBB839Cbe05303d7705Fa",
  FULU_FORK_EPOCH: "411392",
  FULU_FORK_VERSION: "0x06000000",
};

interface Node {
  readonly voter?: string;
  readonly values?: Readonly<Record<string, string | undefined>>;
  readonly genesis?: Partial<ChainSpec>;
}

function told(nodes: readonly Node[]): SpecTold[] {
  return nodes.map(({ voter, values, genesis }, index) => {
    const id = "abcdef"[index] as string;
    const all = Object.entries({ ...base, ...values }).filter(([, value]) => value !== undefined);
    return {
      id,
      voter: voter ?? id,
      spec: {
        genesisTime: 1_606_824_023,
        genesisValidatorsRoot: "0x4b36",
        genesisForkVersion: "0x00000000",
        ...genesis,
        values: Object.fromEntries(all) as ChainSpec["values"],
      },
    };
  });
}

/** The present: after fulu, before what is told of gloas here. */
const epoch = 450_000;
const gloas = (at: string): Node => ({ values: { GLOAS_FORK_EPOCH: at, GLOAS_FORK_VERSION: "0x07000000" } });
const other: Node = { values: { FULU_FORK_VERSION: "0x06000001" } };

test("spec: a node of another chain is kept from duties, with the constant and both values named", () => {
  const table: [string, Node[], out: Record<string, RegExp>, configured?: ConfiguredGenesis][] = [
    ["all the same", [{}, {}, {}], {}],
    ["one alone", [other], {}],
    ["a fork's version", [{}, {}, other], { c: /^FULU_FORK_VERSION is 0x06000001, not 0x06000000$/ }],
    ["a fork's epoch", [{}, { values: { FULU_FORK_EPOCH: "5" } }, {}], { b: /^FULU_FORK_EPOCH is 5, not 411392$/ }],
    ["the pace", [{}, {}, { values: { SLOT_DURATION_MS: "6000" } }], { c: /^SLOT_DURATION_MS is 6000, not 12000$/ }],
    ["the preset", [{ values: { PRESET_BASE: "minimal" } }, {}, {}], { a: /^PRESET_BASE is minimal, not mainnet$/ }],
    ["genesis", [{ genesis: { genesisTime: 1 } }, {}, {}], { a: /^genesis_time is 1, not 1606824023$/ }],
    ["its state", [{ genesis: { genesisValidatorsRoot: "0xff" } }, {}, {}], { a: /root is 0xff, not 0x4b36$/ }],
    ["nobody knows who is right", [{}, other], { a: /no majority: a says 0x06000000/, b: /FULU_FORK_VERSION/ }],
    [
      "one client's many nodes are one voice",
      [other, other, other, {}, {}].map((node, index) => ({ ...node, voter: index < 3 ? "x+y" : `v${index}` })),
      { a: /is 0x06000001, not/, b: /not/, c: /not/ },
    ],
    ["in one client the number decides", [{}, {}, other].map((node) => ({ ...node, voter: "x+y" })), { c: /not/ }],
    [
      "the operator decides",
      [{ genesis: { genesisValidatorsRoot: "0xFF" } }, {}, {}],
      { b: /root is 0x4b36, not 0xff$/, c: /not 0xff/ },
      { genesisValidatorsRoot: "0xfF" },
    ],
    ["even over one alone", [{}], { a: /^genesis_time is 1606824023, not 7$/ }, { genesisTime: 7 }],
    [
      "what it says is made harmless",
      [{}, {}, { values: { CONFIG_NAME: 'x\n"<' } }],
      { c: /^CONFIG_NAME is x\?\?\?, / },
    ],
  ];
  for (const [name, nodes, out, configured = {}] of table) {
    const { disagreeing, agreed } = specAgreement(told(nodes), configured, epoch);
    assert.deepEqual([...disagreeing.keys()].sort(), Object.keys(out), name);
    for (const [id, reason] of Object.entries(out)) assert.match(disagreeing.get(id) ?? "", reason, name);
    assert.equal(agreed !== undefined, disagreeing.size < nodes.length, name);
  }
});

test("spec: nodes that are written or upgraded differently stay in service", () => {
  const table: [string, Node[]][] = [
    ["what is unknown to the others", [{ values: { MAX_BLOBS: "9", HEZE_FORK_VERSION: "0x08" } }, {}]],
    ["letters", [{ values: { DEPOSIT_CONTRACT_ADDRESS: base["DEPOSIT_CONTRACT_ADDRESS"]?.toLowerCase() } }, {}]],
    ["seconds", [{ values: { SLOT_DURATION_MS: undefined, SECONDS_PER_SLOT: "12" } }, {}]],
    ["what is left out", [{ values: { CONFIG_NAME: undefined, PRESET_BASE: undefined } }, {}]],
    [
      "what is about peers and rewards",
      [{ values: { CHURN_LIMIT_QUOTIENT: "1" } }, { values: { CHURN_LIMIT_QUOTIENT: "2" } }],
    ],
    ["a fork to come that one does not know", [gloas("500000"), {}]],
    ["a fork to come that one has not set", [gloas("500000"), gloas(far)]],
    [
      "versions of a fork that is not set",
      [gloas(far), { values: { GLOAS_FORK_EPOCH: far, GLOAS_FORK_VERSION: "0x99" } }],
    ],
  ];
  for (const [name, nodes] of table) {
    const { disagreeing, remarks } = specAgreement(told(nodes), {}, epoch);
    assert.deepEqual([...disagreeing], [], name);
    assert.deepEqual(remarks, [], name);
  }
});

test("spec: a fork that came parts those who know it from those who do not; the many decide, not the one who knows", () => {
  const at = epoch;
  const upgraded = specAgreement(told([gloas(`${at}`), gloas(`${at}`), {}]), {}, epoch);
  assert.deepEqual([...upgraded.disagreeing], [["c", `GLOAS_FORK_EPOCH is never, not ${at}`]]);
  const misled = specAgreement(told([gloas(`${at}`), {}, {}]), {}, epoch);
  assert.deepEqual([...misled.disagreeing], [["a", `GLOAS_FORK_EPOCH is ${at}, not never`]]);
});

test("spec: two who differ about a fork to come keep signing until it comes, and the operator hears of it", () => {
  const nodes = told([gloas("500000"), gloas("500001")]);
  const before = specAgreement(nodes, {}, 499_999);
  assert.equal(before.disagreeing.size, 0);
  assert.match(before.remarks.join(), /^GLOAS_FORK_EPOCH: a says 500000, b says 500001; nobody can tell/);
  const after = specAgreement(nodes, {}, 500_000);
  assert.deepEqual([...after.disagreeing.keys()], ["a", "b"]);
  assert.equal(after.agreed, undefined);
});

test("spec: the slot clock gets the constants of the node that knows most of them", () => {
  const { agreed } = specAgreement(
    told([{}, gloas("500000"), { ...other, values: { ...other.values, X: "1", Y: "2", Z: "3" } }, {}]),
    {},
    epoch,
  );
  assert.equal(agreed?.values["GLOAS_FORK_EPOCH"], "500000");
  assert.equal(specAgreement([], {}, epoch).agreed, undefined);
});
