import assert from "node:assert/strict";
import { test } from "node:test";
import { hostingFigure } from "./figure.ts";
import { type Hosted, type Observation, observationOf } from "./observation.ts";
import { prefixPlaces } from "./prefixes.ts";

const known = prefixPlaces();
const places = (address: string) => (address === "8.8.4.4" ? { asn: 64500, organisation: "Nobody's" } : known(address));
const ownsMachines = (provider: string) => ["aws", "hetzner", "ovh"].includes(provider);

function hosted(provider: string, given: Partial<Hosted> = {}): Hosted {
  return { network: "ethereum", upstream: `on-${provider}`, provider, host: "node.example.com", ...given };
}

function observe(provider: string, addresses: readonly string[] | undefined, given?: Partial<Hosted>): Observation {
  return observationOf(hosted(provider, given), addresses, places, ownsMachines);
}

test("hosting: what is declared is held against who owns the addresses", () => {
  const table: [provider: string, addresses: readonly string[] | undefined, finding: string, entities: string][] = [
    ["hetzner", ["95.216.1.1", "2a01:4f8::1"], "agreed", "hetzner"],
    ["aws", ["95.216.1.1"], "mismatch", "hetzner"],
    ["aws", ["52.94.76.1", "95.216.1.1", "95.216.1.2"], "mismatch", "hetzner aws"],
    ["aws", ["8.8.4.4"], "mismatch", "as64500"],
    ["akash", ["95.216.1.1"], "beneath", "hetzner"],
    ["my-own-word", ["51.68.1.1"], "beneath", "ovh"],
    ["aws", ["104.16.1.1", "2606:4700::1"], "edge", ""],
    ["aws", ["104.16.1.1", "52.94.76.1"], "agreed", "aws"],
    ["aws", ["9.9.9.9"], "unknown", ""],
    ["aws", ["10.0.0.1", "::1"], "unobservable", ""],
    ["aws", undefined, "unresolved", ""],
  ];
  for (const [provider, addresses, finding, entities] of table) {
    const found = observe(provider, addresses);
    const seen = found.hosts.map(({ entity }) => entity).join(" ");
    assert.deepEqual([provider, addresses, found.finding, seen], [provider, addresses, finding, entities]);
  }
});

test("hosting: nothing is said against an upstream that is simulated or known to stand behind a CDN", () => {
  const simulated = observe("aws", undefined, { host: undefined });
  assert.deepEqual([simulated.finding, simulated.hosts], ["unobservable", []]);
  const fronted = observe("hetzner", ["52.94.76.1"], { edge: "cloudfront" });
  assert.deepEqual([fronted.finding, fronted.hosts, fronted.edges], ["edge", [], ["cloudfront"]]);
});

test("hosting: who owns an address is told with its autonomous system, and private addresses are not shown", () => {
  const { hosts, addresses } = observe("akash", ["95.216.1.1", "10.0.0.1"]);
  assert.deepEqual(hosts, [{ entity: "hetzner", asn: 24940, organisation: "Hetzner Online", addresses: 1 }]);
  assert.deepEqual(addresses, ["95.216.1.1"]);
});

test("hosting: four labels on one host's machines are one host, and the figure says so", () => {
  const labels = ["akash", "fluence", "pocket", "my-own-word"];
  const figure = hostingFigure(labels.map((label) => observe(label, ["95.216.1.1"])));
  assert.deepEqual(figure?.declared, { hhi: 2_500, effective: 4, top: "akash", topShare: 0.25 });
  assert.deepEqual(figure?.observed, { hhi: 10_000, effective: 1, top: "hetzner", topShare: 1 });
  assert.equal(figure?.seen, 1);
});

test("hosting: what cannot be seen counts as declared, and what is spread over hosts by its addresses", () => {
  const figure = hostingFigure([
    observe("aws", ["104.16.1.1"]),
    observe("akash", ["95.216.1.1", "51.68.1.1"]),
    observe("hetzner", undefined),
    observe("hetzner", ["10.0.0.1"]),
  ]);
  assert.deepEqual([figure?.seen, figure?.declared.hhi, figure?.observed.top], [0.25, 3_750, "hetzner"]);
  // aws 1, hetzner 2.5, ovh 0.5 of 4.
  assert.equal(Math.round(figure?.observed.hhi ?? 0), Math.round(10_000 * (1 / 16 + 6.25 / 16 + 0.25 / 16)));
  assert.equal(figure?.observed.topShare, 0.625);
  assert.equal(hostingFigure([]), undefined);
});
