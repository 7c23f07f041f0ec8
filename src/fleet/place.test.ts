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
