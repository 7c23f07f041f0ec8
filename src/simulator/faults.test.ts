import assert from "node:assert/strict";
import { test } from "node:test";
import type { Coordinates } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createFaults, type FaultSpec, faultSchema, healSchema, type Member } from "./faults.ts";

const nowhere: Coordinates = {
  provider: "aws",
  kind: "cloud",
  region: undefined,
  asn: undefined,
  jurisdiction: undefined,
  operator: undefined,
  client: undefined,
  edge: undefined,
};
const virginia: Member = {
  id: "aws-1",
  network: "ethereum",
  coordinates: { ...nowhere, region: "aws/us-east-1", asn: 16509, client: "geth" },
};
const ireland: Member = { id: "aws-2", network: "ethereum", coordinates: { ...nowhere, region: "aws/eu-west-1" } };
const members = [virginia, ireland];

function spec(input: object): FaultSpec {
  return faultSchema.parse({ fault: "errors", ...input });
}

test("faults: a place strikes those that match all of its coordinates", () => {
  const table: [where: object, affected: string[]][] = [
    [{ provider: "aws" }, ["aws-1", "aws-2"]],
    [{ provider: "aws", region: "us-east-1" }, ["aws-1"]],
    [{ region: "aws/eu-west-1" }, ["aws-2"]],
    [{ asn: 16509 }, ["aws-1"]],
    [{ client: "geth", region: "eu-west-1" }, []],
    [{ upstream: "aws-2" }, ["aws-2"]],
    [{ network: "solana" }, []],
    [{}, ["aws-1", "aws-2"]],
  ];
  for (const [where, affected] of table) {
    assert.deepEqual(createFaults(new ManualClock(), members).inject(spec({ where })).affected, affected);
  }
});

test("faults: what is misspelt is refused", () => {
  for (const wrong of [{ where: { provder: "aws" } }, { where: {}, fault: "blackhole" }, { where: {}, rate: 2 }, {}]) {
    assert.equal(faultSchema.safeParse({ fault: "errors", ...wrong }).success, false, JSON.stringify(wrong));
  }
});

test("faults: one with a duration ends by itself", async () => {
  const clock = new ManualClock();
  const faults = createFaults(clock, members);
  faults.inject(spec({ where: { provider: "aws" }, for: "30s" }));
  await clock.advance(29_999);
  assert.equal(faults.active(virginia).length, 1);
  await clock.advance(1);
  assert.deepEqual([faults.active(virginia), faults.list()], [[], []]);
});

test("faults: healing takes away what matches the place and the kind given, nothing given takes all", () => {
  const faults = createFaults(new ManualClock(), members);
  const heal = (body: object) => faults.heal(healSchema.parse(body)).length;
  const inject = () => {
    faults.inject(spec({ where: { provider: "aws" } }));
    faults.inject(spec({ where: { provider: "aws" }, fault: "slow" }));
    faults.inject(spec({ where: { upstream: "aws-1" } }));
  };
  inject();
  assert.equal(heal({ where: { provider: "aws" }, fault: "errors", rate: 0.5 }), 1);
  assert.equal(heal({ where: { provider: "aws" } }), 1);
  assert.equal(heal({ where: { provider: "gcp" } }), 0);
  inject();
  assert.equal(heal({}), 4);
  assert.deepEqual(faults.active(virginia), []);
});

test("faults: the hundred-and-first pushes out the first", () => {
  const faults = createFaults(new ManualClock(), members);
  const [first] = Array.from({ length: 101 }, () => faults.inject(spec({ where: {} })));
  assert.equal(faults.list().length, 100);
  assert.equal(faults.list().includes(first as typeof first & object), false);
});
