import assert from "node:assert/strict";
import { test } from "node:test";
import { assemble } from "./assemble.ts";
import { loadConfig } from "./config/load.ts";
import type { Call } from "./core/call.ts";
import { fault } from "./core/outcome.ts";
import type { Transport } from "./core/transport.ts";
import { Cancellation } from "./lib/cancellation.ts";
import { ManualClock } from "./lib/manual-clock.ts";
import { seededRandom } from "./lib/random.ts";
import { faultSchema } from "./simulator/faults.ts";
import { createSimulatedFleet, simulationOf } from "./simulator/fleet.ts";
import { createSimulatedTransport } from "./simulator/transport.ts";
import { type Chain, chainOf } from "./verification/light-client/chain.ts";
import { SampleChain, sampleGenesis, sampleSpec } from "./verification/light-client/sample-chain.ts";
import { BeaconNode } from "./verification/light-client/sample-node.ts";

const fleetText = `
networks:
  ethereum:
    upstreams:
      - { id: aws-1, provider: aws, simulated: {} }
      - { id: gcp-1, provider: gcp, simulated: {} }
      - { id: ovh-1, provider: ovh, client: geth, simulated: {} }
simulator: { blockTime: 2s }
`;

function configOf(text: string) {
  const loaded = loadConfig(text, { file: "fleet.yaml", env: {} });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  return loaded.config;
}

/** A simulated fleet in virtual time, put together as it is served; the nodes are what `nodes` says. */
function assembled(text = fleetText, nodes = text) {
  const config = configOf(text);
  const clock = new ManualClock();
  const fleet = createSimulatedFleet(simulationOf(configOf(nodes)), clock);
  const verdicts: string[] = [];
  const assembly = assemble(config, {
    clock,
    random: seededRandom(1),
    transport: ({ id }, { name }) => {
      const provider = fleet.provider(name, id);
      assert.ok(provider);
      return createSimulatedTransport(provider, clock);
    },
    observers: [{ changed: ({ id }, { to }) => void verdicts.push(`${id} ${to}`) }],
  });
  assembly.start();
  return { assembly, clock, fleet, verdicts };
}

test("assemble: the software that nodes name makes failure domains, with what was declared of it", async () => {
  const { assembly, clock } = assembled(fleetText, fleetText.replaceAll(/provider: (aws|gcp)/g, "$&, client: geth"));
  const clients = () => {
    const all = assembly.failover.domains(true).filter(({ dimensions }) => dimensions.includes("client"));
    return all.map(({ domain, source, members }) => `${domain} ${source}: ${members.map(({ id }) => id).join(" ")}`);
  };
  assert.deepEqual(clients(), []);
  await clock.advance(10_000);
  assert.deepEqual(clients(), ["client:geth observed: aws-1 gcp-1 ovh-1"]);
  await assembly.stop();
});

test("assemble: a chain that stands still is a decision when it begins and when it ends, and no verdict", async () => {
  const { assembly, clock, fleet, verdicts } = assembled();
  await clock.advance(60_000);
  fleet.faults.inject(faultSchema.parse({ where: {}, fault: "halt", for: "10m" }));
  await clock.advance(720_000);
  const told = assembly.failover.decisions().map(({ action, subject, because }) => `${action} ${subject} ${because}`);
  assert.match(
    told.join(),
    /^halt network:ethereum moves again after 10m\d*s?,halt network:ethereum no upstream has .* for 1m\d+s$/,
  );
  assert.deepEqual(verdicts, []);
  await assembly.stop();
});

test("assemble: a network panics while more than half of it is out, says so, and calms down by itself", async () => {
  const { assembly, clock, fleet } = assembled();
  await clock.advance(10_000);
  for (const provider of ["aws", "gcp"]) {
    fleet.faults.inject(faultSchema.parse({ where: { provider }, fault: "refuse", for: "30s" }));
    await clock.advance(7_000);
  }
  assert.deepEqual(
    assembly.failover.panics().map(({ network, because }) => `${network}: ${because}`),
    ["ethereum: 2 of 3 upstreams are out"],
  );
  await clock.advance(60_000);
  assert.deepEqual(assembly.failover.panics(), []);
  const told = assembly.failover.decisions().filter(({ action }) => action === "panic");
  assert.match(
    told.map(({ because }) => because).join(),
    /^over after \S+: enough .*,2 of 3 upstreams are out; whoever /,
  );
  await assembly.stop();
});

test("assemble: where nobody else serves, an open breaker keeps no call from an upstream that may be well again", async () => {
  const { assembly, clock, fleet } = assembled(`
networks:
  ethereum:
    policies: { coalesce: false }
    upstreams:
      - { id: only, provider: hetzner, simulated: {} }
simulator: { blockTime: 2s }
`);
  const network = assembly.network(undefined);
  const body = Buffer.from(
    '{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x00000000000000000000000000000000000000aa","latest"]}',
  );
  let served = 0;
  const ask = async (calls: number) => {
    served = 0;
    for (let call = 0; call < calls; call++) {
      const inbound = { method: "POST", path: "/", headers: {}, body };
      void network?.handle(inbound, new Cancellation()).then((reply) => {
        if (String(reply.body).includes('"result"')) served++;
      });
      await clock.advance(50);
    }
  };
  await clock.advance(5_000);
  await ask(20);
  assert.equal(served, 20);
  fleet.faults.inject(faultSchema.parse({ where: {}, fault: "errors", for: "60s" }));
  await ask(1_200);
  assert.equal(served, 0);
  assert.equal(network?.upstreams[0]?.status.breaker, "open");
  await clock.advance(2_000);
  assert.equal(network?.upstreams[0]?.status.breaker, "open", "its hold goes on for another while");
  await ask(20);
  await clock.advance(1_000);
  assert.equal(served, 20);
  await assembly.stop();
});

test("assemble: calls are answered where they may be, also when that is down, and by nobody where nobody is there", async () => {
  const text = fleetText
    .replace("ethereum:\n", "ethereum:\n    residency: { allow: [de, fr] }\n")
    .replace("provider: aws,", "provider: aws, jurisdiction: us,")
    .replace("provider: ovh,", "provider: ovh, jurisdiction: fr,");
  const { assembly, clock, fleet } = assembled(text);
  await clock.advance(5_000);
  const ask = async (residency?: { allow: string[]; deny: string[] }) => {
    const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"eth_gasPrice","params":[]}');
    const asked = assembly
      .network(undefined)
      ?.handle({ method: "POST", path: "/", headers: {}, body, residency }, new Cancellation());
    await clock.advance(20_000);
    const reply = await asked;
    return `${reply?.status} ${reply?.headers["x-breakwater-upstream"] ?? ""} ${reply?.status === 200 ? "" : reply?.body}`;
  };
  for (let turn = 0; turn < 10; turn++) assert.equal(await ask(), "200 ovh-1 ");
  assert.match(await ask({ allow: [], deny: ["fr"] }), /^451 .*calls are answered only in de, fr and not in fr/);
  fleet.faults.inject(faultSchema.parse({ where: { upstream: "ovh-1" }, fault: "refuse" }));
  await clock.advance(5_000);
  assert.match(await ask(), /^503 .*; calls are answered only in de, fr/);
  await assembly.stop();
});

/** Carries what a beacon node of the sample chain answers. */
function beaconTransport(node: BeaconNode): Transport {
  return {
    send: async (wire) => {
      const syncing = {
        head_slot: "50",
        sync_distance: "0",
        is_syncing: false,
        is_optimistic: false,
        el_offline: false,
      };
      const outcome = node.answer({ wire } as Call);
      const data = Buffer.from(JSON.stringify({ data: syncing }));
      const body = wire.path === "/eth/v1/node/syncing" ? data : outcome.ok ? outcome.payload : undefined;
      if (!body) return fault("missing_data", "not found");
      return { ok: true, status: 200, header: () => undefined, headers: () => ({}), body, rest: undefined };
    },
    subscribe: () => ({ close: () => {} }),
    close: () => Promise.resolve(),
  };
}

test("assemble: the light client of a network follows the beacon network that it names, wherever that stands", async () => {
  const clock = new ManualClock((sampleGenesis.genesisTime + 12 * 50) * 1_000);
  const sample = new SampleChain(chainOf(sampleGenesis, sampleSpec) as Chain, seededRandom(1));
  const config = configOf(`
verification: { mode: observe }
networks:
  ethereum:
    lightClient: { network: consensus, checkpoint: "${sample.root(16).toUpperCase().replace("0X", "0x")}" }
    upstreams: [{ id: e1, url: http://e1 }]
  consensus:
    protocol: beacon
    upstreams: [{ id: b1, url: http://b1 }]
`);
  const news: string[] = [];
  const silent: Transport = {
    send: () => Promise.resolve(fault("unreachable", "refused")),
    subscribe: () => ({ close: () => {} }),
    close: () => Promise.resolve(),
  };
  const assembly = assemble(config, {
    clock,
    random: seededRandom(1),
    transport: ({ id }) => (id === "b1" ? beaconTransport(new BeaconNode("b1", sample, clock)) : silent),
    observers: [{ enlightened: (network, { what, because }) => void news.push(`${network} ${what}: ${because}`) }],
  });
  assembly.start();
  const status = () => assembly.verification?.lightClients()[0];
  // Signatures are checked in turns of the real event loop.
  for (let round = 0; round < 200 && status()?.block?.number !== 32; round++) {
    await clock.advance(100);
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual([status()?.network, status()?.beacon, status()?.block?.number], ["ethereum", "consensus", 32]);
  assert.deepEqual(news, ["ethereum follows: block 32 is final"]);
  await assembly.stop();
});
