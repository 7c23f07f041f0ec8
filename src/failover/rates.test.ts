import assert from "node:assert/strict";
import { test } from "node:test";
import { type Domain, latticeOf } from "./domains.ts";
import { Rates } from "./rates.ts";
import { pool, poolUpstream } from "./sample-pool.ts";

const day = 86_400_000;
const lattice = latticeOf(pool("a1 aws geth", "a2 aws geth", "a3 aws reth", "h1 hetzner geth", "h2 hetzner reth"));
const aws = lattice.find("provider:aws") as Domain;

/** Per day, to three digits. */
function daily(rate: number): number {
  return Number((rate * day).toPrecision(3));
}

test("rates: an upstream is taken to falter once a day, and rarer the longer it does not, down to once in a month", () => {
  const rates = new Rates(lattice, 1_000);
  const after = (days: number) => daily(rates.upstream(0, 1_000 + days * day));
  assert.deepEqual([0, 1, 7, 365].map(after), [1, 0.504, 0.138, 0.0323]);
});

test("rates: onsets raise the rate of their upstream alone, and fade over weeks", () => {
  const rates = new Rates(lattice, 0);
  for (let hour = 1; hour <= 24; hour++) rates.onset(1, (hour * day) / 24 - 10_000);
  assert.equal(daily(rates.upstream(1, day)), 21.9);
  assert.equal(daily(rates.upstream(0, day)), 0.504);
  assert.ok(rates.upstream(1, 100 * day) < 3 * rates.upstream(0, 100 * day));
});

test("rates: a pool is learned to be flaky by what it does, whatever it was taken for", () => {
  const rates = new Rates(lattice, 0);
  for (let at = 0; at < 10 * day; at += 600_000) rates.onset(0, at);
  assert.ok(Math.abs(rates.upstream(0, 10 * day) * 600_000 - 1) < 0.15);
});

test("rates: an onset counts only when it is too old for a coincidence", () => {
  const rates = new Rates(lattice, 0);
  rates.onset(0, 10_000);
  assert.equal(daily(rates.upstream(0, 15_000)), 1);
  assert.equal(daily(rates.upstream(0, 15_001)), 11);
  rates.onset(0, 20_000);
  rates.onset(0, 20_100);
  assert.equal(daily(rates.upstream(0, 20_200)), 21, "one that comes on its heels settles the last");
});

test("rates: onsets that a domain explains are one of its own and none of its members'", () => {
  const rates = new Rates(lattice, 0);
  for (const member of [0, 2]) rates.onset(member, 1_000);
  for (const member of [0, 1, 3]) rates.onset(member, 10_000 + member);
  rates.blame(aws, 11_000);
  const later = [0, 1, 2, 3].map((index) => daily(rates.upstream(index, 20_000)));
  assert.deepEqual(later, [11, 1, 11, 11], "an old onset stays, and so does that of who is no member");
  assert.equal(daily(rates.domain(aws, 20_000)), daily(2 / (90 * day)));
});

test("rates: domains are taken to fail once in a quarter, clients in a year, countries in ten, pairs a quarter as often", () => {
  const place = { provider: "ovh", operator: "o", edge: "e", asn: 1, client: "geth", jurisdiction: "fr" };
  const upstreams = ["provider", "region", "operator", "edge", "asn", "client", "jurisdiction"].flatMap((only) =>
    [1, 2].map((number) =>
      poolUpstream(`${only}${number}`, {
        provider: `${only}${number}`,
        ...(only === "region" ? { region: "ovh/gra" } : { [only]: place[only as keyof typeof place] }),
      }),
    ),
  );
  const pairs = pool("a1 aws geth2", "a2 aws geth2", "a3 aws -", "h1 hetzner geth2");
  const one = latticeOf([...upstreams, ...pairs]);
  const rates = new Rates(one, 0);
  const table = one.domains.map((domain) => [domain.name, Math.round(1 / (rates.domain(domain, 0) * day))]);
  assert.deepEqual(Object.fromEntries(table), {
    "provider:ovh": 90,
    "provider:aws": 90,
    "region:ovh/gra": 90,
    "operator:o": 90,
    "edge:e": 90,
    "asn:1": 90,
    "client:geth": 365,
    "client:geth2": 365,
    "jurisdiction:fr": 3650,
    "provider:aws & client:geth2": 4 * 365,
  });
});

test("rates: when labels change, what was learned of upstreams and of domains that are still there stays", () => {
  const rates = new Rates(lattice, 0);
  rates.onset(4, 10_000);
  rates.blame(aws, 20_000);
  const learned = [rates.domain(aws, day), rates.upstream(4, day)];
  assert.ok((learned[0] as number) * 90 * day > 1.9 && (learned[1] as number) * day > 0.9, "an onset each");
  const after = latticeOf(pool("a1 aws", "a2 aws", "a3 aws reth", "h1 hetzner nethermind", "h2 hetzner nethermind"));
  rates.relabel(lattice, after);
  const rateOf = (name: string) => rates.domain(after.find(name) as Domain, day);
  assert.deepEqual([rateOf("provider:aws"), rates.upstream(4, day)], learned);
  assert.equal(daily(rateOf("provider:hetzner")), daily(1 / (91 * day)));
});
