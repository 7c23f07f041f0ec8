import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleNetwork } from "../observe/sample-fleet.ts";
import { sampleNode, sampleValidators } from "../observe/sample-validators.ts";
import { createAdmin } from "./admin.ts";
import type { NetworkRuntime } from "./runtime.ts";
import { sampleRuntime } from "./sample-runtime.ts";

const nodes = [
  sampleNode("lighthouse-1", { primary: true }),
  sampleNode("teku-1", {
    unfit: { propose: "it does not know the fee recipients", liveness: "https://node/k3y is deaf" },
    isPrepared: false,
    preparedEpoch: undefined,
    behind: ["prepare_beacon_proposer"],
    restartedAt: -30_000,
    stream: { open: false, since: -2_500, eventAt: undefined, because: "HTTP 503 of https://node/k3y", lacks: ["x"] },
  }),
  sampleNode("nimbus-1", {
    clients: undefined,
    voter: "unknown",
    inService: false,
    reachable: true,
    head: undefined,
    sync: undefined,
    onChain: false,
    offChain: "its head is not known",
    skewMs: undefined,
    finalizedEpoch: undefined,
    stream: undefined,
    isPrepared: undefined,
  }),
];

function network(name: string, validators: NetworkRuntime["validators"]): NetworkRuntime {
  const state = sampleNetwork([]);
  return {
    ...state,
    view: { ...state.view, network: name },
    protocol: validators ? "beacon" : "evm",
    isDefault: true,
    validators,
  };
}

const side = { voters: ["teku+geth"], nodes: ["teku-1"], head: { slot: 3_203, root: "0xaa" }, finalized: undefined };
const disagreement = { about: "finality", decided: false, text: "nodes disagree, see k3y", sides: [side] } as const;

const networks = [
  network("ethereum", undefined),
  network("beacon", () => sampleValidators(nodes, { disagreement })),
  network("gnosis-beacon", () =>
    sampleValidators([], { slot: undefined, epoch: undefined, state: "unknown", head: undefined, agreed: undefined }),
  ),
];

async function asked(query: string, given = networks) {
  const runtime = sampleRuntime([], { networks: given });
  const app = createAdmin({ runtime, token: undefined, host: "127.0.0.1", log: { error: () => {} } });
  const { statusCode, body } = await app.inject({
    url: `/api/validators${query}`,
    headers: { host: "127.0.0.1:9545" },
  });
  return { status: statusCode, body, json: JSON.parse(body) };
}

test("validators: each beacon network is there, other networks are not", async () => {
  const { status, json } = await asked("");
  assert.equal(status, 200);
  assert.deepEqual(
    json.networks.map((one: { network: string }) => one.network),
    ["beacon", "gnosis-beacon"],
  );
  const { nodes: shown, ...rest } = json.networks[0];
  assert.equal(shown.length, 3);
  const block = { slot: 3_203, root: `0x${"ab".repeat(32)}` };
  assert.deepEqual(rest, {
    network: "beacon",
    state: "ready",
    slot: 3_204,
    epoch: 100,
    head: block,
    agreed: block,
    disagreement: {
      about: "finality",
      decided: false,
      text: "nodes disagree, see ***",
      sides: [{ voters: ["teku+geth"], nodes: ["teku-1"], head: { slot: 3_203, root: "0xaa" } }],
    },
    quorum: { voters: 3, required: 2 },
    primary: "lighthouse-1",
    remembered: { prepare_beacon_proposer: 64 },
    pins: { count: 1, newest: [{ slot: 3_199, upstream: "lighthouse-1" }] },
    eventClients: 3,
  });
});

test("validators: a node shows which duties it is asked for and why not for others, and its times as dates", async () => {
  const { json, body } = await asked("?network=beacon");
  const [good, returned, unknown] = json.networks[0].nodes;
  assert.deepEqual(good.duties.attest, { asked: true, because: null });
  assert.deepEqual(good.head, { slot: 3_203, root: `0x${"ab".repeat(32)}`, since: "2023-11-14T22:13:16.000Z" });
  assert.equal(good.clockSkewMs, 12);
  assert.deepEqual(good.events, {
    open: true,
    since: "2023-11-14T22:12:20.000Z",
    lastEventAt: "2023-11-14T22:13:16.000Z",
    because: null,
    lacks: [],
  });
  assert.deepEqual(returned.duties.propose, { asked: false, because: "it does not know the fee recipients" });
  assert.deepEqual(returned.duties.liveness, { asked: false, because: "https://node/*** is deaf" });
  assert.deepEqual(returned.memory, { prepared: false, preparedEpoch: null, behind: ["prepare_beacon_proposer"] });
  assert.equal(returned.restartedAt, "2023-11-14T22:12:50.000Z");
  assert.equal(returned.events.because, "HTTP 503 of https://node/***");
  assert.doesNotMatch(body, /k3y/);
  assert.deepEqual(unknown.duties.attest, { asked: false, because: null }, "health keeps it out of service");
  assert.deepEqual(unknown.duties.publish, { asked: true, because: null }, "what was signed goes to all");
  assert.deepEqual(unknown.view, { onChain: false, because: "its head is not known" });
  for (const part of ["head", "sync", "events", "clockSkewMs", "consensus"]) assert.equal(unknown[part], null, part);
});

test("validators: what is not known is null, and a network that has none is refused by name", async () => {
  const { json } = await asked("?network=gnosis-beacon");
  const [{ slot, epoch, head, primary, nodes: none }] = json.networks;
  assert.deepEqual([slot, epoch, head, primary, none], [null, null, null, null, []]);
  const wrong = await asked("?network=ethereum");
  assert.deepEqual(
    [wrong.status, wrong.json.error],
    [404, "no beacon network has this name; there is beacon, gnosis-beacon"],
  );
  const nothing = await asked("?network=x", networks.slice(0, 1));
  assert.equal(nothing.json.error, "no beacon network has this name; there is none at all");
  assert.deepEqual((await asked("", networks.slice(0, 1))).json, { networks: [] });
});
