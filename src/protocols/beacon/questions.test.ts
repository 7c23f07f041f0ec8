import assert from "node:assert/strict";
import { test } from "node:test";
import type { Question } from "../../core/duty.ts";
import { consensusName, executionName } from "./client-names.ts";
import { endpoints } from "./endpoints.ts";
import { questions } from "./questions.ts";
import { answerWith } from "./testing.ts";

const { lightClient } = questions;

const root = (digit: string) => `0x${digit.repeat(64)}`;
const [versionV2, versionV1] = questions.versions;

/** What a node answers, and what is read of it. */
const readings: readonly (readonly [string, Question<unknown> | undefined, unknown, unknown])[] = [
  [
    "syncing",
    questions.syncing,
    { head_slot: "100", sync_distance: "2", is_syncing: false, is_optimistic: true, el_offline: true },
    { head: 100, distance: 2, syncing: false, optimistic: true, elOffline: true },
  ],
  [
    "syncing, of an old node",
    questions.syncing,
    { head_slot: "100", sync_distance: "0", is_syncing: true },
    { head: 100, distance: 0, syncing: true, optimistic: false, elOffline: false },
  ],
  [
    "genesis",
    questions.genesis,
    { genesis_time: "1606824023", genesis_validators_root: root("4"), genesis_fork_version: "0x0000000A" },
    { genesisTime: 1606824023, genesisValidatorsRoot: root("4"), genesisForkVersion: "0x0000000a" },
  ],
  [
    "spec",
    questions.spec,
    { SECONDS_PER_SLOT: "12", BLOB_SCHEDULE: [{ EPOCH: "1" }], OLD: 5 },
    { SECONDS_PER_SLOT: "12", BLOB_SCHEDULE: '[{"EPOCH":"1"}]', OLD: "5" },
  ],
  ["identity", questions.identity, { peer_id: "16Uiu2", enr: "enr:-a" }, "16Uiu2"],
  ["identity, of a node that hides its key", questions.identity, { peer_id: "", enr: "enr:-a" }, "enr:-a"],
  ["peers", questions.peers, { connected: "56", disconnected: "1" }, 56],
  [
    "finality",
    questions.finality,
    {
      previous_justified: { epoch: "1", root: root("1") },
      current_justified: { epoch: "2", root: root("2") },
      finalized: { epoch: "1", root: root("1") },
    },
    { justified: { epoch: 2, root: root("2") }, finalized: { epoch: 1, root: root("1") } },
  ],
  [
    "header",
    questions.header("head"),
    { root: root("a"), canonical: true, header: { message: { slot: "9", parent_root: root("b") }, signature: "0x" } },
    { root: root("a"), parent: root("b"), slot: 9, optimistic: false },
  ],
  [
    "version v2",
    versionV2,
    {
      beacon_node: { code: "LH", name: "Lighthouse", version: "v8.0.1", commit: "0xced49dd2" },
      execution_client: { code: "NM", name: "Nethermind", version: "v1.35.8", commit: "0xc066aee2" },
    },
    { consensus: "lighthouse", execution: "nethermind" },
  ],
  [
    "version v2 without execution client",
    versionV2,
    { beacon_node: { code: "TK", name: "" } },
    { consensus: "teku", execution: undefined },
  ],
  ["version v1", versionV1, { version: "Lodestar/v1.22.0/abc" }, { consensus: "lodestar", execution: undefined }],
];

test("questions: what nodes answer is read", () => {
  for (const [name, question, data, expected] of readings) {
    assert.deepEqual(question?.read(answerWith({ data })), expected, name);
  }
  const optimistic = answerWith({
    execution_optimistic: true,
    data: { root: root("a"), header: { message: { slot: "9", parent_root: root("b") } } },
  });
  assert.equal(questions.header("head").read(optimistic)?.optimistic, true);
});

test("questions: what a light client asks for is handed over as it is, of a list its first", () => {
  const data = { header: {} };
  const { bootstrap, update, finality } = lightClient;
  assert.deepEqual(bootstrap(root("a")).read(answerWith({ version: "deneb", data })), data);
  assert.deepEqual(finality.read(answerWith({ version: "deneb", data })), data);
  for (const body of [[{ version: "deneb", data }], { data: [{ version: "deneb", data }] }]) {
    assert.deepEqual(update(7).read(answerWith(body)), data);
  }
  for (const body of [[], {}, { data: [] }, { data: "x" }, [7], "nonsense"]) {
    assert.equal(update(7).read(answerWith(body)), undefined, JSON.stringify(body));
    assert.equal(finality.read(answerWith({}, {}, 404)), undefined);
  }
});

test("questions: errors, and answers that say nothing, are read as nothing", () => {
  for (const [name, question, data] of readings) {
    for (const answer of [
      answerWith({ data }, {}, 503),
      answerWith({}),
      answerWith({ data: null }),
      answerWith({ data: [] }),
      answerWith({ data: { version: 5, root: "0x", head_slot: "x", genesis_time: "-1", beacon_node: 3 } }),
      answerWith("nonsense"),
    ]) {
      const told = question?.read(answer);
      assert.ok(told === undefined || name === "spec", name);
    }
  }
});

test("questions: each asks an endpoint that there is, at its path, for JSON", () => {
  const all = [
    ...readings.map(([, question]) => question?.call),
    questions.attestationData(7).call,
    ...[lightClient.bootstrap(root("a")), lightClient.update(7), lightClient.finality].map(({ call }) => call),
    ...endpoints.filter(({ traits }) => traits.duty?.duty === "prepare").map(({ name }) => questions.control(name, [])),
  ];
  for (const call of all) {
    const endpoint = endpoints.find(({ name }) => name === call?.method);
    assert.ok(call && endpoint, call?.wire.path);
    const patterns = endpoint.paths.map((path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/?]+")}(?:\\?.*)?$`));
    assert.ok(
      patterns.some((pattern) => pattern.test(call.wire.path)),
      call.wire.path,
    );
    assert.ok((endpoint.verbs as readonly string[]).includes(call.wire.method), call.wire.path);
    assert.equal(call.traits, endpoint.traits);
    assert.equal(call.wire.headers["accept"], "application/json");
  }
  assert.equal(questions.header("0x12/../x").call.wire.path, "/eth/v1/beacon/headers/0x12%2F..%2Fx");
  assert.equal(
    questions.attestationData(7).call.wire.path,
    "/eth/v1/validator/attestation_data?slot=7&committee_index=0",
  );
});

test("client names: clients are known by what they call themselves, or by their code", () => {
  for (const [said, name] of [
    ["Lighthouse/v8.0.1-ced49dd/x86_64-linux", "lighthouse"],
    ["Prysm/v5.0.0 (linux amd64)", "prysm"],
    ["teku/v24.1.0/linux-x86_64/-eclipseadoptium-openjdk64bitservervm-java-21", "teku"],
    ["Nimbus/v24.9.0-a1b2c3-stateofus", "nimbus"],
    ["Lodestar/v1.22.0", "lodestar"],
    ["Grandine/0.4.1-abc/linux", "grandine"],
    ["Caplin/v3.0.0 linux/amd64", "erigon-caplin"],
    ["erigon/3.0.0", "erigon-caplin"],
    ["Something-New/v1 lighthouse", "something-new"],
    ["  ", undefined],
    ["<script>", undefined],
    [undefined, undefined],
  ] as const) {
    assert.equal(consensusName(said), name, said);
  }
  for (const [said, code, name] of [
    ["Geth", "GE", "geth"],
    ["go-ethereum", "GE", "geth"],
    ["Reth", "RH", "reth"],
    ["ethereumJS", "EJ", "ethereumjs"],
    ["", "BU", "besu"],
    ["x".repeat(100), "??", "x".repeat(32)],
    [undefined, undefined, undefined],
  ] as const) {
    assert.equal(executionName(said, code), name, said);
  }
});
