import assert from "node:assert/strict";
import { test } from "node:test";
import { startBreakwater } from "../support/breakwater.ts";

/** A simulated fleet of two clouds, of which the larger bears more than is left without it. */
const fleet = (survive: string) => `failover: { survive: ${survive} }
simulator: {}
networks:
  ethereum:
    chain: 1337
    peak: 600/s
    upstreams:
      - { id: a1, provider: aws, simulated: { capacity: 400/s } }
      - { id: a2, provider: aws, simulated: { capacity: 400/s } }
      - { id: h1, provider: hetzner, simulated: { capacity: 400/s } }
`;

const lost =
  "ethereum would not survive the loss of provider:aws: 360 of the peak of 600 calls/s could be carried, 60 %";

test("serve: what would not survive is in the log, in the metrics and at /api/survivability", {
  timeout: 60_000,
}, async () => {
  const proxy = await startBreakwater(fleet("warn"));
  try {
    assert.ok(proxy.output().includes(lost), proxy.output());
    const body = (await (await fetch(`${proxy.admin}/api/survivability`)).json()) as {
      worst: Record<string, object>;
      networks: { now: { one: { domain: string; ratio: number } } }[];
    };
    assert.deepEqual(body.worst["peak"], { network: "ethereum", domain: "provider:aws", ratio: 0.6, survives: false });
    assert.equal(body.networks[0]?.now.one.ratio, 1);
    const metrics = await (await fetch(`${proxy.admin}/metrics`)).text();
    assert.match(metrics, /^breakwater_survivability_ratio\{.*entity="aws",demand="peak"\} 0\.6$/m);
    assert.match(metrics, /^breakwater_upstream_capacity_calls_per_second\{network="ethereum",upstream="h1"\} 400$/m);
  } finally {
    assert.equal(await proxy.stop(), 0);
  }
});

test("serve: with failover.survive: refuse it does not start, and says why", { timeout: 60_000 }, async () => {
  await assert.rejects(startBreakwater(fleet("refuse")), ({ message }: Error) => {
    assert.match(message, /breakwater ended with 1:/);
    assert.ok(message.includes(`breakwater: ${lost}. failover.survive is refuse: not started`), message);
    return true;
  });
});
