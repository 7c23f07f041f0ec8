import assert from "node:assert/strict";
import { test } from "node:test";
import { concentrationSchema } from "../concentration/schema.ts";
import { sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { sampleHosting } from "../observe/sample-hosting.ts";
import { samplePeers } from "../observe/sample-peers.ts";
import { createAdmin } from "./admin.ts";
import type { NetworkRuntime, Runtime } from "./runtime.ts";
import { sampleRuntime } from "./sample-runtime.ts";

function network(name: string, ...providers: readonly string[]): NetworkRuntime {
  const sample = sampleNetwork(providers.map((provider, index) => sampleUpstream(`${name}${index}`, { provider })));
  return { ...sample, view: { ...sample.view, network: name }, protocol: "evm", isDefault: true };
}

async function get(query: string, given: Partial<Runtime>) {
  const runtime = sampleRuntime([], given);
  const app = createAdmin({ runtime, token: undefined, host: "127.0.0.1", log: { error: () => {} } });
  const answer = await app.inject(`/api/concentration${query}`);
  return { status: answer.statusCode, body: answer.json() };
}

const networks = [network("ethereum", "aws", "aws", "hetzner"), network("gnosis", "aws")];

test("concentration: each network is reported on by itself and all together, as the command does, with broken rules and drift", async () => {
  const policy = concentrationSchema.parse({ maxShare: { provider: "70%" } });
  const drift = () => [
    { name: "ethereum provider", change: 250, overMs: 7_200_000 },
    { name: "all provider", change: -40, overMs: 3_600_000 },
  ];
  const given = { networks, policy, drift, hosting: () => sampleHosting, peers: () => samplePeers };
  const { status, body } = await get("", given);
  assert.equal(status, 200);
  const reports = body.networks as {
    name: string;
    upstreams: number;
    groups: { dimension: string; basis: string }[];
  }[];
  assert.deepEqual(
    reports.map(({ name, upstreams }) => [name, upstreams]),
    [
      ["ethereum", 3],
      ["gnosis", 1],
      ["all", 4],
    ],
  );
  const all = reports[2]?.groups.find(({ dimension, basis }) => dimension === "provider" && basis === "configured");
  assert.deepEqual((all as unknown as { shares: unknown[] }).shares[0], { entity: "aws", weight: 3, share: 0.75 });
  assert.deepEqual(
    body.broken.map(({ network: name }: { network: string }) => name),
    ["gnosis", "all"],
  );
  assert.deepEqual([body.peers.ethereum?.peers, body.peers.gnosis], [samplePeers[0]?.peers, null]);
  assert.deepEqual(body.hosting.ethereum.observed.top, "hetzner");
  assert.deepEqual(body.drift, [
    { network: "ethereum", dimension: "provider", change: 250, overHours: 2 },
    { network: "all", dimension: "provider", change: -40, overHours: 1 },
  ]);
});

test("concentration: stake is told of each network that says it, and never added up over networks", async () => {
  const staked = networks.map((one, index) => ({ ...one, stake: () => (index === 0 ? 32 : undefined) }));
  const { body } = await get("", { networks: staked });
  assert.deepEqual(
    body.networks.map(({ name, groups }: { name: string; groups: { basis: string }[] }) => [
      name,
      groups.some(({ basis }) => basis === "stake"),
    ]),
    [
      ["ethereum", true],
      ["gnosis", false],
      ["all", false],
    ],
  );
});

test("concentration: an upstream that is out carries nothing in what is told of losses, so that an outage is not called survivable", async () => {
  const [one] = networks as [NetworkRuntime, NetworkRuntime];
  const [first, , last] = one.upstreams.map((upstream) => ({ ...upstream, status: { ...upstream.status } }));
  if (!first || !last) throw new Error("the sample has three upstreams");
  const report = async (verdict: "healthy" | "ejected") => {
    last.status.verdict = verdict;
    const { body } = await get("", { networks: [{ ...one, upstreams: [first, last] }] });
    const [{ upstreams, survivability, independent, after }] = body.networks;
    return [upstreams, survivability.capacity, survivability.one.survives, independent, after?.top ?? null];
  };
  assert.deepEqual(await report("healthy"), [2, 200, true, 2, "hetzner"]);
  assert.deepEqual(await report("ejected"), [2, 100, false, 1, null]);
});

test("concentration: one network is told alone, all together alone, and an unknown one not at all", async () => {
  const names = async (query: string) => {
    const { status, body } = await get(query, { networks });
    return status === 200 ? body.networks.map(({ name }: { name: string }) => name) : status;
  };
  assert.deepEqual(await names("?network=gnosis"), ["gnosis"]);
  assert.deepEqual(await names("?network=all"), ["all"]);
  assert.equal(await names("?network=base"), 404);
  const { body } = await get("", { networks: [network("lonely", "home")] });
  assert.deepEqual([body.networks.length, body.broken, body.drift, body.hosting], [1, [], [], { lonely: null }]);
});
