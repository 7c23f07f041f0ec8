import assert from "node:assert/strict";
import { test } from "node:test";
import { concentrationOf } from "../concentration/concentration.ts";
import type { Verdict } from "../core/upstream.ts";
import { sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { readinessOf } from "./health.ts";
import type { NetworkRuntime } from "./runtime.ts";
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

for (const [name, networks, draining, summary] of table) {
  test(`summary: ${name}`, () => {
    const readiness = readinessOf({ networks, draining: () => draining });
    const all = networks.flatMap(({ upstreams }) => upstreams);
    const concentration = concentrationOf(all, { served: () => 0, capacity: () => undefined });
    assert.equal(summaryOf(networks, readiness, concentration), summary);
  });
}

test("summary: of many networks that are lost three are named", () => {
  const networks = ["a", "b", "c", "d", "e"].map((name) => network(name, ["ejected"]));
  const readiness = readinessOf({ networks, draining: () => false });
  assert.match(summaryOf(networks, readiness, []), /^Not serving a: [^;]+; b: [^;]+; c: [^;]+; and 2 more\. /);
});
