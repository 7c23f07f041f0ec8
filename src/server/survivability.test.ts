import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { createAdmin } from "./admin.ts";
import type { NetworkRuntime } from "./runtime.ts";
import { sampleRuntime } from "./sample-runtime.ts";

const upstreams = [
  sampleUpstream("a1", { provider: "aws", region: "aws/us-east-1" }),
  sampleUpstream("a2", { provider: "aws", region: "aws/eu-west-1" }),
  sampleUpstream("h1", { provider: "hetzner" }),
];

/** The sample network, under a name, with some of its survival told otherwise. */
function network(
  name: string,
  survival: Partial<NetworkRuntime["survival"]> = {},
  members = upstreams,
): NetworkRuntime {
  const sample = sampleNetwork(members);
  return {
    ...sample,
    view: { ...sample.view, network: name },
    survival: { ...sample.survival, ...survival },
    protocol: "evm",
    isDefault: true,
  };
}

async function get(networks: readonly NetworkRuntime[], query = "") {
  const runtime = sampleRuntime(upstreams, { networks });
  const app = createAdmin({ runtime, token: undefined, host: "127.0.0.1", log: { error: () => {} } });
  const answer = await app.inject(`/api/survivability${query}`);
  return { status: answer.statusCode, body: answer.json() };
}

test("survivability: the calls of now and of the peak are held against what would be left", async () => {
  const { status, body } = await get([network("ethereum", { peak: 120 })]);
  assert.equal(status, 200);
  const [{ now, peak }] = body.networks;
  assert.deepEqual([body.reserve, now.demand, now.capacity, now.load, now.basis], [0.1, 30, 300, 30, "declared"]);
  assert.deepEqual(now.one, {
    domain: "provider:aws",
    remaining: 100,
    ratio: 1,
    headroom: 3,
    deficit: 0,
    unserved: 0,
    survives: true,
  });
  assert.deepEqual(peak.one, {
    domain: "provider:aws",
    remaining: 100,
    ratio: 0.75,
    headroom: 0.75,
    deficit: 30,
    unserved: 20,
    survives: false,
  });
  assert.deepEqual([peak.two.domains, peak.two.ratio, peak.two.exact], [["provider:aws", "provider:hetzner"], 0, true]);
  assert.deepEqual(peak.dimensions[0], {
    dimension: "provider",
    worst: "provider:aws",
    ratio: 0.75,
    decides: true,
    expectedUnserved: 10,
  });
  assert.deepEqual(
    peak.domains.map(({ domain, upstreams: count }: { domain: string; upstreams: number }) => `${domain} ${count}`),
    ["provider:aws 2", "provider:hetzner 1", "region:aws/us-east-1 1", "region:aws/eu-west-1 1"],
  );
});

test("survivability: what serves no more is not there now, and still a part of the fleet at its peak", async () => {
  const half = [...upstreams.slice(0, 2), sampleUpstream("h1", { provider: "hetzner" }, { verdict: "ejected" })];
  const [{ now, peak }] = (await get([network("ethereum", {}, half)])).body.networks;
  assert.deepEqual([now.capacity, now.one.ratio, now.one.deficit], [200, 0, 30]);
  assert.deepEqual([peak.capacity, peak.one.survives], [300, true]);
});

test("survivability: networks are judged apart, and the worst decides", async () => {
  const networks = [
    network("easy"),
    network("hard", { demand: () => [0, 0, 180, 0], peak: undefined }),
    network("blind", { capacity: () => undefined, peak: 1_000 }),
  ];
  const { body } = await get(networks);
  assert.deepEqual(body.worst, {
    now: { network: "hard", domain: "provider:aws", ratio: 0.5, survives: false },
    peak: { network: "easy", domain: "provider:aws", ratio: 1, survives: true },
  });
  assert.deepEqual([body.networks[1].peak, body.networks[2].now.basis], [null, "endpoints"]);
});

test("survivability: what cannot be measured is null, and one provider alone is the worst all the same", async () => {
  const alone = upstreams.slice(0, 2);
  const { body } = await get([network("blind", { capacity: () => undefined }, alone)]);
  const { one, measured } = body.networks[0].now;
  assert.deepEqual([measured, one.headroom, one.deficit, one.ratio], [false, null, null, 0]);
  assert.deepEqual(body.worst.now, { network: "blind", domain: "provider:aws", ratio: 0, survives: false });
});

test("survivability: where nobody calls, headroom has no end", async () => {
  const { body } = await get([network("idle", { demand: () => [0, 0, 0, 0] })]);
  assert.deepEqual([body.networks[0].now.one.ratio, body.networks[0].now.one.headroom], [1, null]);
});

test("survivability: all domains are listed of a network that is asked for by name, the ten worst else", async () => {
  const many = Array.from({ length: 30 }, (_, index) => sampleUpstream(`u${index}`, { provider: `p${index}` }));
  const networks = [network("ethereum"), network("wide", {}, many)];
  const all = (await get(networks)).body.networks[1].now;
  assert.deepEqual([all.domains.length, all.domainCount], [10, 30]);
  const one = (await get(networks, "?network=wide")).body;
  assert.deepEqual([one.networks.length, one.networks[0].now.domains.length], [1, 30]);
  assert.equal((await get(networks, "?network=nowhere")).status, 404);
});

/** The names of all fields of a value, with what lies below them; of lists those of the first item. */
function fields(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(fields);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fields(one)]));
}

test("docs/failover.md: the answer that it shows has the fields that are sent", async () => {
  const page = readFileSync(new URL("../../docs/failover.md", import.meta.url), "utf8");
  const shown = [...page.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text]) => JSON.parse(text as string));
  const answer = shown.find((one) => "worst" in one);
  assert.ok(answer);
  const { body } = await get([network("ethereum")]);
  assert.deepEqual(fields(answer), fields(body));
});
