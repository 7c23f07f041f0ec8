import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startBreakwater } from "../support/breakwater.ts";
import { startLoad } from "../support/load.ts";
import { panelExpressions } from "./prometheus-panels.ts";
import { type Alert, startPrometheus } from "./prometheus-server.ts";

const missing = spawnSync("prometheus", ["--version"]).error
  ? "prometheus is not installed; apt install prometheus"
  : undefined;

/** Capacity is 1000 calls/s: aws 30 %, half of it in one region, gcp and azure 25 % each, hetzner 20 %. */
const fleet = `
simulator: { seed: 1, blockTime: 1s }
networks:
  ethereum:
    chain: 1337
    upstreams:
${[
  ["aws-1", "aws", "aws/us-east-1", "75/s"],
  ["aws-2", "aws", "aws/us-east-1", "75/s"],
  ["aws-3", "aws", "aws/eu-west-1", "150/s"],
  ["gcp-1", "gcp", "gcp/us-central1", "125/s"],
  ["gcp-2", "gcp", "gcp/us-central1", "125/s"],
  ["azure-1", "azure", "azure/westeurope", "125/s"],
  ["azure-2", "azure", "azure/northeurope", "125/s"],
  ["hetzner-1", "hetzner", "hetzner/fsn1", "100/s"],
  ["hetzner-2", "hetzner", "hetzner/hel1", "100/s"],
]
  .map(
    ([id, provider, region, capacity]) =>
      `      - { id: ${id}, provider: ${provider}, region: "${region}", simulated: { latency: { median: 10ms, p99: 40ms }, capacity: ${capacity} } }`,
  )
  .join("\n")}
`;

const counted = "sum(breakwater_call_duration_seconds_count)";
const scrapes = "count_over_time(breakwater_network_ready[1m])";

const reads = [1, 2, 3, 4, 5, 6, 7, 8].map(
  (id) => `{"jsonrpc":"2.0","id":${id},"method":"eth_getBalance","params":["0x${"0".repeat(39)}${id}","latest"]}`,
);

test("prometheus: an outage of a region and a share above a third fire the alerts that are meant, and these resolve", {
  timeout: 120_000,
}, async (context) => {
  if (missing !== undefined) {
    context.skip(missing);
    return;
  }
  const proxy = await startBreakwater(fleet);
  context.after(() => proxy.stop());
  const prometheus = await startPrometheus(proxy.admin);
  const load = startLoad(proxy.url, 40, reads);
  const fault = (method: "POST" | "DELETE", body: object) =>
    fetch(`${proxy.admin}/api/simulator/faults`, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }).then((response) => assert.ok(response.ok, `${response.status}`));
  const firing = async (name: string): Promise<Alert | undefined> =>
    (await prometheus.alerts()).find(({ labels, state }) => labels["alertname"] === name && state === "firing");
  const until = async (what: string, done: () => Promise<boolean>) => {
    for (let attempt = 0; attempt < 120; attempt++) {
      if (await done()) return;
      await sleep(250);
    }
    assert.fail(`within 30 s not: ${what}\n${JSON.stringify(await prometheus.alerts(), null, 1)}`);
  };
  const fires = async (name: string): Promise<Alert> => {
    let found: Alert | undefined;
    await until(`${name} fires`, async () => {
      found = await firing(name);
      return found !== undefined;
    });
    return found as unknown as Alert;
  };
  const resolves = (name: string) => until(`${name} resolves`, async () => (await firing(name)) === undefined);
  try {
    await until("calls are counted", async () => ((await prometheus.query(counted)) ?? 0) > 20);
    await until("all was well for some seconds", async () => ((await prometheus.query(scrapes)) ?? 0) >= 5);
    assert.equal(await firing("BreakwaterDomainOut"), undefined);
    assert.equal(await firing("BreakwaterProviderOverThird"), undefined);

    const region = { provider: "aws", region: "us-east-1" };
    await fault("POST", { where: region, fault: "black_hole" });
    const out = await fires("BreakwaterDomainOut");
    assert.equal(out.labels["domain"], "region:aws/us-east-1");
    assert.equal(out.annotations["summary"], "region:aws/us-east-1 is out of service as a whole");
    assert.equal(out.annotations["runbook_url"], "docs/runbooks/domain-out.md");
    // What promtool cannot tell: whether joins have one partner for each series.
    for (const expression of panelExpressions()) await prometheus.query(expression);
    assert.equal(await firing("BreakwaterProviderOverThird"), undefined, "gcp holds 29 % without that region");
    await fault("DELETE", { where: region });
    await resolves("BreakwaterDomainOut");

    const provider = { provider: "gcp" };
    await fault("POST", { where: provider, fault: "refuse" });
    const above = await fires("BreakwaterProviderOverThird");
    assert.equal(above.labels["entity"], "aws");
    assert.equal(above.annotations["summary"], "ethereum: aws holds 40% of the healthy capacity");
    assert.equal(await firing("BreakwaterProviderOverHalf"), undefined);
    await fault("DELETE", { where: provider });
    await resolves("BreakwaterProviderOverThird");
    await resolves("BreakwaterDomainOut");

    assert.equal(await firing("BreakwaterErrorBudgetBurnsFast"), undefined, "clients were served all the time");
    assert.equal(await firing("BreakwaterNetworkNotReady"), undefined);
  } finally {
    await load.stop();
    await prometheus.stop();
  }
});
