import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../lib/manual-clock.ts";
import { Connects } from "./connects.ts";
import type { Hosted } from "./observation.ts";
import { observationOf } from "./observation.ts";
import { Regions } from "./regions.ts";

const spots = new Map([
  ["aws/eu-central-1", { latitude: 50.1, longitude: 8.7 }],
  ["aws/us-east-1", { latitude: 39, longitude: -77.5 }],
]);

/** A world in which connections to an address take what the table says; who is not in it does not accept. */
function world(times: Map<string, number[]>) {
  const clock = new ManualClock();
  const tried: string[] = [];
  const here = { latitude: 50.1, longitude: 8.7 };
  const connect = async (address: string, port: number) => {
    tried.push(`${address}:${port}`);
    const left = times.get(address);
    return left && left.length > 1 ? left.shift() : left?.[0];
  };
  const regions = new Regions(clock, { here, spotOf: (region) => spots.get(region), vaguenessKm: 600, connect });
  const measured = async (upstreams: readonly Hosted[], addresses: readonly (readonly string[])[]) => {
    const observations = upstreams.map((upstream, index) =>
      observationOf(
        upstream,
        addresses[index],
        () => undefined,
        () => true,
      ),
    );
    const problem = regions.measure(upstreams, observations, () => false);
    await clock.advance(60_000);
    const bounds = upstreams.map((upstream, index) => {
      const observation = observations[index];
      return observation && regions.boundOf(upstream, observation);
    });
    return { problem: await problem, bounds };
  };
  return { tried, measured };
}

function hosted(region: string | undefined, more: Partial<Hosted> = {}): Hosted {
  return { network: "n", upstream: "u", provider: "aws", region, host: "u.example.com", port: 443, ...more };
}

test("regions: an upstream that accepts connections too soon is not where it says, by the least time ever measured", async () => {
  const times = new Map([["52.94.76.1", [95, 92, 1.5, 90, 91, 93]]]);
  const { measured, tried } = world(times);
  const first = await measured([hosted("aws/us-east-1")], [["52.94.76.1"]]);
  assert.deepEqual([first.problem, first.bounds[0]?.reach, first.bounds[0]?.connectMs], [undefined, "refuted", 1.5]);
  assert.equal(tried.filter((one) => one === "52.94.76.1:443").length, 5);
  const later = await measured([hosted("aws/us-east-1")], [["52.94.76.1"]]);
  assert.equal(later.bounds[0]?.reach, "refuted");
  const moved = await measured([hosted("aws/us-east-1")], [["52.94.76.2"]]);
  assert.equal(moved.bounds[0], undefined);
});

test("regions: of several addresses the nearest refutes a region, and all must be near to support it", async () => {
  const times = new Map([
    ["52.94.76.1", [0.8]],
    ["52.94.76.2", [120]],
  ]);
  const { measured } = world(times);
  const both = ["52.94.76.1", "52.94.76.2"];
  const { bounds } = await measured(
    [hosted("aws/us-east-1"), hosted("aws/eu-central-1"), hosted("aws/eu-central-1")],
    [both, both, ["52.94.76.1"]],
  );
  assert.deepEqual(
    bounds.map((bound) => [bound?.reach, bound?.connectMs]),
    [
      ["refuted", 0.8],
      ["possible", 120],
      ["supported", 0.8],
    ],
  );
});

test("regions: nothing is said of whom nothing follows: no region, an unknown one, a CDN, no public address, a silent one", async () => {
  const { measured, tried } = world(new Map([["52.94.76.1", [1]]]));
  const { bounds } = await measured(
    [
      hosted(undefined),
      hosted("home/attic"),
      hosted("aws/us-east-1", { edge: "cloudflare" }),
      hosted("aws/us-east-1", { port: undefined }),
      hosted("aws/us-east-1"),
      hosted("aws/us-east-1"),
    ],
    [["52.94.76.1"], ["52.94.76.1"], ["52.94.76.1"], ["52.94.76.1"], ["10.0.0.1"], ["52.94.76.9"]],
  );
  assert.deepEqual(bounds, new Array(6).fill(undefined));
  assert.deepEqual(tried, ["192.0.2.1:443", "52.94.76.9:443"]);
});

test("regions: where something accepts connections to an address that nobody has, nobody is judged, and that is said", async () => {
  const times = new Map([
    ["192.0.2.1", [0.1]],
    ["52.94.76.1", [0.1]],
  ]);
  const { measured } = world(times);
  const blind = await measured([hosted("aws/us-east-1")], [["52.94.76.1"]]);
  assert.match(blind.problem ?? "", /^somebody in between accepts connections/);
  assert.deepEqual(blind.bounds, [undefined]);
  times.delete("192.0.2.1");
  const clear = await measured([hosted("aws/us-east-1")], [["52.94.76.1"]]);
  assert.deepEqual([clear.problem, clear.bounds[0]?.reach], [undefined, "refuted"]);
});

test("regions: when looking ends nobody is connected to any more", async () => {
  const clock = new ManualClock();
  const tried: string[] = [];
  const connects = new Connects(clock, (address) => {
    tried.push(address);
    return Promise.resolve(address === "52.94.76.1" ? 10 : undefined);
  });
  const targets = ["52.94.76.1", "52.94.76.1"].map((address, index) => ({ address, port: 443 + index }));
  const done = connects.measure(targets, () => tried.length >= 3);
  await clock.advance(60_000);
  await done;
  assert.deepEqual(tried, ["192.0.2.1", "52.94.76.1", "52.94.76.1"]);
});
