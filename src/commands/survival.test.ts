import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { percent, survivalOf } from "./survival.ts";

function config(text: string): Config {
  const loaded = loadConfig(text, { file: "x.yaml", env: {} });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  return loaded.config;
}

const upstream = (host: string, rest: string) => `      - { url: "https://${host}.example.com", ${rest} }`;

/** A network `n` with some words above its upstreams, each said as its host and what else there is to say of it. */
function network(head: string, ...upstreams: readonly (readonly [string, string])[]): string {
  return `networks:\n  n:\n${head}    upstreams:\n${upstreams.map(([host, rest]) => upstream(host, rest)).join("\n")}`;
}

const clouds = [
  ["a1", "provider: aws, capacity: 100/s"],
  ["a2", "provider: aws, capacity: 100/s"],
  ["h1", "provider: hetzner, capacity: 100/s"],
] as const;

const lost = "n would not survive the loss of provider:aws: 90 of the peak of 120 calls/s could be carried, 75 %";

test("survival: a peak that one loss leaves too little for is a warning, a refusal or nothing, as failover.survive says", () => {
  const table: [survive: string, warnings: string[], refusals: string[]][] = [
    ["warn", [lost], []],
    ["refuse", [], [lost]],
    ["ignore", [], []],
  ];
  for (const [survive, warnings, refusals] of table) {
    const text = `failover: { survive: ${survive} }\n${network("    peak: 120/s\n", ...clouds)}`;
    assert.deepEqual(survivalOf(config(text)), { warnings, refusals }, survive);
  }
});

test("survival: what fits is not worth a word, also when it just fits", () => {
  const text = `failover: { survive: refuse, reserve: 10% }\n${network("    peak: 90/s\n", ...clouds)}`;
  assert.deepEqual(survivalOf(config(text)), { warnings: [], refusals: [] });
  const more = `failover: { survive: refuse, reserve: 20% }\n${network("    peak: 90/s\n", ...clouds)}`;
  assert.equal(survivalOf(config(more)).refusals.length, 1);
});

test("survival: limits.rate counts as capacity, and what is taken for average is said", () => {
  const text = network(
    "    peak: 120/s\n",
    ["a1", "provider: aws, limits: { rate: 100/s }"],
    ["h1", "provider: hetzner"],
    ["o1", "provider: ovh"],
  );
  assert.deepEqual(survivalOf(config(text)).warnings, []);
  const tight = text.replace("120/s", "200/s");
  assert.deepEqual(survivalOf(config(tight)).warnings, [
    "n would not survive the loss of provider:aws: 180 of the peak of 200 calls/s could be carried, 90 % (2 upstreams of unknown capacity are taken for average)",
  ]);
});

test("survival: what is missing to judge is asked for, of those only who declared a peak or want to be refused", () => {
  const blind = [
    ["a1", "provider: aws"],
    ["h1", "provider: hetzner"],
  ] as const;
  const cannot = (what: string) => `whether n survives the loss of a failure domain cannot be told: say ${what}`;
  const bears = "what its upstreams bear (capacity)";
  const table: [text: string, warnings: string[]][] = [
    [network("", ...blind), []],
    [network("    peak: 120/s\n", ...blind), [cannot(bears)]],
    [`failover: { survive: refuse }\n${network("", ...blind)}`, [cannot(`its peak and ${bears}`)]],
    [`failover: { survive: refuse }\n${network("", ...clouds)}`, [cannot("its peak")]],
  ];
  for (const [text, warnings] of table) assert.deepEqual(survivalOf(config(text)), { warnings, refusals: [] }, text);
});

test("survival: what leaves nothing is refused whatever the peak", () => {
  const alone = [
    ["a1", "provider: aws"],
    ["a2", "provider: aws"],
  ] as const;
  const nothing = "n would not survive the loss of provider:aws: nothing would be left";
  assert.deepEqual(survivalOf(config(network("", ...alone))), { warnings: [], refusals: [] });
  const strict = `failover: { survive: refuse }\n${network("", ...alone)}`;
  assert.deepEqual(survivalOf(config(strict)), { warnings: [], refusals: [nothing] });
});

const goes = "when it goes, nobody moves the calls; run another one elsewhere";

test("survival: Breakwater itself must not fall with most of the capacity, nor with all that would take over", () => {
  const table: [name: string, text: string, warnings: string[]][] = [
    ["nothing is said of self", network("", ...clouds), []],
    [
      "most of the capacity",
      `self: { provider: aws }\n${network("", ...clouds)}`,
      [`Breakwater itself is with aws, and so is more than half of the capacity of n: ${goes}`],
    ],
    ["less than half", `self: { provider: hetzner }\n${network("", ...clouds, ["o1", "provider: ovh"])}`, []],
    [
      "the one provider that takes over from the largest",
      `self: { provider: hetzner }\n${network("", ...clouds)}`,
      [`Breakwater itself is with hetzner, and so is every upstream that would take over in n: ${goes}`],
    ],
    [
      "the tier in reserve",
      `self: { provider: hetzner }\n${network(
        "",
        ["a1", "provider: aws"],
        ["o1", "provider: ovh"],
        ["h1", "provider: hetzner, tier: 1"],
      )}`,
      [`Breakwater itself is with hetzner, and so is every upstream that would take over in n: ${goes}`],
    ],
    [
      "a region with most of the capacity, where no provider has it",
      `self: { provider: home, region: home/fra }\n${network(
        "",
        ["a1", "provider: aws, region: home/fra"],
        ["h1", "provider: hetzner, region: home/fra"],
        ["o1", "provider: ovh"],
      )}`,
      [`Breakwater itself is in home/fra, and so is more than half of the capacity of n: ${goes}`],
    ],
    [
      "the provider and the region, which is said once",
      `self: { provider: aws, region: aws/us-east-1 }\n${network(
        "",
        ["a1", "provider: aws, region: aws/us-east-1"],
        ["a2", "provider: aws, region: aws/us-east-1"],
        ["h1", "provider: hetzner"],
      )}`,
      [`Breakwater itself is with aws, and so is more than half of the capacity of n: ${goes}`],
    ],
    ["a region that says no provider, alone", `self: { region: fra/1 }\n${network("", ...clouds)}`, []],
    ["a single upstream", `self: { provider: aws }\n${network("", ["a1", "provider: aws"])}`, []],
    ["ignored", `failover: { survive: ignore }\nself: { provider: aws }\n${network("", ...clouds)}`, []],
  ];
  for (const [name, text, warnings] of table) assert.deepEqual(survivalOf(config(text)).warnings, warnings, name);
});

test("survival: percentages are whole, and less than all is never 100 %", () => {
  const table: [number, string][] = [
    [1, "100 %"],
    [0.999, "99 %"],
    [2 / 3, "67 %"],
    [0, "0 %"],
  ];
  for (const [ratio, text] of table) assert.equal(percent(ratio), text);
});
