import assert from "node:assert/strict";
import { test } from "node:test";
import type { Upstream } from "../core/upstream.ts";
import { seededRandom } from "../lib/random.ts";
import { bitsOf, contains, counterpart, countIn, type Domain, type Group, type Lattice, latticeOf } from "./domains.ts";
import { pool, poolUpstream } from "./sample-pool.ts";

/** The groups as `name: members`. */
function shown({ upstreams, groups }: Pick<Lattice, "upstreams" | "groups">): string[] {
  return groups.map(({ name, members }) => `${name}: ${members.map((index) => upstreams[index]?.id).join(" ")}`);
}

test("domains: labels and pairs of labels with two members are domains, each set of members once", () => {
  const lattice = latticeOf(
    pool("a1 aws/us geth", "a2 aws/us geth", "a3 aws/us reth", "a4 aws/eu geth", "a5 aws/eu reth", "h1 hetzner geth"),
  );
  assert.deepEqual(shown(lattice), [
    "provider:aws: a1 a2 a3 a4 a5",
    "client:geth: a1 a2 a4 h1",
    "region:aws/us: a1 a2 a3",
    "region:aws/eu: a4 a5",
    "client:reth: a3 a5",
    "provider:aws & client:geth: a1 a2 a4",
    "region:aws/us & client:geth: a1 a2",
    "self: a1 a2 a3 a4 a5 h1",
  ]);
});

test("domains: what has one member, or is not known, is no domain", () => {
  assert.deepEqual(shown(latticeOf([])), []);
  assert.deepEqual(shown(latticeOf(pool("a1 aws/us geth", "h1 hetzner/fsn1 reth", "o1 ovh -", "o2 lava -"))), [
    "self: a1 h1 o1 o2",
  ]);
  assert.deepEqual(latticeOf(pool("a1 aws")).of(pool("a1 aws")[0] as Upstream), []);
});

test("domains: the most precise label names a set of members, and the others are found as its aliases", () => {
  const place = { provider: "hetzner", region: "hetzner/fsn1", asn: 24940, jurisdiction: "de", operator: "acme" };
  const lattice = latticeOf([
    poolUpstream("h1", place),
    poolUpstream("h2", place),
    poolUpstream("o1", { provider: "ovh", operator: "acme" }),
    poolUpstream("o2", { provider: "ovh", jurisdiction: "de" }),
  ]);
  assert.deepEqual(shown(lattice), [
    "operator:acme: h1 h2 o1",
    "jurisdiction:de: h1 h2 o2",
    "region:hetzner/fsn1: h1 h2",
    "provider:ovh: o1 o2",
    "self: h1 h2 o1 o2",
  ]);
  const fsn1 = lattice.find("provider:hetzner");
  assert.equal(fsn1?.name, "region:hetzner/fsn1");
  assert.deepEqual(fsn1?.aliases, ["provider:hetzner", "asn:24940"]);
  assert.deepEqual(fsn1?.dimensions, ["region"]);
  assert.equal(lattice.find("operator:acme & jurisdiction:de"), undefined, "a pair is no alias");
});

test("domains: a pair is found whichever label comes first", () => {
  const lattice = latticeOf(pool("a1 aws geth", "a2 aws geth", "a3 aws reth", "h1 hetzner geth"));
  const pair = lattice.find("provider:aws & client:geth");
  assert.deepEqual(pair?.dimensions, ["provider", "client"]);
  assert.equal(lattice.find("client:geth & provider:aws"), pair);
  assert.equal(lattice.find("client:geth & provider:gcp"), undefined);
});

test("domains: a network rivals the domains where there are others, we ourselves where there are two providers", () => {
  const two = ["a1 aws - x", "a2 aws - x", "a3 aws - y"];
  const table: [readonly string[], string[]][] = [
    [two, ["network:x: a1 a2"]],
    [
      [...two, "h1 hetzner - y"],
      ["network:x: a1 a2", "network:y: a3 h1", "self: a1 a2 a3 h1"],
    ],
    [["a1 aws - x", "h1 hetzner - x"], ["self: a1 h1"]],
    [["a1 aws - x", "a2 aws - x"], []],
  ];
  for (const [lines, rivals] of table) {
    const { upstreams, groups } = latticeOf(pool(...lines));
    assert.deepEqual(shown({ upstreams, groups: groups.filter(({ kind }) => kind !== "domain") }), rivals);
  }
});

test("domains: an upstream of another network on the same cloud is a member too", () => {
  const upstreams = pool("a1 aws - x", "a2 aws - y", "h1 hetzner - x");
  const lattice = latticeOf(upstreams);
  assert.deepEqual(
    upstreams.map((upstream) => lattice.of(upstream).map(({ name }) => name)),
    [["provider:aws"], ["provider:aws"], []],
  );
});

test("domains: membership is known as well as the weakest label by which a member belongs", () => {
  const seen = { provider: "aws", client: "geth", sources: { provider: "observed" } } as const;
  const checked = { provider: "gcp", client: "reth", sources: { provider: "verified", client: "observed" } } as const;
  const lattice = latticeOf([
    poolUpstream("a1", seen),
    poolUpstream("a2", seen),
    poolUpstream("a3", { provider: "aws", client: "besu", sources: { provider: "verified" } }),
    poolUpstream("g1", checked),
    poolUpstream("g2", checked),
    poolUpstream("g3", { ...checked, client: undefined }),
    poolUpstream("r1", { provider: "ovh", client: "reth" }),
  ]);
  assert.deepEqual(
    lattice.domains.map(({ name, source }) => `${name} ${source}`),
    [
      "provider:aws observed",
      "provider:gcp verified",
      "client:reth declared",
      "client:geth declared",
      "provider:gcp & client:reth observed",
    ],
  );
});

test("domains: beyond the limit pairs are dropped, the smallest first, and counted", () => {
  const upstreams = pool(
    ...["a1 aws geth", "a2 aws geth", "a3 aws geth", "a4 aws reth", "a5 aws reth"],
    ...["h1 hetzner geth", "h2 hetzner reth"],
  );
  const names = (limit: number) => latticeOf(upstreams, limit).domains.map(({ name }) => name);
  const labels = ["provider:aws", "client:geth", "client:reth", "provider:hetzner"];
  assert.deepEqual(names(6), [...labels, "provider:aws & client:geth", "provider:aws & client:reth"]);
  assert.deepEqual(names(5), [...labels, "provider:aws & client:geth"]);
  assert.deepEqual(names(3), labels.slice(0, 3));
  assert.deepEqual(
    [6, 5, 3].map((limit) => latticeOf(upstreams, limit).dropped),
    [0, 1, 3],
  );
});

/** Upstreams at random places. */
function anyPool(random: () => number, size: number): readonly Upstream[] {
  const pick = (word: string, of: number) => (random() < 0.2 ? undefined : `${word}${Math.floor(random() * of)}`);
  return Array.from({ length: size }, (_, index) => {
    const provider = pick("cloud", 5) ?? `own${index}`;
    return poolUpstream(
      `u${index}`,
      {
        provider,
        region: pick(`${provider}/r`, 3),
        client: pick("client", 3),
        operator: pick("operator", 4),
        jurisdiction: pick("j", 2),
        edge: pick("edge", 2),
      },
      pick("network", 3),
    );
  });
}

test("domains: any domain is all that carry its labels, is unique, and is the same in whatever order upstreams come", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 40; round++) {
    const upstreams = anyPool(random, 2 + Math.floor(random() * 70));
    const lattice = latticeOf(upstreams);
    assert.equal(lattice.dropped, 0);
    for (const { name, members } of lattice.domains) {
      const carriers = [...upstreams.keys()].filter((index) =>
        name.split(" & ").every((label) => upstreams[index]?.failureDomains.includes(label)),
      );
      assert.ok(members.length > 1);
      assert.deepEqual(members, carriers, name);
    }
    const sets = lattice.domains.map(({ members }) => members.join());
    assert.equal(new Set(sets).size, sets.length);
    const byId = (order: readonly Upstream[]) =>
      shown(latticeOf(order))
        .map((line) => line.split(" ").sort().join(" "))
        .sort();
    assert.deepEqual(byId(upstreams.toSorted(() => random() - 0.5)), byId(upstreams));
  }
});

test("domains: bits say who is a member and how many of a set are", () => {
  const random = seededRandom(2);
  const lattice = latticeOf(anyPool(random, 100));
  for (const group of lattice.groups) {
    const set = [...lattice.upstreams.keys()].filter(() => random() < 0.5);
    assert.equal(countIn(group, bitsOf(set, 100)), set.filter((index) => group.members.includes(index)).length);
    for (const index of lattice.upstreams.keys()) {
      assert.equal(contains(group, index), group.members.includes(index));
      const own: readonly Group[] = lattice.groupsOf(index);
      assert.equal(own.includes(group), group.members.includes(index));
    }
  }
});

test("domains: with other labels a domain is the one of its name, else the one of its members, else none", () => {
  const before = latticeOf(pool("a1 aws geth", "a2 aws geth", "a3 aws reth", "h1 hetzner reth", "h2 hetzner geth"));
  const after = latticeOf(pool("a1 aws geth", "a2 aws geth", "a3 aws besu", "h1 hetzner besu", "h2 hetzner"));
  const now = (name: string) => counterpart(before.find(name) as Domain, after)?.name;
  assert.equal(now("provider:aws"), "provider:aws");
  assert.equal(now("client:geth"), "client:geth");
  assert.equal(now("provider:aws & client:geth"), "client:geth");
  assert.equal(now("client:reth"), "client:besu");
  const apart = latticeOf(pool("a1 aws geth", "a2 gcp geth", "a3 aws", "h1 hetzner", "h2 ovh"));
  assert.equal(counterpart(before.find("client:reth") as Domain, apart), undefined);
});
