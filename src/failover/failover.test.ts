import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import { Attempt } from "../core/context.ts";
import type { Decision, Vitals } from "../core/failover.ts";
import type { Answer } from "../core/outcome.ts";
import { failureDomains, type Upstream } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { createFailover } from "./failover.ts";
import { pool } from "./sample-pool.ts";
import type { FailoverOptions } from "./schema.ts";

const well: Vitals = {
  suspicion: 0,
  failing: false,
  passes: 9,
  failingShare: 1,
  rate: 10,
  current: true,
  usualFailures: 0.01,
  symptom: "timeout",
};

/** What 95 of 100 answers take at most. */
const usual = new Map([
  ["read", 50],
  ["logs", 200],
]);

/** A fleet under failover, whose health is whatever the test says. */
function staged(lines: readonly string[], mode: FailoverOptions["mode"] = "act") {
  const clock = new ManualClock();
  const upstreams = pool(...lines);
  const vitals = new Map<Upstream, Vitals>(upstreams.map((one) => [one, well]));
  const rejudged: string[] = [];
  const nudged = new Set<string>();
  let asked = 0;
  let strained = false;
  const decisions: Decision[] = [];
  const failover = createFailover({
    upstreams,
    watcherOf: () => ({
      vitals: (one) => {
        asked++;
        return vitals.get(one) as Vitals;
      },
      usualMs: () => usual,
      nudge: (one) => nudged.add(one.id),
      rejudge: (one) => {
        rejudged.push(one.id);
        if (one.status.condemned !== undefined) one.status.verdict = "ejected";
      },
    }),
    strained: () => strained,
    declared: () => 100,
    options: { mode, reserve: 0.1, survive: "warn" },
    clock,
    random: seededRandom(1),
    decided: (decision) => decisions.push(decision),
  });
  for (const { status } of upstreams) status.confirmed = true;
  const byId = (id: string) => upstreams.find((one) => one.id === id) as Upstream;
  const answers = (...ids: readonly string[]) => {
    for (const id of ids) byId(id).status.heardAt = byId(id).status.goodAt = clock.now();
  };
  const fails = (id: string) => {
    const upstream = byId(id);
    upstream.status.heardAt = clock.now();
    upstream.status.verdict = "suspect";
    vitals.set(upstream, { ...well, suspicion: 1.5, failing: true, passes: 0 });
    failover.changed(upstream, {
      what: "verdict",
      from: "healthy",
      to: "suspect",
      because: "timeout",
      cause: "failing",
    });
  };
  const isWell = (id: string) => {
    const upstream = byId(id);
    upstream.status.verdict = "healthy";
    vitals.set(upstream, well);
    failover.changed(upstream, { what: "verdict", from: "suspect", to: "healthy", because: "", cause: "well" });
  };
  const recovers = (id: string, passes = well.passes) => vitals.set(byId(id), { ...well, passes });
  const condemned = () => upstreams.filter(({ status }) => status.condemned !== undefined).map(({ id }) => id);
  const actions = () => decisions.map(({ action, subject }) => `${action} ${subject}`);
  /** Time passes while these go on answering. */
  const passes = async (ms: number, ...ids: readonly string[]) => {
    for (let at = 0; at < ms; at += 100) {
      answers(...ids);
      await clock.advance(100);
    }
  };
  const vitalsAsked = () => asked;
  return {
    vitalsAsked,
    clock,
    failover,
    decisions,
    nudged,
    rejudged,
    strain: (is: boolean) => {
      strained = is;
    },
    loads: (id: string, rate: number) => vitals.set(byId(id), { ...(vitals.get(byId(id)) as Vitals), rate }),
    byId,
    answers,
    fails,
    isWell,
    recovers,
    condemned,
    actions,
    passes,
  };
}

const fleet = [
  "a1 aws/east",
  "a2 aws/east",
  "a3 aws/east",
  "a4 aws/west",
  "h1 hetzner/fsn",
  "h2 hetzner/fsn",
  "o1 ovh/gra",
];
const outside = ["a4", "h1", "h2", "o1"];

test("failover: a region whose members fail together is taken out as a whole, on the record, and nobody else is", async () => {
  const stage = staged(fleet);
  await stage.passes(1_000, "a1", "a2", "a3", ...outside);
  stage.fails("a1");
  assert.ok(
    ["a2", "a3", "a4"].every((id) => stage.nudged.has(id)),
    "all who share a domain are asked",
  );
  assert.ok(
    ["h1", "h2", "o1"].some((id) => stage.nudged.has(id)),
    "and somebody outside",
  );
  await stage.passes(300, ...outside);
  stage.fails("a2");
  await stage.clock.advance(10);
  assert.deepEqual([stage.actions(), stage.condemned()], [["watch region:aws/east"], []]);
  assert.deepEqual([stage.byId("a3").status.watched, stage.byId("h1").status.watched], [true, false]);
  await stage.passes(300, ...outside);
  stage.fails("a3");
  await stage.passes(100, ...outside);
  assert.deepEqual(stage.actions(), ["watch region:aws/east", "open region:aws/east"]);
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3"]);
  assert.ok(["a1", "a2", "a3"].every((id) => stage.rejudged.includes(id)));
  const [record] = stage.failover.decisions();
  assert.match(record?.because ?? "", /^3 of 3 members fail, log-odds 1\d\.\d$/);
  assert.deepEqual(
    record?.evidence.map(({ upstream, symptom }) => [upstream, symptom]),
    [
      ["a1", "timeout"],
      ["a2", "timeout"],
      ["a3", "timeout"],
    ],
  );
  assert.ok(
    record?.rivals.some(({ subject, logOdds }) => subject === "provider:aws" && logOdds < (record.logOdds ?? 0)),
  );
  assert.ok(Math.abs((record?.moved.reduce((sum, { share }) => sum + share, 0) ?? 0) - 1) < 1e-9);
  assert.deepEqual(
    stage.failover.domains().map(({ domain, phase }) => [domain, phase]),
    [["region:aws/east", "open"]],
  );
  stage.failover.stop();
});

test("failover: what began as a region turns out to be the provider when its other region follows", async () => {
  const stage = staged([...fleet, "a5 aws/west", "o2 ovh/gra", "g1 gcp/iowa"]);
  const others = outside.filter((id) => id !== "a4");
  await stage.passes(500, "a1", "a2", "a3", "a5", ...outside);
  for (const id of ["a1", "a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, "a5", ...outside);
  }
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3"]);
  for (const id of ["a4", "a5"]) {
    await stage.passes(500, ...others);
    stage.fails(id);
  }
  await stage.passes(200, ...others);
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3", "a4", "a5"]);
  assert.equal(stage.actions().at(-1), "open provider:aws");
  stage.failover.stop();
});

for (const [outageMs, steps] of [
  [0, [0.3, 0.6, 0.99, 1]],
  [60_000, [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1]],
] as const) {
  test(`failover: a region that is well again after ${outageMs / 1_000} s gets its traffic back in ${steps.length} steps`, async () => {
    const stage = staged(fleet);
    for (const id of ["a1", "a2", "a3"]) {
      stage.fails(id);
      await stage.passes(100, ...outside);
    }
    await stage.passes(outageMs, ...outside);
    for (const id of ["a1", "a2", "a3"]) stage.recovers(id);
    const all = ["a1", "a2", "a3", ...outside];
    const { status } = stage.byId("a1");
    const shares: number[] = [];
    for (let look = 0; look < 2_400; look++) {
      await stage.passes(100, ...all);
      if (status.condemned === undefined && status.allowance !== shares.at(-1)) shares.push(status.allowance);
    }
    assert.deepEqual(shares, steps);
    assert.deepEqual([stage.actions().at(-1), stage.failover.domains()], ["close region:aws/east", []]);
    stage.failover.stop();
  });
}

test("failover: what clients happen to ask for plays no part in how a region comes back", async () => {
  const stage = staged(fleet);
  const members = ["a1", "a2", "a3"];
  for (const id of members) {
    stage.fails(id);
    await stage.passes(100, ...outside);
  }
  for (const id of members) stage.recovers(id);
  /** Every 20 ms a log query is answered in 150 ms, three times what 95 of 100 other reads take. */
  const ask = async (className: string, ms: number, untilMs: number) => {
    for (let at = 0; at < untilMs; at += 20) {
      const upstream = stage.byId(members[(at / 20) % 3] as string);
      const attempt = new Attempt(upstream, "primary", stage.clock.now(), className);
      attempt.endedAt = stage.clock.now() + ms;
      attempt.outcome = { ok: true } as Answer;
      if (upstream.status.condemned === undefined) stage.failover.attempted({} as Call, attempt);
      stage.answers(...members, ...outside);
      await stage.clock.advance(20);
    }
  };
  await ask("logs", 150, 20_000);
  assert.equal(stage.byId("a1").status.allowance, 0.99);
  assert.ok(stage.decisions.every(({ because }) => !because.includes("slow")));
  stage.strain(true);
  await ask("read", 150, 3_000);
  assert.ok(
    stage.decisions.every(({ because }) => !because.includes("slow")),
    "while all have too many calls, all are late",
  );
  stage.strain(false);
  await ask("read", 150, 3_000);
  assert.match(stage.decisions.at(-1)?.because ?? "", /answers were slow/);
  stage.failover.stop();
});

test("failover: once its hold is over, members that begin to pass probes are asked again at once", async () => {
  const stage = staged(fleet);
  for (const id of ["a1", "a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, ...outside);
  }
  await stage.passes(2_000, ...outside);
  const nudgedIn = async (ms: number) => {
    stage.nudged.clear();
    await stage.passes(ms, ...outside);
    return [...stage.nudged];
  };
  stage.recovers("a1", 1);
  assert.deepEqual(await nudgedIn(1_000), []);
  await stage.passes(5_000, ...outside);
  assert.deepEqual(await nudgedIn(200), ["a1"]);
  stage.recovers("a1", 7);
  assert.deepEqual(await nudgedIn(200), []);
  stage.failover.stop();
});

test("failover: a look that a bug ended is not the last", async () => {
  const stage = staged(fleet);
  await stage.passes(1_000, "a1", "a2", "a3", ...outside);
  const { status } = stage.byId("o1");
  Object.defineProperty(status, "heardAt", {
    configurable: true,
    get() {
      throw new Error("a bug");
    },
  });
  assert.throws(() => stage.fails("a1"), /a bug/);
  Object.defineProperty(status, "heardAt", { value: stage.clock.now(), writable: true });
  for (const id of ["a2", "a3"]) {
    await stage.passes(100, ...outside);
    stage.fails(id);
  }
  await stage.passes(100, ...outside);
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3"]);
  stage.failover.stop();
});

test("failover: what lies within a provider that is out is not taken out once more", async () => {
  const stage = staged([...fleet, "a5 aws/west", "a6 aws/west", "a7 aws/north", "o2 ovh/gra", "g1 gcp/iowa"]);
  const others = ["h1", "h2", "o1", "o2", "g1"];
  await stage.passes(500, "a1", "a2", "a3", "a4", "a5", "a6", "a7", ...others);
  for (const id of ["a4", "a5", "a7", "a1"]) {
    stage.fails(id);
    await stage.passes(100, "a2", "a3", "a6", ...others);
  }
  assert.deepEqual(stage.actions().at(-1), "open provider:aws");
  assert.ok(!stage.condemned().includes("a2"));
  await stage.passes(6_000, "a2", "a3", "a6", ...others);
  for (const id of ["a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, ...others);
  }
  await stage.passes(1_000, "a6", ...others);
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3", "a4", "a5", "a7"]);
  assert.ok(!stage.actions().includes("open region:aws/east"), `${stage.actions()}`);
  stage.failover.stop();
});

test("failover: while nobody at all answers the fault is ours, so nobody is taken out until somebody answers", async () => {
  const stage = staged(fleet);
  await stage.passes(1_000, "a1", "a2", "a3", ...outside);
  for (const id of ["a1", "h1", "a2", "o1", "a3", "h2", "a4"]) {
    stage.fails(id);
    await stage.passes(50);
  }
  await stage.passes(500);
  assert.deepEqual(stage.condemned(), []);
  assert.match(stage.failover.impaired() ?? "", /not one of 7 upstreams has answered/);
  await stage.passes(200, "o1");
  assert.equal(stage.failover.impaired(), undefined);
  const own = stage.decisions.filter(({ action }) => action === "self").map(({ because }) => because);
  assert.deepEqual(own, [
    "not one of 7 upstreams answers; nobody is taken out",
    "upstreams answer again after 1s300ms",
  ]);
  stage.failover.stop();
});

test("failover: what fails in the echo of our own outage takes nothing out, and nobody is thought flaky for it", async () => {
  const stage = staged(fleet);
  await stage.passes(1_000, "a1", "a2", "a3", ...outside);
  for (const id of ["h1", "h2", "o1", "a4", "a1", "a2", "a3"]) stage.fails(id);
  await stage.passes(3_000);
  assert.ok(stage.failover.impaired());
  for (const id of ["a1", "a2", "a3", ...outside]) stage.isWell(id);
  await stage.passes(1_000, ...outside);
  for (const id of ["a1", "a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, ...outside);
  }
  await stage.passes(1_000, ...outside);
  assert.deepEqual([stage.failover.impaired(), stage.condemned()], [undefined, []]);
  for (const id of ["a1", "a2", "a3", ...outside]) stage.isWell(id);
  await stage.passes(15_000, "a1", "a2", "a3", ...outside);
  for (const id of ["a1", "a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, ...outside);
  }
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3"]);
  assert.match(stage.decisions.find(({ action }) => action === "open")?.because ?? "", /log-odds 14/);
  stage.failover.stop();
});

test("failover: a member that goes on answering is spared, until it fails too", async () => {
  const stage = staged(["a0 aws/east", ...fleet]);
  await stage.passes(500, "a0", "a1", "a2", "a3", ...outside);
  for (const id of ["a1", "a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, "a0", ...outside);
  }
  assert.deepEqual([stage.condemned(), stage.decisions.at(-1)?.spared], [["a1", "a2", "a3"], ["a0"]]);
  stage.fails("a0");
  await stage.passes(100, ...outside);
  assert.deepEqual(stage.condemned(), ["a0", "a1", "a2", "a3"]);
  stage.failover.stop();
});

test("failover: a network of which nobody else serves keeps its upstreams when their domain goes", async () => {
  const stage = staged([...fleet, "b1 aws/east - base", "b2 aws/east - base"]);
  await stage.passes(500, ...outside);
  for (const id of ["a1", "a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, ...outside);
  }
  assert.ok(stage.condemned().includes("a1"));
  assert.equal(stage.byId("b1").status.condemned, undefined);
  stage.failover.stop();
});

test("failover: in shadow all is decided and nothing done; off, nothing is decided", async () => {
  for (const [mode, decided] of [
    ["shadow", ["watch region:aws/east", "open region:aws/east"]],
    ["off", []],
  ] as const) {
    const stage = staged(fleet, mode);
    await stage.passes(500, "a1", "a2", "a3", ...outside);
    for (const id of ["a1", "a2", "a3"]) {
      stage.fails(id);
      await stage.passes(100, ...outside);
    }
    assert.deepEqual([stage.actions(), stage.condemned()], [decided, []], mode);
    assert.ok(stage.decisions.every(({ shadow }) => shadow));
    assert.equal(stage.byId("a1").status.watched, false);
    stage.failover.stop();
  }
});

test("failover: orders drain or force a domain, a label of one upstream or an upstream, are on the record and end", async () => {
  const stage = staged(fleet);
  const drain = { what: "drain", share: 0, by: "ops", forMs: 60_000 } as const;
  assert.ok(!("problem" in stage.failover.order({ ...drain, target: "region:aws/east" })));
  assert.match(stage.byId("a1").status.drained ?? "", /drained with region:aws\/east by ops/);
  assert.equal(stage.byId("a4").status.drained, undefined);
  assert.ok(!("problem" in stage.failover.order({ ...drain, target: "region:ovh/gra", share: 0.5 })));
  assert.deepEqual([stage.byId("o1").status.drained, stage.byId("o1").status.allowance], [undefined, 0.5]);
  assert.ok(!("problem" in stage.failover.order({ ...drain, target: "upstream:h1", what: "force", share: 1 })));
  assert.equal(stage.byId("h1").status.forced, true);
  assert.deepEqual(stage.failover.order({ ...drain, target: "region:mars" }), {
    problem: "no upstream belongs to region:mars",
  });
  stage.failover.lift("upstream:h1", "ops");
  assert.equal(stage.byId("h1").status.forced, false);
  await stage.clock.advance(60_000);
  assert.deepEqual([stage.byId("a1").status.drained, stage.byId("o1").status.allowance], [undefined, 1]);
  assert.deepEqual(stage.actions(), [
    "drain region:aws/east",
    "drain region:ovh/gra",
    "force upstream:h1",
    "lift upstream:h1",
    "lift region:aws/east",
    "lift region:ovh/gra",
  ]);
  stage.failover.stop();
});

test("failover: that a chain stands still is on the record once, that it moves again too, and nobody is taken out for it", async () => {
  for (const mode of ["act", "shadow", "off"] as const) {
    const stage = staged(fleet, mode);
    await stage.passes(200_000, "a1", "a2", "a3", ...outside);
    stage.failover.halted("ethereum", { since: 76_400, height: 19_000_000 });
    await stage.passes(1_000, "a1", "a2", "a3", ...outside);
    stage.failover.halted("base", undefined);
    stage.failover.halted("ethereum", undefined);
    const told = stage.decisions.map(({ action, subject, because, shadow }) => [action, subject, because, shadow]);
    const halt = ["halt", "network:ethereum"];
    const all = [
      [...halt, "no upstream has had a block after 19000000 for 2m4s", false],
      [...halt, "moves again after 2m5s", false],
    ];
    assert.deepEqual([told, stage.condemned(), stage.failover.domains()], [mode === "off" ? [] : all, [], []], mode);
    stage.failover.stop();
  }
});

/** From now on this client is observed at an upstream; how often its labels are read is counted. */
function observe(upstream: Upstream, client: string | undefined) {
  const counter = { reads: 0 };
  const coordinates = { ...upstream.coordinates, client, sources: { client: "observed" } } as const;
  const labels = failureDomains(coordinates);
  Object.defineProperty(upstream, "coordinates", { value: coordinates });
  Object.defineProperty(upstream, "failureDomains", {
    configurable: true,
    get() {
      counter.reads++;
      return labels;
    },
  });
  return counter;
}

test("failover: labels that are observed make domains, with one look at all of them however many they are", async () => {
  const stage = staged(fleet);
  const named = () => {
    const all = stage.failover.domains(true).filter(({ domain }) => domain.startsWith("client:"));
    return all.map(({ domain, source, members }) => [domain, source, members.length]);
  };
  const counters = ["a1", "h1", "o1"].map((id) => observe(stage.byId(id), "geth"));
  for (let again = 0; again < 1_000; again++) stage.failover.relabelled();
  await stage.clock.advance(2_900);
  assert.deepEqual([named(), counters.map(({ reads }) => reads)], [[], [0, 0, 0]]);
  await stage.clock.advance(200);
  assert.deepEqual(named(), [["client:geth", "observed", 3]]);
  assert.deepEqual(
    counters.map(({ reads }) => reads),
    [1, 1, 1],
  );
  observe(stage.byId("h2"), "geth");
  stage.failover.relabelled();
  await stage.clock.advance(29_000);
  assert.deepEqual(named(), [["client:geth", "observed", 3]], "labels stand for half a minute");
  await stage.clock.advance(1_100);
  assert.deepEqual(named(), [["client:geth", "observed", 4]]);
  observe(stage.byId("a2"), "geth");
  stage.failover.relabelled();
  stage.failover.stop();
  await stage.clock.advance(60_000);
  assert.deepEqual(named(), [["client:geth", "observed", 4]], "none is made after the end");
});

test("failover: a domain of observed labels is taken out like any other", async () => {
  const others = ["a1 aws", "a2 aws", "a3 aws", "h1 hetzner", "h2 hetzner", "h3 hetzner"];
  const stage = staged([...others, "g1 aws", "g2 hetzner", "g3 ovh"]);
  const rest = others.map((line) => line.slice(0, 2));
  for (const id of ["g1", "g2", "g3"]) observe(stage.byId(id), "geth");
  stage.failover.relabelled();
  await stage.passes(4_000, "g1", "g2", "g3", ...rest);
  for (const id of ["g1", "g2", "g3"]) {
    stage.fails(id);
    await stage.passes(100, ...rest);
  }
  assert.deepEqual([stage.actions().at(-1), stage.condemned()], ["open client:geth", ["g1", "g2", "g3"]]);
  stage.failover.stop();
});

/** A fleet whose geth is out, but for the one that still answers. */
async function withoutGeth() {
  const lines = [
    "g0 gcp geth",
    "g1 aws geth",
    "g2 hetzner geth",
    "g3 ovh geth",
    "x1 gcp",
    "x2 aws",
    "x3 hetzner",
    "x4 ovh",
  ];
  const stage = staged(lines.map((line) => line.replace(/^(\w+) (\w+)/, "$1 $2/$2")));
  const rest = ["g0", "x1", "x2", "x3", "x4"];
  await stage.passes(500, "g1", "g2", "g3", ...rest);
  for (const id of ["g1", "g2", "g3"]) {
    stage.fails(id);
    await stage.passes(100, ...rest);
  }
  const [open] = stage.failover.domains();
  assert.deepEqual([open?.domain, open?.phase, stage.condemned()], ["client:geth", "open", ["g1", "g2", "g3"]]);
  const relabelled = async () => {
    stage.failover.relabelled();
    await stage.passes(3_000, ...rest);
  };
  return { stage, relabelled, open };
}

test("failover: a domain that is out stays out when others turn out to belong to it, and these serve on while they are well", async () => {
  const { stage, relabelled, open } = await withoutGeth();
  observe(stage.byId("x1"), "geth");
  await relabelled();
  const [still] = stage.failover.domains();
  assert.deepEqual([still?.domain, still?.phase, still?.since], [open?.domain, open?.phase, open?.since]);
  assert.deepEqual([still?.members.length, stage.condemned()], [5, ["g1", "g2", "g3"]]);
  stage.fails("x1");
  await stage.passes(100, "g0", "x2", "x3", "x4");
  assert.deepEqual(stage.condemned(), ["g1", "g2", "g3", "x1"]);
  stage.failover.stop();
});

test("failover: who turns out not to belong to a domain that is out is let go, and so are all when it is none any more", async () => {
  const { stage, relabelled } = await withoutGeth();
  observe(stage.byId("g1"), "reth");
  await relabelled();
  assert.deepEqual(stage.condemned(), ["g2", "g3"]);
  for (const id of ["g0", "g2"]) observe(stage.byId(id), undefined);
  await stage.passes(28_000, "g0", "x1", "x2", "x3", "x4");
  await relabelled();
  assert.deepEqual([stage.condemned(), stage.failover.domains()], [[], []]);
  const last = stage.decisions.at(-1);
  assert.deepEqual([last?.action, last?.subject], ["close", "client:geth"]);
  stage.failover.stop();
});

test("failover: an order for a label is about whoever carries it, and one for two labels lasts when they become one domain", async () => {
  const stage = staged([
    "a1 aws/east geth",
    "a2 aws/east geth",
    "a3 aws/east",
    "h1 hetzner/fsn",
    "h2 hetzner/fsn reth",
  ]);
  const drained = () => [..."a1 a2 a3 h1".split(" ")].filter((id) => stage.byId(id).status.drained !== undefined);
  const drain = { what: "drain", share: 0, by: "ops", forMs: 60_000 } as const;
  for (const target of ["client:geth", "region:aws/east & client:geth"]) {
    assert.ok(!("problem" in stage.failover.order({ ...drain, target })));
  }
  assert.deepEqual(drained(), ["a1", "a2"]);
  for (const id of ["a3", "h1"]) observe(stage.byId(id), "geth");
  stage.failover.relabelled();
  await stage.clock.advance(3_000);
  assert.deepEqual(drained(), ["a1", "a2", "a3", "h1"]);
  stage.failover.lift("client:geth", "ops");
  assert.deepEqual(drained(), ["a1", "a2", "a3"]);
  await stage.clock.advance(60_000);
  assert.deepEqual(drained(), []);
  stage.failover.stop();
});

test("failover: who was spared keeps all of its traffic while the others are out and while they come back", async () => {
  const stage = staged(["a0 aws/east", ...fleet]);
  await stage.passes(500, "a0", "a1", "a2", "a3", ...outside);
  for (const id of ["a1", "a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, "a0", ...outside);
  }
  for (const id of ["a1", "a2", "a3"]) stage.recovers(id);
  const all = ["a0", "a1", "a2", "a3", ...outside];
  for (let second = 0; second < 8; second++) {
    await stage.passes(1_000, ...all);
    const { condemned, allowance } = stage.byId("a0").status;
    assert.deepEqual([condemned, allowance], [undefined, 1], `after ${second + 1} s`);
  }
  assert.equal(stage.actions().at(-1), "ramp region:aws/east");
  assert.equal(stage.byId("a1").status.allowance, 0.3);
  stage.failover.stop();
});

test("failover: who else serves a network is looked at again for as long as a domain is out", async () => {
  const stage = staged([...fleet, "b1 aws/east - base", "b2 aws/east - base", "b3 hetzner/fsn - base"]);
  await stage.passes(500, ...outside);
  for (const id of ["a1", "a2", "a3", "b1"]) {
    stage.fails(id);
    await stage.passes(100, "b3", ...outside);
  }
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3", "b1", "b2"]);
  stage.byId("b3").status.verdict = "ejected";
  await stage.passes(100, ...outside);
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3"], "nobody serves base but them");
  stage.byId("b3").status.verdict = "healthy";
  await stage.passes(100, "b3", ...outside);
  assert.deepEqual(stage.condemned(), ["a1", "a2", "a3", "b1", "b2"]);
  stage.failover.stop();
});

test("failover: what an operator forces into service has all of its traffic while its domain comes back", async () => {
  const stage = staged(fleet);
  for (const id of ["a1", "a2", "a3"]) {
    stage.fails(id);
    await stage.passes(100, ...outside);
  }
  for (const id of ["a1", "a2", "a3"]) stage.recovers(id);
  stage.failover.order({ target: "upstream:a1", what: "force", share: 1, by: "ops", forMs: 600_000 });
  await stage.passes(7_000, "a1", "a2", "a3", ...outside);
  assert.equal(stage.actions().at(-1), "ramp region:aws/east");
  const allowances = ["a1", "a2"].map((id) => stage.byId(id).status.allowance);
  assert.deepEqual(allowances, [1, 0.3]);
  stage.failover.order({ target: "region:aws/east", what: "drain", share: 0.5, by: "ops", forMs: 600_000 });
  assert.equal(stage.byId("a1").status.allowance, 0.5, "what another order says still holds");
  stage.failover.stop();
});

test("failover: one that has become slower for good is not kept out for ever", async () => {
  const stage = staged(fleet);
  const members = ["a1", "a2", "a3"];
  for (const id of members) {
    stage.fails(id);
    await stage.passes(100, ...outside);
  }
  for (const id of members) stage.recovers(id);
  const call = {} as Call;
  // Every other answer takes more than 1.5 times what 95 of 100 took.
  for (let step = 0; step < 36_000 && stage.actions().at(-1) !== "close region:aws/east"; step++) {
    stage.answers(...members, ...outside);
    const upstream = stage.byId(members[step % 3] as string);
    const attempt = new Attempt(upstream, "primary", stage.clock.now(), "read");
    attempt.endedAt = stage.clock.now() + (step % 2 === 0 ? 100 : 40);
    attempt.outcome = { ok: true } as Answer;
    if (upstream.status.condemned === undefined) stage.failover.attempted(call, attempt);
    await stage.clock.advance(100);
  }
  const minutes = stage.clock.now() / 60_000;
  assert.ok(minutes > 30 && minutes < 50, `back after ${minutes} minutes`);
  assert.equal(stage.byId("a1").status.allowance, 1);
  stage.failover.stop();
});

test("failover: when hundreds fail in one moment, few looks are taken at all of them", async () => {
  const lines = Array.from({ length: 400 }, (_, index) => `u${index} p${index % 4}/r${index % 8}`);
  const stage = staged(lines);
  const ids = lines.map((line) => line.split(" ")[0] as string);
  const bad = ids.filter((_, index) => index % 4 === 0);
  const good = ids.filter((_, index) => index % 4 !== 0);
  await stage.passes(100, ...ids);
  stage.answers(...good);
  for (const id of bad) stage.fails(id);
  await stage.passes(200, ...good);
  assert.deepEqual(stage.condemned(), bad);
  assert.ok(stage.vitalsAsked() < 20 * ids.length, `${stage.vitalsAsked()} vitals were asked for`);
  stage.failover.stop();
});

test("failover: members that were suspect for being behind, and then fail together, take their region out", async () => {
  const stage = staged(fleet);
  const members = ["a1", "a2", "a3"];
  const turn = (id: string, to: "suspect" | "ejected", cause: "stale" | "failing") =>
    stage.failover.changed(stage.byId(id), { what: "verdict", from: "healthy", to, because: "", cause });
  for (const id of members) {
    turn(id, "suspect", "stale");
    await stage.passes(8_000, ...members, ...outside);
  }
  assert.deepEqual(stage.actions(), []);
  for (const id of members) {
    turn(id, "ejected", "failing");
    await stage.passes(100, ...outside);
  }
  assert.equal(stage.actions().at(-1), "open region:aws/east");
  stage.failover.stop();
});

test("failover: what a domain keeps for want of others does not come and go with each call, and the network panics", async () => {
  const stage = staged(fleet);
  const passes = (ms: number) => stage.passes(ms, "a1", "a2", "a3", ...outside);
  /** Each bears 100 calls a second, of which a tenth stays free; the region has 30 in all. */
  const load = (each: number) => {
    for (const id of outside) stage.loads(id, each);
  };
  load(88);
  for (const id of ["a1", "a2", "a3"]) {
    await passes(100);
    stage.fails(id);
  }
  await passes(300);
  const { status } = stage.byId("a1");
  assert.deepEqual([status.condemned, status.allowance], [undefined, 0.5]);
  const because = "region:aws/east is out and keeps a part of its traffic, as the others cannot bear all of it";
  assert.deepEqual(
    stage.failover.panics().map((panic) => panic.because),
    [because],
  );
  load(80);
  await passes(300);
  assert.equal(status.condemned, undefined);
  load(60);
  await passes(300);
  assert.notEqual(status.condemned, undefined);
  assert.deepEqual(stage.failover.panics(), []);
  assert.deepEqual(
    stage.actions().filter((action) => action.startsWith("panic")),
    ["panic network:ethereum", "panic network:ethereum"],
  );
  stage.failover.stop();
});
