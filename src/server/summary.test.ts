import assert from "node:assert/strict";
import { test } from "node:test";
import { concentrationOf } from "../concentration/concentration.ts";
import type { Phase } from "../core/failover.ts";
import type { Verdict } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { readinessOf } from "./health.ts";
import type { NetworkRuntime } from "./runtime.ts";
import { sampleDomain, sampleFailover } from "./sample-failover.ts";
import { summaryOf } from "./summary.ts";

function network(name: string, verdicts: readonly Verdict[], isDefault = false): NetworkRuntime {
  const upstreams = verdicts.map((verdict, index) =>
    sampleUpstream(`${name}-${index}`, { provider: `provider-${index}` }, { verdict }),
  );
  const state = sampleNetwork(upstreams);
  return { ...state, view: { ...state.view, network: name }, protocol: "evm", isDefault };
}

const whole = network("ethereum", ["healthy", "healthy"], true);
const half = network("ethereum", ["healthy", "ejected"], true);
const lost = network("gnosis", ["ejected"]);

const table: [name: string, networks: NetworkRuntime[], draining: boolean, summary: string][] = [
  ["all is well", [whole], false, "Serving. 2 upstreams on 2 providers; effective number of providers 2.0."],
  ["one is out", [half], false, "Serving. 1 of 2 upstreams on 1 of 2 providers; effective number of providers 1.0."],
  [
    "a network that does not decide is lost",
    [whole, lost],
    false,
    "Serving, but not gnosis: none of 1 upstreams may serve. 2 of 3 upstreams on 2 providers; effective number of providers 2.0.",
  ],
  [
    "nothing can be served",
    [lost],
    false,
    "Not serving gnosis: none of 1 upstreams may serve. 0 of 1 upstream on 0 of 1 provider.",
  ],
  [
    "shutting down",
    [whole],
    true,
    "Shutting down; calls under way are finished. 2 upstreams on 2 providers; effective number of providers 2.0.",
  ],
];

const redact = (text: string) => text;

function summarize(
  networks: NetworkRuntime[],
  failover = sampleFailover(new ManualClock(), []),
  draining = false,
  shadow = false,
) {
  const readiness = readinessOf({
    networks,
    state: { store: "memory", trouble: undefined },
    draining: () => draining,
    failover,
    redact,
  });
  const all = networks.flatMap(({ upstreams }) => upstreams);
  const concentration = concentrationOf(all, { served: () => 0, capacity: () => undefined });
  const standing = { shadow, domains: failover.domains(), orders: failover.orders() };
  return summaryOf(networks, readiness, concentration, standing);
}

for (const [name, networks, draining, summary] of table) {
  test(`summary: ${name}`, () => assert.equal(summarize(networks, undefined, draining), summary));
}

test("summary: of many networks that are lost three are named", () => {
  const networks = ["a", "b", "c", "d", "e"].map((name) => network(name, ["ejected"]));
  assert.match(summarize(networks), /^Not serving a: [^;]+; b: [^;]+; c: [^;]+; and 2 more\. /);
});

test("summary: what is out as a whole, what comes back and what is drained is named, what is only watched is not", () => {
  const phases: [string, Phase][] = [
    ["region:aws/us-east-1", "open"],
    ["provider:aws & client:geth", "half_open"],
    ["provider:gcp", "ramping"],
    ["provider:ovh", "watch"],
  ];
  const domains = phases.map(([domain, phase]) => sampleDomain(domain, [], { phase }));
  const failover = sampleFailover(new ManualClock(), [], { domains });
  failover.order({ target: "upstream:h1", what: "drain", share: 0, forMs: 1_000, by: "ann" });
  failover.order({ target: "upstream:h2", what: "force", share: 1, forMs: 1_000, by: "ann" });
  assert.equal(
    summarize([whole], failover),
    "Serving. Out of service: region aws/us-east-1, provider aws and client geth. Coming back: provider gcp. " +
      "Drained: upstream h1. 2 upstreams on 2 providers; effective number of providers 2.0.",
  );
});

test("summary: in shadow mode nothing is out, and nothing comes back", () => {
  const domains = [
    sampleDomain("provider:aws", [], { phase: "open" }),
    sampleDomain("provider:gcp", [], { phase: "ramping" }),
  ];
  const failover = sampleFailover(new ManualClock(), [], { domains });
  const summary = summarize([whole], failover, false, true);
  assert.match(summary, /^Serving\. Would be out of service: provider aws\. 2 upstreams/);
});

test("summary: of many domains that are out three are named", () => {
  const domains = ["a", "b", "c", "d"].map((name) => sampleDomain(`provider:${name}`, [], { phase: "open" }));
  const summary = summarize([whole], sampleFailover(new ManualClock(), [], { domains }));
  assert.match(summary, /^Serving\. Out of service: provider a, provider b, provider c, and 1 more\. 2 upstreams/);
});

test("summary: a process that is cut off says so before it speaks of networks that it cannot see", () => {
  const failover = sampleFailover(new ManualClock(), [], { impaired: "all 2 upstreams fell silent within 1 s" });
  assert.match(
    summarize([lost], failover),
    /^Not ready: this process seems to be cut off: all 2 upstreams fell silent within 1 s\. 0 of 1 upstream/,
  );
});
