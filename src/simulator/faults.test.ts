import assert from "node:assert/strict";
import { test } from "node:test";
import type { Coordinates } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type FaultSpec, faultSchema, healSchema, type Member } from "./fault-spec.ts";
import { createFaults } from "./faults.ts";

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

test("faults: options that mean nothing to the kind of fault, or contradict each other, are refused", () => {
  const table: [spec: object, told: string][] = [
    [{ fault: "black_hole", latency: "2s" }, "latency: has no meaning for black_hole"],
    [{ fault: "cold", for: "1m", rate: 0.5 }, "rate: has no meaning for cold"],
    [{ fault: "cold" }, "for: must be given with cold, which fades over it"],
    [{ fault: "capacity_cap" }, "capacity: must be given with capacity_cap"],
    [{ fault: "halt", where: { provider: "aws" } }, "where: can only name a network: a chain halts as a whole"],
    [{ fault: "errors", for: "10s", ramp: "20s" }, "ramp: must not be longer than for"],
    [{ fault: "errors", flap: { period: "10s", duty: 1 } }, "flap.duty: must be more than 0% and less than 100%"],
    [{ fault: "errors", share: 0 }, "share: must be more than 0%"],
  ];
  for (const [input, told] of table) {
    const { error } = faultSchema.safeParse({ where: {}, ...input });
    assert.deepEqual(
      error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
      [told],
    );
  }
});

test("faults: a share of the members is struck, and the same ones with the same seed", () => {
  const many = Array.from({ length: 10 }, (_, index): Member => ({ ...virginia, id: `aws-${index}` }));
  const struck = (seed: number) =>
    createFaults(new ManualClock(), many, seed).inject(spec({ where: {}, share: 0.3 })).affected;
  assert.equal(struck(1).length, 3);
  assert.deepEqual(struck(1), struck(1));
  assert.notDeepEqual(struck(1), struck(2));
  const least = createFaults(new ManualClock(), many).inject(spec({ where: {}, share: 0.01 }));
  assert.equal(least.affected.length, 1);
});

/** In which of the seconds a fault strikes a member. */
async function secondsStruck(faults: ReturnType<typeof createFaults>, clock: ManualClock, one: Member, upTo: number) {
  const struck: number[] = [];
  for (let second = 0; second < upTo; second++) {
    if (faults.active(one).length > 0) struck.push(second);
    await clock.advance(1_000);
  }
  return struck;
}

test("faults: one that flaps is on for its part of each period, until it is over", async () => {
  const clock = new ManualClock();
  const faults = createFaults(clock, members);
  faults.inject(spec({ where: {}, flap: { period: "5s", duty: 0.4 }, for: "11s" }));
  assert.deepEqual(await secondsStruck(faults, clock, virginia, 20), [0, 1, 5, 6, 10]);
  assert.deepEqual(faults.list(), []);
});

test("faults: one that is scattered strikes each member once in a period, at times of its own", async () => {
  const scattered = spec({ where: {}, flap: { period: "100s", duty: 0.05, scattered: true }, for: "300s" });
  const secondsOf = (member: Member) => {
    const clock = new ManualClock();
    const faults = createFaults(clock, members);
    assert.deepEqual(faults.inject(scattered).affected, ["aws-1", "aws-2"]);
    return secondsStruck(faults, clock, member, 300);
  };
  const [one, other] = [await secondsOf(virginia), await secondsOf(ireland)];
  for (const seconds of [one, other]) {
    const perPeriod = [0, 1, 2].map((period) => seconds.filter((at) => Math.floor(at / 100) === period).length);
    assert.ok(
      perPeriod.every((count) => count >= 4 && count <= 6),
      `${seconds}`,
    );
  }
  assert.notDeepEqual(one, other);
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
