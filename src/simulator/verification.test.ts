import assert from "node:assert/strict";
import { test } from "node:test";
import { assemble } from "../assemble.ts";
import { loadConfig } from "../config/load.ts";
import type { Inbound } from "../core/protocol.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { type FaultSpec, faultSchema } from "./fault-spec.ts";
import { createSimulatedFleet, simulationOf } from "./fleet.ts";
import { lies } from "./lies.ts";
import { createSimulatedTransport } from "./transport.ts";

const fleetText = (verification: string) => `
verification: ${verification}
networks:
  ethereum:
    policies: { coalesce: false }
    upstreams:
      - { id: aws-1, provider: aws, simulated: {} }
      - { id: gcp-1, provider: gcp, simulated: {} }
      - { id: ovh-1, provider: ovh, simulated: {} }
      - { id: hetzner-1, provider: hetzner, simulated: {} }
      - { id: akash-1, provider: akash, simulated: {} }
simulator: { blockTime: 2s }
`;

/** A simulated fleet in virtual time, as it is served, with verification as given. */
function stage(verification: string, seed = 1) {
  const loaded = loadConfig(fleetText(verification), { file: "fleet.yaml", env: {} });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  const { config } = loaded;
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const fleet = createSimulatedFleet(simulationOf(config, seed), clock);
  const assembly = assemble(config, {
    clock,
    random: seededRandom(seed + 1),
    transport: ({ id }, { name }) => {
      const provider = fleet.provider(name, id);
      assert.ok(provider);
      return createSimulatedTransport(provider, clock);
    },
    observers: [],
  });
  const network = assembly.network(undefined);
  const chain = fleet.chain("ethereum");
  assert.ok(network && chain);
  const send = (method: string, ...params: unknown[]) => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    const inbound: Inbound = { method: "POST", path: "/", headers: { "content-type": "application/json" }, body };
    return network.handle(inbound, new Cancellation());
  };
  const user = () => {
    const block = chain.headAt(clock.epoch()) - 3 - Math.floor(random() * 300);
    const account = `0x${Math.floor(random() * 1e9)
      .toString(16)
      .padStart(40, "0")}`;
    const at = random() < 0.5 ? "latest" : `0x${block.toString(16)}`;
    const questions = [
      () => send("eth_getBalance", account, at),
      () => send("eth_getLogs", { fromBlock: `0x${block.toString(16)}`, toBlock: `0x${(block + 2).toString(16)}` }),
      () => send("eth_getBlockByNumber", `0x${block.toString(16)}`, false),
      () => send("eth_getTransactionReceipt", chain.transactions(block)[0]?.hash),
      () => send("eth_call", { to: account, data: "0x1234" }, at),
    ];
    return (questions[Math.floor(random() * questions.length)] as (typeof questions)[0])();
  };
  assembly.start();
  return {
    clock,
    assembly,
    inject: (spec: object) => fleet.faults.inject(faultSchema.parse(spec) as FaultSpec),
    /** Calls of users, so many a second, for so many seconds. */
    async traffic(perSecond: number, seconds: number, enough: () => boolean = () => false) {
      for (let call = 0; call < perSecond * seconds && !enough(); call++) {
        void user();
        await clock.advance(1_000 / perSecond);
      }
    },
    phases: () =>
      Object.fromEntries(assembly.verification?.upstreams().map(({ upstream, phase }) => [upstream, phase]) ?? []),
    findings: () =>
      new Set(assembly.verification?.upstreams().flatMap(({ audits }) => audits.map(({ finding }) => finding))),
  };
}

const well = { "aws-1": "clear", "gcp-1": "clear", "ovh-1": "clear", "hetzner-1": "clear", "akash-1": "clear" };

for (const lie of lies) {
  test(`verification: of a simulated fleet the one that lies by ${lie} in a tenth of its answers is found, and no other`, async () => {
    const { clock, assembly, inject, traffic, phases } = stage(
      "{ mode: quarantine, newcomers: 50%, trusted: 50%, budget: 100/s }",
    );
    await clock.advance(5_000);
    inject({ where: { upstream: "akash-1" }, fault: lie, rate: 0.1 });
    const caught = () => phases()["akash-1"] === "held";
    await traffic(50, 300, caught);
    assert.deepEqual(phases(), { ...well, "akash-1": "held" });
    const status = assembly.network(undefined)?.upstreams.find(({ id }) => id === "akash-1")?.status;
    assert.equal(status?.verdict, "quarantined");
    await assembly.stop();
  });
}

test("verification: an honest fleet in trouble of every kind has nobody quarantined", async () => {
  const { clock, assembly, inject, traffic, phases, findings } = stage(
    "{ mode: quarantine, newcomers: 30%, trusted: 30%, budget: 50/s, canaries: 5s }",
    7,
  );
  await clock.advance(5_000);
  const troubles: readonly object[] = [
    { where: { upstream: "aws-1" }, fault: "slow", latency: "1s", for: "60s" },
    { where: { upstream: "gcp-1" }, fault: "black_hole", rate: 0.3, for: "60s" },
    { where: { upstream: "ovh-1" }, fault: "stale_head", lag: 2, for: "60s" },
    { where: { upstream: "hetzner-1" }, fault: "stale_head", for: "30s" },
    { where: { upstream: "akash-1" }, fault: "brown_out", for: "60s" },
    { where: { upstream: "aws-1" }, fault: "truncated", rate: 0.3, for: "60s" },
    { where: { upstream: "gcp-1" }, fault: "html_200", rate: 0.5, for: "60s" },
    { where: { upstream: "ovh-1" }, fault: "rate_limited", rate: 0.5, for: "60s" },
    { where: {}, fault: "halt", for: "60s" },
    { where: { upstream: "akash-1" }, fault: "errors", rate: 0.9, for: "60s" },
  ];
  for (const trouble of troubles) {
    inject(trouble);
    await traffic(15, 80);
  }
  assert.deepEqual(phases(), well);
  assert.ok(findings().has("agreed"));
  assert.ok(!findings().has("proved") && !findings().has("outvoted"));
  assert.equal(assembly.verification?.evidence().length, 0);
  await assembly.stop();
});

test("verification: while it is off nothing is asked and nothing is known", async () => {
  const { assembly, clock } = stage("{ mode: off }");
  await clock.advance(1_000);
  assert.equal(assembly.verification, undefined);
  await assembly.stop();
});
