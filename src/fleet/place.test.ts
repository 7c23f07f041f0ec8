import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveCoordinates } from "./coordinates.ts";
import { Place } from "./place.ts";

test("place: the client that answers name is a label of its own until they name none, and never in place of a declared one", () => {
  const { coordinates } = resolveCoordinates({ provider: "aws" }, undefined);
  const place = new Place(coordinates);
  assert.equal(place.coordinates(undefined), coordinates);
  const seen = place.coordinates("geth");
  assert.deepEqual([seen.client, seen.sources, seen.provider], ["geth", { client: "observed" }, "aws"]);
  assert.ok(place.failureDomains("geth").includes("client:geth"));
  assert.equal(place.coordinates("geth"), seen);
  assert.deepEqual(
    place.failureDomains("reth").filter((label) => label.startsWith("client:")),
    ["client:reth"],
  );
  assert.equal(place.coordinates(undefined), coordinates);

  const declared = resolveCoordinates({ provider: "aws", client: "geth" }, undefined).coordinates;
  const sure = new Place(declared);
  assert.equal(sure.coordinates("reth"), declared);
  assert.deepEqual(
    [sure.coordinates("geth").client, sure.coordinates("geth").sources],
    ["geth", { client: "observed" }],
  );
});

test("place: a declared client is written as an observed one would be, lest one client be two failure domains", () => {
  const { coordinates } = resolveCoordinates({ client: "Geth" }, "https://rpc.example");
  const place = new Place(coordinates);
  assert.deepEqual(
    place.failureDomains(undefined).filter((label) => label.startsWith("client:")),
    ["client:geth"],
  );
});

test("place: what addresses tell fills in the network, verifies what is declared, and overrules nothing", () => {
  const akash = new Place(resolveCoordinates({ provider: "akash", region: "akash/europe" }, undefined).coordinates);
  const seen = akash.coordinates(undefined, { asn: 24940, verified: [] });
  assert.deepEqual([seen.provider, seen.asn, seen.sources], ["akash", 24940, { asn: "observed" }]);
  assert.ok(akash.failureDomains(undefined, { asn: 24940, verified: [] }).includes("asn:24940"));

  const declared = { provider: "hetzner", region: "hetzner/fsn1", asn: 24940 };
  const place = new Place(resolveCoordinates(declared, undefined).coordinates);
  const sight = { asn: 24940, verified: ["provider", "region"] } as const;
  assert.deepEqual(place.coordinates("geth", sight).sources, {
    provider: "verified",
    region: "verified",
    asn: "verified",
    client: "observed",
  });
  const other = place.coordinates("geth", { asn: 16276, verified: [] });
  assert.deepEqual([other.provider, other.asn, other.sources], ["hetzner", 24940, { client: "observed" }]);
  assert.equal(place.coordinates(undefined, undefined), place.coordinates(undefined));

  const front = { asn: undefined, edge: "cloudflare", verified: [] };
  assert.ok(akash.failureDomains(undefined, front).includes("edge:cloudflare"));
  assert.deepEqual(akash.coordinates(undefined, front).sources, { edge: "observed" });
  const fastly = new Place(resolveCoordinates({ provider: "akash", edge: "fastly" }, undefined).coordinates);
  assert.deepEqual(
    [fastly.coordinates(undefined, front).edge, fastly.coordinates(undefined, front).sources],
    ["fastly", {}],
  );
});
