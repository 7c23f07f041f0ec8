import assert from "node:assert/strict";
import { test } from "node:test";
import type { Coordinates } from "../core/upstream.ts";
import { failureDomains } from "../core/upstream.ts";
import { seededRandom } from "../lib/random.ts";
import { effectiveIndependent } from "./dependence.ts";
import { breaches } from "./policy.ts";
import { type ReportMember, reportOf, reportOfAll } from "./report.ts";
import { concentrationSchema } from "./schema.ts";

const unknown = { asn: undefined, jurisdiction: undefined, operator: undefined, edge: undefined };

function member(id: string, provider: string, perSecond: number | undefined, client?: string): ReportMember {
  const coordinates: Coordinates = { provider, kind: "cloud", region: undefined, client, ...unknown };
  return {
    id,
    coordinates,
    failureDomains: failureDomains(coordinates),
    capacity: perSecond === undefined ? undefined : { perSecond, basis: "declared" },
    status: { verdict: "healthy" },
    load: 0,
    served: 0,
  };
}

const fleet = [member("a", "aws", 60), member("b", "aws", 20), member("c", "ovh", 60), member("d", "gcp", 60)];

test("report: the worst loss, what it would leave unserved in a year, and who would be largest then", () => {
  const report = reportOf("n", fleet, 150, 0.1);
  assert.equal(report.survivability.one?.domain, "provider:aws");
  assert.deepEqual(report.after, { domain: "provider:aws", hhi: 5_000, top: "gcp", topShare: 0.5 });
  // Without aws 30 of 150 calls a second find no room, without either of the others 10: each for a tenth of a week.
  const [expected, ...others] = report.unserved ?? [];
  assert.deepEqual(
    [expected?.dimension, expected?.calls, others],
    ["provider", 0.1 * 168 * 3_600 * (30 + 10 + 10), []],
  );
  assert.ok(Math.abs((expected?.hours ?? 0) - 3 * 16.8) < 1e-9);
  assert.equal(reportOf("n", fleet, undefined, 0.1).unserved, undefined, "there is no demand to measure against");
});

test("report: an upstream of unknown capacity is taken for average wherever capacity counts, and never for nothing", () => {
  const some = [member("a", "aws", 300), member("b", "ovh", 300), member("c", "gcp", undefined)];
  const { independent, after, survivability } = reportOf("n", some, undefined, 0);
  assert.deepEqual([survivability.capacity, survivability.assumed], [900, 1]);
  assert.ok(Math.abs((independent ?? 0) - 3) < 1e-9, `${independent}`);
  assert.deepEqual([after?.hhi, after?.topShare], [5_000, 0.5]);
});

test("report: every dimension is told of, those of which nothing is known with nothing", () => {
  const { groups } = reportOf("n", fleet, undefined, 0);
  const named = groups.filter(({ basis }) => basis === "capacity");
  assert.deepEqual(
    named.map(({ dimension, indices }) => [dimension, indices ? Math.round(indices.hhi) : undefined]),
    [
      ["provider", 3_400],
      ["kind", 10_000],
      ["region", undefined],
      ["asn", undefined],
      ["jurisdiction", undefined],
      ["operator", undefined],
      ["client", undefined],
      ["edge", undefined],
    ],
  );
});

test("independent upstreams: as many as there are, if nothing is common; one, if all share a provider", () => {
  const of = (members: readonly ReportMember[]) =>
    effectiveIndependent(members.map(({ coordinates }) => ({ coordinates, weight: 1 })));
  const near = (value: number | undefined, expected: number) => assert.ok(Math.abs((value ?? -1) - expected) < 1e-9);
  near(of([member("a", "x", 1), member("b", "y", 1), member("c", "z", 1)]), 3);
  near(of([member("a", "x", 1), member("b", "x", 1), member("c", "x", 1)]), 1);
  near(of([member("a", "x", 1, "geth"), member("b", "y", 1, "geth")]), 1 / 0.75);
  assert.equal(of([]), undefined);
  const random = seededRandom(5);
  for (let round = 0; round < 200; round++) {
    const some = Array.from({ length: 1 + Math.floor(8 * random()) }, (_, index) =>
      member(`${index}`, `p${Math.floor(4 * random())}`, 1, `c${Math.floor(3 * random())}`),
    );
    const value = of(some) as number;
    const providers = new Set(some.map(({ coordinates }) => coordinates.provider)).size;
    assert.ok(value >= 1 - 1e-9 && value <= providers + 1e-9, `${value} of ${providers} providers`);
  }
});

test("policy: a share that is exactly the most is none too many, a little more is, and each sentence names figures", () => {
  const report = reportOf("n", fleet, 150, 0);
  const messages = (policy: object) =>
    breaches(report, concentrationSchema.parse(policy)).map(({ message }) => message);
  assert.deepEqual(messages({ maxShare: { provider: "40%" } }), []);
  assert.deepEqual(messages({ maxShare: { provider: "39%", region: "1%" } }), [
    "provider aws has 40 %, and 39 % is the most",
  ]);
  assert.deepEqual(messages({ minSurvivability: { n1: "80%" } }), []);
  assert.deepEqual(messages({ minSurvivability: { n1: "100%", n2: "50%" } }), [
    "without provider:aws 80 % could be carried, and 100 % is the least",
    "without provider:aws and provider:ovh 40 % could be carried, and 50 % is the least",
  ]);
});

test("policy: what one upstream of three says of itself is a third of all, so that one CDN in front of one breaks no rule", () => {
  const [a, ...others] = [member("a", "aws", 60), member("b", "ovh", 60), member("c", "gcp", 60)];
  const behind = [
    { ...(a as ReportMember), coordinates: { ...fleet[0]?.coordinates, edge: "cloudflare" } as Coordinates },
  ];
  const messages = (most: string) =>
    breaches(reportOf("n", [...behind, ...others], 100, 0), concentrationSchema.parse({ maxShare: { edge: most } }));
  assert.deepEqual(messages("34%"), []);
  assert.deepEqual(
    messages("33%").map(({ message }) => message),
    ["edge cloudflare has 33.3 %, and 33 % is the most"],
  );
});

test("policy: all networks together have no peak, so that only a network can break a rule on survivability", () => {
  const policy = concentrationSchema.parse({ maxShare: { provider: "30%" }, minSurvivability: { n1: 1, n2: 1 } });
  const all = breaches(reportOfAll(fleet, 0), policy).map(({ message }) => message);
  assert.deepEqual(all, ["provider aws has 40 %, and 30 % is the most"]);
});

test("policy: without any known capacity shares are of upstreams, and survivability that must hold cannot be told", () => {
  const bare = reportOf("n", [member("a", "aws", undefined), member("b", "aws", undefined)], undefined, 0);
  const policy = concentrationSchema.parse({ maxShare: { provider: 0.5 }, minSurvivability: { n1: 1 } });
  assert.deepEqual(
    breaches(bare, policy).map(({ message }) => message),
    [
      "provider aws has 100 %, and 50 % is the most",
      "n1 must be 100 %, and cannot be told: say the network's peak and the capacity of its upstreams",
    ],
  );
});
