import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { outages } from "../../loadtest/plans/index.ts";
import type { Plan } from "../../loadtest/plans/plan.ts";
import { scaleFor, scheduleOf } from "../../loadtest/plans/schedule.ts";
import { startFleet } from "../../loadtest/rehearsal/fleet.ts";
import { findK6, noK6 } from "../../loadtest/rehearsal/k6.ts";
import { fleetOf } from "../../loadtest/rehearsal/one.ts";
import { type Figures, figuresOf } from "../../loadtest/report/figures.ts";
import { textOf } from "../../loadtest/report/text.ts";
import { faultSchema } from "../../src/simulator/faults.ts";

const skip = findK6() === undefined ? noK6 : false;

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "rehearsals-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs `npm run rehearse -- ARGS`, as far as npm has no part in it. */
async function rehearse(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["loadtest/rehearse.ts", ...args, "--out", folder], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}

async function figuresIn(file: string): Promise<Figures> {
  return JSON.parse(await readFile(join(folder, file), "utf8"));
}

test("rehearsals: the simulator takes every fault, and there is somebody whom it strikes", async () => {
  for (const fleetFile of new Set(outages.map(fleetOf))) {
    const fleet = await startFleet(fleetFile);
    try {
      for (const { name, strikes } of outages.filter((one) => fleetOf(one) === fleetFile)) {
        for (const { from, to, ...fault } of strikes) {
          const what = `${name}: ${JSON.stringify(fault)}`;
          assert.ok(faultSchema.safeParse(fault).success, what);
          const response = await fetch(`${fleet.control}/api/simulator/faults`, {
            method: "POST",
            body: JSON.stringify({ ...fault, for: "1ms" }),
          });
          const { affected } = (await response.json()) as { affected: readonly string[] };
          assert.ok(affected.length > 0 && (to === undefined || to > from), what);
        }
      }
    } finally {
      await fleet.close();
    }
  }
});

test("rehearsals: faults that would heal each other never overlap", () => {
  for (const { name, strikes } of outages) {
    const keys = strikes.map(({ where, fault }) => JSON.stringify([where, fault]));
    for (const [index, one] of strikes.entries()) {
      const next = strikes.find((other, at) => at !== index && keys[at] === keys[index] && other.from >= one.from);
      if (next) assert.ok(one.to !== undefined && one.to <= next.from, `${name}: ${keys[index]} at ${next.from} s`);
    }
  }
});

test("rehearsals: each can be had in twenty seconds, with every phase in its place", () => {
  for (const outage of outages) {
    const { phases, onset, relief, end, strikes } = scheduleOf(outage, scaleFor(outage, 20));
    assert.ok(Math.abs(end - 20_000) < 10, outage.name);
    for (const [index, { from }] of phases.entries()) assert.equal(from, phases[index - 1]?.to ?? 0, outage.name);
    assert.equal(phases.find(({ name }) => name === "onset")?.from, onset);
    assert.ok(strikes.every(({ from, to }) => from >= onset && from < to && to <= end));
    assert.ok(strikes.some(({ from }) => from === onset) && strikes.every(({ to }) => to === end || to <= relief));
  }
});

/** What k6 keeps of a run of twenty seconds whose third second from the onset is bad; one call a second. */
function kept(): Parameters<typeof figuresOf>[0] {
  const rate = (passes: number, fails: number) => ({ values: { passes, fails, rate: passes / (passes + fails) } });
  const seconds = Array.from({ length: 20 }, (_, second) => second);
  return {
    answered: rate(22, 1),
    "answered{since:onset}": { ...rate(19, 1), thresholds: { "rate>=0.999": { ok: false } } },
    "answered{phase:before}": rate(3, 0),
    "answered{phase:outage}": rate(9, 1),
    "answered{phase:after}": rate(10, 0),
    "attempts{phase:outage}": { values: { count: 10, avg: 1.5 } },
    "from_struck{phase:before}": rate(6, 4),
    asked_struck: { values: { count: 2, max: 480 } },
    "failed_requests{because:timeout}": { values: { count: 1 } },
    detected_after: { values: { value: 210 } },
    ...Object.fromEntries(
      seconds.flatMap((second) => [
        [`answered{second:${second}}`, rate(second === 2 ? 0 : 1, second === 2 ? 1 : 0)],
        [`from_struck{second:${second}}`, rate(second < 15 ? 0 : 9, second < 15 ? 10 : 1)],
      ]),
    ),
  };
}

const plan: Plan = {
  name: "made-up",
  about: "Nobody answers for a second",
  load: "1 call a second",
  url: "http://127.0.0.1:1",
  providers: {},
  head: { block: 0, at: 0, blockMs: 0 },
  schedule: {
    phases: [
      { name: "warm-up", from: 0, to: 1_000 },
      { name: "before", from: 1_000, to: 4_000 },
      { name: "outage", from: 4_000, to: 14_000 },
      { name: "after", from: 14_000, to: 24_000 },
    ],
    onset: 4_000,
    relief: 14_000,
    end: 24_000,
    strikes: [{ from: 4_000, to: 14_000, fault: { where: {}, fault: "refuse" }, upstreams: ["a"] }],
  },
};

test("rehearsals: the figures follow from what k6 kept, and the page says what was missed", () => {
  const figures = figuresOf(kept(), plan);
  const { availability, failed, timeTo999, amplification, overshoot, lastAskedStruck, timeToDetect, flaps } = figures;
  assert.deepEqual(
    { availability, failed, timeTo999, amplification, overshoot, lastAskedStruck, timeToDetect, flaps },
    {
      availability: 0.95,
      failed: 1,
      timeTo999: 3_000,
      amplification: 1.5,
      overshoot: 0.9 / 0.6 - 1,
      lastAskedStruck: 480,
      timeToDetect: 210,
      flaps: undefined,
    },
  );
  const text = textOf(figures);
  assert.match(text, /^ +outage +10 s +10 +90\.00 % +1 /m);
  assert.match(text, /^ +failed requests +1 \(1 timeout\)$/m);
  assert.match(text, /^ +time to 99\.9 % for ten seconds +3 s$/m);
  assert.match(text, /^ +recovery overshoot +50 %$/m);
  assert.match(text, /^ +MISSED +answered\{since:onset\}: rate>=0\.999$/m);
});

test("rehearse: says which names there are, what it does not know, and how to come by k6", async () => {
  const listed = await rehearse(["--list"]);
  assert.equal(listed.code, 0);
  for (const { name } of outages) assert.match(listed.stdout, new RegExp(`^${name} `, "m"));
  const unknown = await rehearse(["region-outrage"]);
  assert.deepEqual(
    [unknown.code, unknown.stderr],
    [2, "rehearse: no rehearsal is called region-outrage; see --list\n"],
  );
  const without = await rehearse(["smoke"], { K6: join(folder, "no-k6") });
  assert.equal(without.code, 2);
  assert.match(without.stderr, /k6 is not installed.*\n.*go install go\.k6\.io\/k6@latest/);
});

test("rehearse smoke: starts Breakwater, asks it, and leaves a page, figures and a picture", { skip }, async () => {
  const { stdout, stderr } = await rehearse(["smoke", "--scale", "0.2"]);
  assert.match(stdout, /^smoke: Four clients/, stderr);
  const { calls, failed, phases, because } = await figuresIn("smoke.json");
  assert.deepEqual([failed, because], [0, {}]);
  assert.ok(calls > 10, `${calls} calls`);
  assert.deepEqual(
    phases.map(({ phase }) => phase),
    ["load"],
  );
  assert.match(
    await readFile(join(folder, "smoke.svg"), "utf8"),
    /^<svg [\s\S]*answers a second, by provider[\s\S]*<\/svg>\n$/,
  );
});

test("rehearse region-errors: strikes the region, heals it, and tells what clients felt", { skip }, async () => {
  const { code, stdout, stderr } = await rehearse(["region-errors", "--short", "--rate", "40"]);
  assert.match(stdout, /^region-errors: /, stderr);
  const figures = await figuresIn("region-errors.json");
  assert.deepEqual(
    figures.phases.map(({ phase }) => phase),
    ["before", "onset", "outage", "recovery", "after"],
  );
  assert.deepEqual(figures.plan.schedule.strikes[0]?.upstreams, ["aws-1", "aws-2", "aws-3"]);
  assert.ok(figures.calls > 500 && figures.availability > 0.9, stdout);
  assert.ok(figures.askedStruck > 0, "who was asked is told");
  assert.ok(figures.timeToDetect !== undefined && figures.lastAskedStruck !== undefined, stdout);
  assert.equal(code, figures.expectations.every(({ met }) => met) ? 0 : 1);
  assert.match(await readFile(join(folder, "region-errors.svg"), "utf8"), />aws, struck</);
});

test("rehearse compare: plays the same outage before each proxy and says who is ahead", { skip }, async () => {
  const only = ["--only", "breakwater,http-proxy", "--outages", "region-errors"];
  const { stdout, stderr } = await rehearse(["compare", ...only, "--scale", "0.05", "--rate", "30"]);
  assert.match(stdout, /\| breakwater +\|[^\n]*\n\| http-proxy +\|/, stderr);
  assert.match(stdout, /^(Nobody is ahead of|Ahead of) breakwater/m);
  const { results } = JSON.parse(await readFile(join(folder, "compare.json"), "utf8"));
  const [breakwater, httpProxy] = results[0].rows;
  for (const { calls, toStruck } of [breakwater, httpProxy]) assert.ok(calls > 50 && toStruck > 0, stdout);
  assert.equal(httpProxy.neverMoved, true, "a proxy without health asks whom it always asked");
  const pictures = (await readdir(folder)).filter((file) => /^compare-.*\.svg$/.test(file));
  assert.deepEqual(pictures.sort(), ["compare-region-errors-breakwater.svg", "compare-region-errors-http-proxy.svg"]);
});
