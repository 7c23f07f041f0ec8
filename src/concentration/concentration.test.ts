import assert from "node:assert/strict";
import { test } from "node:test";
import type { Coordinates, ProviderKind, Verdict } from "../core/upstream.ts";
import { type Concentration, concentrationOf, type Member } from "./concentration.ts";
import type { Basis, ShareDimension } from "./shares.ts";

interface Endpoint extends Member {
  readonly served: number;
  readonly capacity: number | undefined;
}

function endpoint(
  provider: string,
  region: string | undefined,
  served: number,
  verdict: Verdict = "healthy",
  capacity?: number,
  kind: ProviderKind = "cloud",
): Endpoint {
  const unknown = { asn: undefined, jurisdiction: undefined, operator: undefined, client: undefined, edge: undefined };
  const coordinates: Coordinates = { provider, kind, region, ...unknown };
  return { coordinates, status: { verdict }, served, capacity };
}

function look(fleet: readonly Endpoint[], dimension: ShareDimension, basis: Basis): Concentration {
  const weights = { served: (one: Endpoint) => one.served, capacity: (one: Endpoint) => one.capacity };
  const found = concentrationOf(fleet, weights).find((one) => one.dimension === dimension && one.basis === basis);
  assert.ok(found);
  return found;
}

function held({ shares }: Concentration): [string, number][] {
  return shares.map(({ entity, share }) => [entity, Number(share.toFixed(4))]);
}

const fleet = [
  endpoint("aws", "aws/us-east-1", 60, "healthy", 30),
  endpoint("aws", "aws/eu-west-1", 20, "ejected", 30),
  endpoint("hetzner", "hetzner/fsn1", 20, "ramping", 10, "bare_metal"),
  endpoint("akash", undefined, 0, "suspect", 10, "decentralized"),
];

test("concentration: requests, capacity and endpoints are three different shares of the same fleet", () => {
  assert.deepEqual(held(look(fleet, "provider", "requests")), [
    ["aws", 0.8],
    ["hetzner", 0.2],
    ["akash", 0],
  ]);
  assert.deepEqual(held(look(fleet, "provider", "capacity")), [
    ["aws", 0.75],
    ["hetzner", 0.25],
    ["akash", 0],
  ]);
  assert.deepEqual(held(look(fleet, "provider", "configured")), [
    ["aws", 0.5],
    ["akash", 0.25],
    ["hetzner", 0.25],
  ]);
  assert.equal(look(fleet, "provider", "requests").indices?.entities, 3);
});

test("concentration: regions and kinds are grouped by the same rule", () => {
  assert.deepEqual(held(look(fleet, "kind", "requests")), [
    ["cloud", 0.8],
    ["bare_metal", 0.2],
    ["decentralized", 0],
  ]);
  assert.equal(look(fleet, "region", "requests").indices?.hhi.toFixed(1), "4400.0");
});

test("concentration: upstreams of unknown region are left out and said to be, not taken for one region", () => {
  const found = look([...fleet, endpoint("ovh", undefined, 100)], "region", "requests");
  assert.equal(found.known, 0.5);
  assert.deepEqual(held(found)[0], ["aws/us-east-1", 0.6]);
});

test("concentration: an upstream without a declared capacity is taken for average", () => {
  const mixed = [endpoint("aws", undefined, 0, "healthy", 30), endpoint("ovh", undefined, 0, "healthy")];
  assert.deepEqual(held(look(mixed, "provider", "capacity")), [
    ["aws", 0.5],
    ["ovh", 0.5],
  ]);
  const silent = [endpoint("aws", undefined, 0), endpoint("ovh", undefined, 0, "healthy", Number.POSITIVE_INFINITY)];
  assert.equal(look(silent, "provider", "capacity").shares[0]?.weight, 1);
});

test("concentration: stake is shared out over the upstreams that say theirs, and is no basis where none does", () => {
  const weights = { served: () => 0, capacity: () => undefined };
  const stakes = new Map([
    [fleet[0], 300],
    [fleet[2], 100],
  ]);
  const found = concentrationOf(fleet, { ...weights, stake: (one) => stakes.get(one) });
  const [provider, kind, region] = found.filter(({ basis }) => basis === "stake");
  assert.deepEqual(provider && held(provider), [
    ["aws", 0.75],
    ["hetzner", 0.25],
  ]);
  assert.deepEqual([kind?.known, region?.shares.length, provider?.indices?.nakamoto.third], [1, 2, 1]);
  for (const stake of [undefined, () => undefined]) {
    const silent = concentrationOf(fleet, { ...weights, stake });
    assert.deepEqual(
      silent.filter(({ basis }) => basis === "stake"),
      [],
    );
  }
});

test("concentration: before the first answer there are no indices of requests", () => {
  const idle = look([endpoint("aws", undefined, 0)], "provider", "requests");
  assert.equal(idle.indices, undefined);
  assert.deepEqual([idle.known, held(idle)], [1, [["aws", 0]]]);
});
