import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../lib/manual-clock.ts";
import { createHosting, type HostingParts } from "./hosting.ts";
import type { Found } from "./names.ts";
import type { Hosted } from "./observation.ts";
import { prefixPlaces } from "./prefixes.ts";

const places = prefixPlaces();

function hosted(upstream: string, provider: string, host: string | undefined): Hosted {
  return { network: "ethereum", upstream, provider, host };
}

function watched(upstreams: readonly Hosted[], book: Map<string, Found>, given: Partial<HostingParts> = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  const troubles: string[] = [];
  const asked: string[] = [];
  const most = { now: 0, ever: 0 };
  const names = {
    async addresses(name: string): Promise<Found> {
      asked.push(name);
      most.ever = Math.max(most.ever, ++most.now);
      await new Promise((resolve) => clock.schedule(10, () => resolve(undefined)));
      most.now--;
      return book.get(name) ?? { problem: "ENOTFOUND" };
    },
    cancel: () => undefined,
  };
  const hosting = createHosting({
    clock,
    names,
    places: async () => places,
    fallback: () => undefined,
    ownsMachines: (provider) => provider === "aws" || provider === "hetzner",
    upstreams,
    refreshMs: 3_600_000,
    told: (now, before) => told.push(`${now.upstream} ${before?.finding ?? "new"} ${now.finding}`),
    troubled: (problem) => troubles.push(problem),
    crashed: (bug) => assert.fail(String(bug)),
    ...given,
  });
  return { clock, hosting, told, troubles, asked, most };
}

test("hosting: all names are looked up at a start and each hour, and what changed is told once", async () => {
  const book = new Map<string, Found>([["a.example.com", ["52.94.76.1"]]]);
  const { clock, hosting, told, asked } = watched(
    [
      hosted("a1", "aws", "a.example.com"),
      hosted("a2", "aws", "a.example.com"),
      hosted("h1", "hetzner", "95.216.1.1"),
      hosted("s1", "aws", undefined),
    ],
    book,
  );
  assert.deepEqual(hosting.observations(), []);
  hosting.start();
  await clock.advance(1_000);
  assert.deepEqual(told, ["a1 new agreed", "a2 new agreed", "h1 new agreed", "s1 new unobservable"]);
  assert.deepEqual(asked, ["a.example.com"]);
  book.set("a.example.com", ["52.94.76.2"]);
  await clock.advance(3_600_000);
  assert.equal(told.length, 4);
  assert.deepEqual(hosting.observations()[0]?.addresses, ["52.94.76.2"]);
  book.set("a.example.com", ["95.216.9.9"]);
  await clock.advance(3_600_000);
  assert.deepEqual(told.slice(4), ["a1 agreed mismatch", "a2 agreed mismatch"]);
  hosting.stop();
  await clock.advance(7_200_000);
  assert.equal(asked.length, 3);
});

test("hosting: while a name cannot be looked up its last addresses count, and that is said once", async () => {
  const book = new Map<string, Found>([["a.example.com", ["95.216.1.1"]]]);
  const upstreams = [hosted("a1", "aws", "a.example.com"), hosted("b1", "aws", "b.example.com")];
  const { clock, hosting, troubles } = watched(upstreams, book);
  hosting.start();
  await clock.advance(1_000);
  const findings = () => hosting.observations().map(({ finding }) => finding);
  assert.deepEqual([findings(), troubles], [["mismatch", "unresolved"], ["b1: no addresses (ENOTFOUND)"]]);
  book.clear();
  await clock.advance(7_200_000);
  assert.deepEqual(findings(), ["mismatch", "unresolved"]);
  assert.deepEqual(troubles.slice(1), ["a1: no addresses (ENOTFOUND)"]);
  hosting.stop();
});

test("hosting: a hundred names are looked up few at a time, and of a thousand addresses the first are enough", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `n${index}.example.com`);
  const many = Array.from({ length: 1_000 }, (_, index) => `95.216.${index >> 8}.${index & 255}`);
  const { clock, hosting, most } = watched(
    names.map((name) => hosted(name, "hetzner", name)),
    new Map(names.map((name) => [name, many])),
  );
  hosting.start();
  await clock.advance(1_000);
  assert.equal(most.ever, 4);
  assert.ok(hosting.observations().every(({ finding, addresses }) => finding === "agreed" && addresses.length === 64));
  hosting.stop();
});

test("hosting: a database that can no longer be read stays as it was", async () => {
  const book = new Map<string, Found>([["a.example.com", ["95.216.1.1"]]]);
  let broken = false;
  const { clock, hosting, troubles } = watched([hosted("a1", "hetzner", "a.example.com")], book, {
    places: async () => (broken ? { problem: "cannot read x.mmdb: ENOENT" } : places),
  });
  hosting.start();
  await clock.advance(1_000);
  broken = true;
  await clock.advance(7_200_000);
  assert.deepEqual(troubles, ["cannot read x.mmdb: ENOENT"]);
  assert.equal(hosting.observations()[0]?.finding, "agreed");
  hosting.stop();
});

test("hosting: a database that could never be read leaves what is known without it", async () => {
  const { clock, hosting } = watched([hosted("a1", "aws", "95.216.1.1")], new Map(), {
    places: async () => ({ problem: "cannot read x.mmdb: ENOENT" }),
    fallback: places,
  });
  hosting.start();
  await clock.advance(1_000);
  assert.deepEqual([hosting.blind(), hosting.observations()[0]?.finding], [true, "mismatch"]);
  hosting.stop();
});

test("hosting: what ends while names are looked up, or their owners, tells nothing more", async () => {
  const early = watched([hosted("a1", "aws", "a.example.com")], new Map());
  early.hosting.start();
  early.hosting.stop();
  await early.clock.advance(10_000);
  const late = watched([hosted("a1", "aws", "95.216.1.1")], new Map(), {
    places: async () => {
      late.hosting.stop();
      return places;
    },
  });
  late.hosting.start();
  await late.clock.advance(10_000);
  assert.deepEqual([early.told, early.troubles, late.told], [[], [], []]);
});

test("hosting: where it is known where Breakwater stands, a region that light cannot reach in time is told once", async () => {
  const told: (string | undefined)[] = [];
  const upstream = { ...hosted("a1", "aws", "52.94.76.1"), region: "aws/us-east-1", port: 443 };
  const { clock, hosting, troubles } = watched([upstream], new Map(), {
    told: (now) => told.push(now.light?.reach),
    regions: {
      here: { latitude: 50.1, longitude: 8.7 },
      spotOf: () => ({ latitude: 39, longitude: -77.5 }),
      vaguenessKm: 600,
      connect: async (address) => (address === "52.94.76.1" ? 1.5 : undefined),
    },
  });
  hosting.start();
  await clock.advance(3_600_000);
  hosting.stop();
  assert.deepEqual([told, troubles], [[undefined, "refuted"], []]);
});
