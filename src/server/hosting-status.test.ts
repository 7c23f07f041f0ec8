import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleHosting } from "../observe/sample-hosting.ts";
import { hostingStatus } from "./hosting-status.ts";

test("status: declared and observed hosts stand side by side, for the network that was asked about", () => {
  const found = hostingStatus({ hosting: () => sampleHosting }, "ethereum");
  assert.deepEqual([found?.declared.hhi, found?.observed.hhi, found?.observed.top], [5_000, 10_000, "hetzner"]);
  assert.deepEqual(found?.upstreams[0], {
    upstream: "a1",
    claimed: "aws",
    finding: "mismatch",
    text: "declared aws, but hosted by hetzner (AS24940); not in aws/us-east-1, which is 6555 km away: it accepts connections within 1.5 ms, so it stands within 225 km",
    hosts: [{ entity: "hetzner", asn: 24940, organisation: null, addresses: 1 }],
    asns: [24940],
    edges: [],
    countries: ["de"],
    light: sampleHosting[0]?.light,
  });
  assert.equal(hostingStatus({ hosting: () => sampleHosting }, "base"), null);
});

test("status: before the first look, and where nobody looks, nothing is said of hosting", () => {
  assert.equal(hostingStatus({ hosting: () => [] }, "ethereum"), null);
  assert.equal(hostingStatus({ hosting: undefined }, "ethereum"), null);
});
