import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../config/load.ts";
import { beaconHints, beaconWarnings } from "./beacon-lint.ts";

const genesis = `genesis: "0x${"4b".repeat(32)}"`;
const three = [
  "provider: aws, region: aws/eu-central-1, client: lighthouse",
  "provider: hetzner, region: hetzner/fsn1, client: teku",
  "provider: ovh, region: ovh/gra, client: nimbus",
];

function configOf(upstreams: readonly string[], more = `${genesis}\n    validators: { quorum: 2 }`, top = "") {
  const lines = upstreams.map(
    (one, index) => `      - { id: n${index}, url: "https://n${index}.example.com", ${one} }`,
  );
  const text = `${top}\nnetworks:\n  n:\n    protocol: beacon\n    ${more}\n    upstreams:\n${lines.join("\n")}\n`;
  const loaded = loadConfig(text, { file: "x.yaml", env: {} });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  return loaded.config;
}

function warnings(...given: Parameters<typeof configOf>): string[] {
  const [network] = configOf(...given).networks;
  assert.ok(network);
  return [...beaconWarnings(network)];
}

const like = (change: (one: string) => string) => three.map(change);

const table: [what: string, given: Parameters<typeof configOf>, ...expected: RegExp[]][] = [
  ["three clients in three clouds with a quorum of two are fine", [three]],
  [
    "one client decides what all sign",
    [like((one) => one.replace(/client: \w+/, "client: teku"))],
    /^all trusted upstreams of n run teku: a bug of it is signed by all validators/,
  ],
  [
    "one cloud takes all duties with it",
    [like((one) => one.replace(/provider: \w+, region: \S+,/, "provider: aws,"))],
    /^all trusted upstreams of n are with aws/,
  ],
  [
    "so does one region, whoever is elsewhere and not trusted",
    [
      [
        ...like((one) => one.replace(/provider: \w+, region: \S+,/, "provider: aws, region: aws/us-east-1,")),
        "provider: ovh, region: ovh/gra, client: prysm, duties: { trust: publish_only }",
      ],
    ],
    /are with aws/,
    /^all trusted upstreams of n stand in aws\/us-east-1/,
  ],
  ["a single node has nobody beside it", [three.slice(0, 1), genesis], /^n has a single upstream: when it fails/],
  [
    "nor has a single trusted one",
    [[three[0] as string, `${three[1]}, duties: { trust: verify }`], genesis],
    /^n has a single trusted upstream/,
  ],
  [
    "nodes of others alone say nothing to sign",
    [like((one) => `${one}, duties: { trust: verify }`)],
    /^no upstream of n is trusted: nobody says what to sign/,
  ],
  [
    "with a quorum of one of three clients each decides alone at times",
    [three, genesis],
    /^validators\.quorum of n is 1, and its nodes run 3 clients: say 2/,
  ],
  [
    "a quorum of more than there are is never met",
    [three, `${genesis}\n    validators: { quorum: 4 }`],
    /^validators\.quorum of n is 4, and 3 of its upstreams are trusted: nothing can be signed$/,
  ],
  [
    "without chain and genesis the majority might be of another chain",
    [three, "validators: { quorum: 2 }"],
    /^n says neither its genesis nor its chain/,
  ],
  ["the chain alone is enough", [three, "chain: 1\n    validators: { quorum: 2 }"]],
  [
    "clients that nobody named are nobody's quorum: nodes tell them",
    [like((one) => one.replace(/, client: \w+/, "")), genesis],
  ],
];

for (const [what, given, ...expected] of table) {
  test(`check of beacon networks: ${what}`, () => {
    const found = warnings(...given);
    assert.equal(found.length, expected.length, found.join("\n"));
    for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? "", pattern);
  });
}

test("check of beacon networks: a simulated fleet need not say its chain", () => {
  const text =
    "simulator: {}\nnetworks: { n: { protocol: beacon, upstreams: [{ provider: aws, simulated: {} }, { provider: ovh, simulated: {} }] } }";
  const loaded = loadConfig(text, { file: "x.yaml", env: {} });
  assert.ok("config" in loaded);
  assert.deepEqual(
    loaded.config.networks.flatMap((network) => [...beaconWarnings(network)]),
    [],
  );
  assert.deepEqual(beaconHints(loaded.config), []);
});

test("check of beacon networks: that one instance is not enough is said once, and nothing where state is shared", () => {
  const hints = beaconHints(configOf(three));
  assert.equal(hints.length, 2);
  assert.match(hints[0] ?? "", /^one Breakwater is a single point of failure/);
  assert.match(hints[1] ?? "", /^state is kept in memory/);
  assert.equal(beaconHints(configOf(three, undefined, "state: { file: /var/lib/breakwater }")).length, 1);
  assert.deepEqual(beaconHints(configOf(three, undefined, 'state: { redis: "redis://h" }')), []);
  const evm = loadConfig("networks: { n: { upstreams: [{ url: https://a.example.com }] } }", { file: "x", env: {} });
  assert.ok("config" in evm);
  assert.deepEqual(beaconHints(evm.config), []);
});
