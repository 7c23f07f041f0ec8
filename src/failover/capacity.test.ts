import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { type Bearer, canSpare, pour } from "./capacity.ts";

/** An upstream of a provider, in a domain of its own or those given, that bears `capacity` and is sent `load`. */
function bearer(provider: string, capacity: number | undefined, load = 0, given: Partial<Bearer> = {}): Bearer {
  return { provider, failureDomains: [`provider:${provider}`], capacity, load, serves: true, ...given };
}

/** aws bears 600, the others 400 together. */
const fleet = [bearer("aws", 300), bearer("aws", 300), bearer("hetzner", 250), bearer("ovh", 150)];

test("capacity: members can be spared while all calls fit into the others, beside the reserve", () => {
  const table: [demand: number, reserve: number, spared: boolean][] = [
    [360, 0.1, true],
    [361, 0.1, false],
    [400, 0, true],
    [0, 0.1, true],
  ];
  for (const [demand, reserve, spared] of table) {
    assert.equal(canSpare([0, 1], fleet, demand, reserve), spared, `${demand} beside ${reserve}`);
  }
});

test("capacity: what is out of service already cannot take over, and its own removal costs nothing", () => {
  const half = fleet.map((one) => (one.provider === "hetzner" ? { ...one, serves: false } : one));
  assert.equal(canSpare([0, 1], fleet, 300, 0.1), true);
  assert.equal(canSpare([0, 1], half, 300, 0.1), false);
  assert.equal(canSpare([2], half, 300, 0.1), true);
});

test("capacity: all of them can never be spared, though nobody calls", () => {
  assert.equal(canSpare([0, 1, 2, 3], fleet, 0, 0.1), false);
});

test("capacity: what is unknown is the average of the known, and half of the endpoints are enough where none is", () => {
  const mixed = [bearer("aws", 300), bearer("ovh", undefined), bearer("home", 100)];
  assert.deepEqual([canSpare([0], mixed, 300, 0), canSpare([0], mixed, 301, 0)], [true, false]);
  const unknown = ["aws", "aws", "ovh", "home"].map((provider) => bearer(provider, undefined));
  const table: [removal: number[], spared: boolean][] = [
    [[0], true],
    [[0, 1], true],
    [[0, 1, 2], false],
    [[0, 1, 2, 3], false],
  ];
  for (const [removal, spared] of table) assert.equal(canSpare(removal, unknown, 1_000, 0.1), spared, `${removal}`);
});

const shown = (shares: ReturnType<typeof pour>["shares"]) =>
  shares.map(({ provider, share }) => `${provider} ${share.toFixed(2)}`);

test("pour: displaced load goes where there is room, in proportion to it", () => {
  // Up to 70 % there is room for 40, 30 and 30, and for nothing at the small one.
  const survivors = [
    bearer("hetzner", 100, 30),
    bearer("ovh", 100, 40),
    bearer("akash", 100, 40),
    bearer("home", 10, 9),
  ];
  const { shares, added, emergency, unplaced } = pour(20, survivors);
  assert.deepEqual(added, [8, 6, 6, 0]);
  assert.deepEqual([shown(shares), emergency, unplaced], [["hetzner 0.40", "akash 0.30", "ovh 0.30"], false, 0]);
});

test("pour: no domain gets more than half of all calls while others have room", () => {
  const survivors = [
    bearer("aws", 1_000, 0, { failureDomains: ["provider:aws", "region:aws/us"] }),
    bearer("aws", 1_000, 0, { failureDomains: ["provider:aws", "region:aws/eu"] }),
    bearer("ovh", 200),
    bearer("home", 200),
  ];
  const { shares, added, emergency } = pour(200, survivors);
  assert.deepEqual(shown(shares), ["aws 0.50", "home 0.25", "ovh 0.25"]);
  assert.deepEqual(
    added.map((value) => Math.round(value)),
    [50, 50, 50, 50],
  );
  assert.equal(emergency, false);
});

test("pour: a domain that holds half already gets nothing while others have room", () => {
  const { shares } = pour(100, [bearer("aws", 1_000, 300), bearer("ovh", 300, 50), bearer("home", 300, 50)]);
  assert.deepEqual(shown(shares), ["home 0.50", "ovh 0.50"]);
});

test("pour: a domain that all share does not keep the others from being balanced", () => {
  const shared = (provider: string, capacity: number) =>
    bearer(provider, capacity, 0, { failureDomains: [`provider:${provider}`, "client:geth"] });
  const { shares } = pour(100, [shared("aws", 900), shared("ovh", 100), shared("home", 100)]);
  assert.deepEqual(shown(shares), ["aws 0.50", "home 0.25", "ovh 0.25"]);
});

test("pour: where the others have too little room, the large domain gets the rest of it before anybody is overfilled", () => {
  const { shares, added, emergency } = pour(600, [bearer("aws", 1_000), bearer("ovh", 100)]);
  assert.deepEqual(shown(shares), ["aws 0.88", "ovh 0.12"]);
  assert.ok((added[1] as number) <= 70 + 1e-9);
  assert.equal(emergency, false);
});

test("pour: beyond 70 % is an emergency, beyond 90 % there is no room", () => {
  const survivors = [bearer("ovh", 100), bearer("home", 100)];
  const table: [displaced: number, emergency: boolean, unplaced: number][] = [
    [140, false, 0],
    [160, true, 0],
    [180, true, 0],
    [200, true, 20],
  ];
  for (const [displaced, emergency, unplaced] of table) {
    const found = pour(displaced, survivors);
    assert.deepEqual([found.emergency, Math.round(found.unplaced)], [emergency, unplaced], `${displaced}`);
    const placed = found.added.reduce((sum, part) => sum + part, 0);
    assert.ok(Math.abs(placed + found.unplaced - displaced) < 1e-6);
  }
});

test("pour: who is out of service gets nothing; where nobody serves nothing is placed", () => {
  const out = { serves: false };
  assert.deepEqual(pour(10, [bearer("aws", 100, 0, out), bearer("ovh", 100)]).added, [0, 10]);
  const nowhere = pour(10, [bearer("aws", 100, 0, out)]);
  assert.deepEqual([nowhere.shares, nowhere.unplaced], [[], 10]);
  assert.equal(pour(10, []).unplaced, 10);
});

test("pour: where no capacity is known all get equal parts", () => {
  const survivors = ["aws", "ovh", "home", "akash"].map((provider) => bearer(provider, undefined, 500));
  assert.deepEqual(pour(100, survivors).added, [25, 25, 25, 25]);
});

test("pour: nothing displaced is nothing moved", () => {
  assert.deepEqual(pour(0, fleet), { shares: [], added: [0, 0, 0, 0], emergency: false, unplaced: 0 });
});

test("pour: over random fleets nobody is overfilled and nothing is lost", () => {
  const random = seededRandom(11);
  for (let run = 0; run < 200; run++) {
    const survivors = Array.from({ length: 1 + Math.floor(random() * 12) }, () => {
      const capacity = 10 + random() * 200;
      const labels = [`provider:${Math.floor(random() * 4)}`, `client:${Math.floor(random() * 3)}`];
      return bearer(labels[0] as string, capacity, random() * capacity, { failureDomains: labels });
    });
    const displaced = random() * 300;
    const { added, unplaced, emergency, shares } = pour(displaced, survivors);
    const placed = added.reduce((sum, part) => sum + part, 0);
    assert.ok(Math.abs(placed + unplaced - displaced) < 1e-6, `run ${run}: nothing is lost`);
    const level = emergency ? 0.9 : 0.7;
    survivors.forEach(({ capacity = 0, load }, index) => {
      const part = added[index] as number;
      assert.ok(part >= 0 && (part < 1e-9 || load + part <= level * capacity + 1e-6), `run ${run}: overfilled`);
    });
    const moved = shares.reduce((sum, { share }) => sum + share, 0);
    assert.ok(Math.abs(moved * displaced - placed) < 1e-6, `run ${run}: shares are of what is displaced`);
  }
});
