import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { advance } from "./phases.ts";
import { type DomainSigns, type DomainStanding, newDomain } from "./standing.ts";

const well: DomainSigns = {
  logOdds: Number.NEGATIVE_INFINITY,
  best: true,
  control: true,
  alone: false,
  keeps: 0,
  allowed: true,
  members: 3,
  answering: 3,
  passing: 3,
  failing: 0,
  gate: "pass",
  gateBecause: "4 of 60 attempts failed",
  token: true,
};
const down: Partial<DomainSigns> = { logOdds: 9, answering: 0, passing: 0, failing: 3 };
const still: Partial<DomainSigns> = { ...down, logOdds: Number.NEGATIVE_INFINITY };

/** No jitter: chance is in the middle. */
const even = () => 0.5;

/** Takes a domain through signs at times. */
function through(steps: readonly (readonly [now: number, signs: Partial<DomainSigns>])[], from = newDomain(0)) {
  return steps.reduce((standing, [now, signs]) => advance(standing, { ...well, ...signs }, now, even), from);
}

const closed = newDomain(0);
const watch = through([[0, { logOdds: 2 }]]);
const slowed = through([[0, { ...down, allowed: false }]]);
const withheld = through([[3_000, { ...down, allowed: false }]], slowed);
const calm = through([[5_000, {}]], watch);
const open = through([[0, down]]);
const trial = through([[10_000, { ...still, failing: 1 }]], open);
const ready = through([[10_000, { token: false }]], open);
const quick = through([[5_000, {}]], open);
const ramp = through([[10_000, {}]], { ...open, strikes: 2 });
const half = through(
  [13_000, 16_000, 19_000, 22_000].map((now) => [now, {}] as const),
  ramp,
);
const warned = through([[23_000, { gate: "fail" }]], half);
const recovering = through(
  [26_000, 29_000].map((now) => [now, {}] as const),
  warned,
);
const full: DomainStanding = { ...ramp, share: 1, stepAt: 50_000 };

test("phases: each standing turns as the signs say", () => {
  const table: [string, DomainStanding, Partial<DomainSigns>, number, string, number?][] = [
    ["nothing", closed, {}, 0, "closed", 1],
    ["less likely than not", closed, { logOdds: 0 }, 0, "closed"],
    ["more likely than not", closed, { logOdds: 0.1 }, 0, "watch", 1],
    ["likely, but another explanation is better", closed, { logOdds: 9, best: false }, 0, "closed"],
    ["certain", closed, down, 0, "open", 0],
    ["certain, the others bear it in part", closed, { ...down, keeps: 0.3 }, 0, "open", 0.3],
    ["not certain enough", watch, { logOdds: 4.6 }, 0, "watch"],
    ["certain after a watch", watch, { ...down, logOdds: 4.7 }, 0, "open"],
    ["nobody outside answers", watch, { ...down, control: false }, 0, "watch", 1],
    ["nobody else serves", watch, { ...down, alone: true }, 0, "watch", 1],
    ["enough was taken out", watch, { ...down, allowed: false }, 0, "watch", 1],
    ["withheld, onsets grew old, still down", withheld, { ...still, failing: 2 }, 10_000, "open"],
    ["withheld, onsets grew old, up again", withheld, { ...still, failing: 1 }, 10_000, "watch"],
    ["calm, not yet for long", calm, {}, 14_999, "watch"],
    ["calm for long", calm, {}, 15_000, "closed"],
    ["a fifth is likely enough to go on watching", calm, { logOdds: -1.3 }, 15_000, "watch"],
    ["well, too soon", open, {}, 4_999, "open", 0],
    ["still failing, too soon", open, still, 4_999, "open"],
    ["the others bear less than before", open, { ...still, keeps: 0.2 }, 4_999, "open", 0.2],
    ["well when the hold is over", open, {}, 5_000, "ramping", 0.3],
    ["well when the hold is over, more must be kept", open, { keeps: 0.4 }, 5_000, "ramping", 0.4],
    ["well when a second hold is over", { ...open, strikes: 2 }, {}, 5_000, "ramping", 0.05],
    ["well when the hold is over, it fell again meanwhile", { ...open, edges: [0, 1] }, {}, 5_000, "ramping", 0.05],
    ["well after a minute", open, {}, 60_000, "ramping", 0.05],
    ["still failing when the hold is over", open, still, 5_000, "half_open", 0],
    ["two of three pass", trial, { passing: 2, failing: 1 }, 10_100, "ramping"],
    ["one of three passes", trial, { passing: 1, failing: 1 }, 99_000, "half_open"],
    ["one of three passes, two fail", trial, { passing: 1, failing: 2 }, 13_000, "half_open"],
    ["one of two passes", trial, { members: 2, passing: 1, failing: 0 }, 13_000, "half_open"],
    ["one of two fails", trial, { members: 2, passing: 1, failing: 1 }, 13_000, "half_open"],
    ["one of two fails, after long", trial, { members: 2, passing: 1, failing: 1 }, 600_001, "ramping"],
    ["all fail, after long", trial, { ...still, passing: 0 }, 600_001, "half_open"],
    ["four of six pass", trial, { members: 6, passing: 4, failing: 2 }, 13_000, "ramping"],
    ["three of six fail", trial, { members: 6, passing: 3, failing: 3 }, 13_000, "half_open"],
    ["not its turn", trial, { token: false }, 13_000, "half_open", 0],
    ["its turn at last", ready, {}, 99_000, "ramping"],
    ["waits, then fails", ready, still, 99_000, "open"],
    ["passed on the quick way, the step is not over", quick, {}, 5_499, "ramping", 0.3],
    ["passed on the quick way, the step is over", quick, {}, 5_500, "ramping", 0.6],
    ["a gate fails on the quick way", quick, { gate: "fail" }, 5_100, "ramping", 0.15],
    ["passed, the step is not over", ramp, {}, 12_999, "ramping", 0.05],
    ["passed, the step is over", ramp, {}, 13_000, "ramping", 0.1],
    ["not passed yet", ramp, { gate: "wait" }, 99_000, "ramping", 0.05],
    ["a gate fails", half, { gate: "fail" }, 22_100, "ramping", 0.2],
    ["a gate fails, while nobody answers", half, { gate: "fail", control: false }, 22_100, "ramping", 0.4],
    ["a second gate fails", warned, { gate: "fail" }, 24_000, "open", 0],
    ["a gate fails at the least share", ramp, { gate: "fail" }, 10_100, "ramping", 0.05],
    ["a gate fails, some must be kept", half, { gate: "fail", keeps: 0.3 }, 22_100, "ramping", 0.3],
    ["a gate fails, more must be kept", half, { gate: "fail", keeps: 0.9 }, 22_100, "ramping", 0.4],
    ["a gate fails some steps after another", recovering, { gate: "fail" }, 40_000, "ramping", 0.2],
    ["the others cannot bear so much", ramp, { gate: "wait", keeps: 0.3 }, 10_100, "ramping", 0.3],
    ["all members fail again", half, still, 22_100, "open"],
    ["one member fails again", half, { failing: 1 }, 22_100, "ramping"],
    ["certain again", half, { logOdds: 9 }, 22_100, "open"],
    ["certain again, while nobody answers", half, { ...down, control: false }, 22_100, "ramping"],
    ["all traffic, not for long", full, {}, 79_999, "ramping", 1],
    ["all traffic for long", full, {}, 80_000, "closed", 1],
    ["all traffic for long, too little to say", full, { gate: "wait" }, 80_000, "ramping", 1],
    ["all members left", open, { members: 0 }, 100, "closed", 1],
  ];
  for (const [name, standing, signs, now, phase, share] of table) {
    const next = advance(standing, { ...well, ...signs }, now, even);
    assert.equal(next.phase, phase, name);
    if (share !== undefined) assert.equal(next.share, share, name);
  }
});

test("phases: what does not change stays the same object", () => {
  const table: [DomainStanding, Partial<DomainSigns>][] = [
    [closed, {}],
    [watch, { logOdds: 2 }],
    [slowed, { ...down, allowed: false }],
    [withheld, { ...down, allowed: false }],
    [calm, {}],
    [open, still],
    [trial, { ...still, failing: 1 }],
    [ready, { token: false }],
    [ramp, { gate: "wait" }],
    [ramp, {}],
  ];
  for (const [standing, signs] of table) {
    assert.equal(advance(standing, { ...well, ...signs }, standing.since + 4_900, even).phase, standing.phase);
    const once = advance(standing, { ...well, ...signs }, standing.since + 2_000, even);
    assert.equal(advance(once, { ...well, ...signs }, standing.since + 2_100, even), once, standing.because);
  }
});

test("phases: says what withholds a domain from being taken out, in the order that an operator would ask", () => {
  const table: [Partial<DomainSigns>, string, RegExp][] = [
    [
      { control: false, alone: true },
      "control",
      /3 of 3 members fail, log-odds 9\.0; not taken out: nobody outside answered/,
    ],
    [{ alone: true, allowed: false }, "alone", /nobody else serves/],
    [{ allowed: false }, "velocity", /enough was taken out for now/],
  ];
  for (const [signs, reason, because] of table) {
    const at = (now: number) => [now, { ...down, ...signs }] as const;
    const standing = through([at(0), at(3_000)]);
    assert.equal(standing.withheld, reason);
    assert.match(standing.because, because);
  }
  assert.equal(through([[1, { ...still, failing: 0 }]], withheld).withheld, undefined);
  assert.equal(through([[1, down]], withheld).withheld, undefined);
});

test("phases: what the pace of automation keeps in service for a moment only is not told", () => {
  const still = { ...down, allowed: false };
  assert.deepEqual([slowed.phase, slowed.withheld], ["watch", undefined]);
  assert.equal(through([[2_999, still]], slowed).withheld, undefined);
  assert.equal(through([[3_000, still]], slowed).withheld, "velocity");
  assert.equal(through([[2_999, down]], slowed).phase, "open");
  const over = through([[1_000, { logOdds: 0 }]], slowed);
  assert.equal(through([[9_000, still]], over).withheld, undefined, "it was not so all the time");
  // Something else stood in the way meanwhile: the time begins anew.
  const other = through([[1_000, { ...down, control: false }]], slowed);
  assert.equal(through([[3_000, still]], other).withheld, "control");
  assert.equal(
    through(
      [
        [3_000, still],
        [6_000, still],
      ],
      other,
    ).withheld,
    "velocity",
  );
});

test("phases: that another domain comes back first is said only when one does", () => {
  assert.equal(ready.because, "3 of 3 members pass probes");
  const waiting = through([[10_100, { token: false }]], ready);
  assert.equal(waiting.because, "3 of 3 members pass probes; another domain comes back first");
  assert.equal(through([[10_200, { token: false, passing: 2 }]], waiting), waiting);
  assert.equal(through([[10_100, {}]], ready).phase, "ramping");
});

test("phases: after a gate failed nothing is quick any more", () => {
  const back = through([[5_100, { gate: "fail" }]], quick);
  assert.deepEqual([quick.rampMs, back.rampMs], [0, 30_000]);
  assert.equal(through([[8_100, {}]], back).share, 0.2);
});

test("phases: with nobody else left, a domain is back with the first probe that passes, whole, out of turn", () => {
  const alone = { alone: true, answering: 1, passing: 0, failing: 2, token: false };
  for (const standing of [open, trial, ready]) {
    const back = through([[standing.since + 1, alone]], standing);
    assert.deepEqual([back.phase, back.share], ["ramping", 1]);
    const none = through([[standing.since + 1, { ...alone, answering: 0 }]], standing);
    assert.notEqual(none.phase, "ramping");
  }
  assert.equal(through([[12_000, { alone: true, gate: "fail" }]], ramp).share, 1);
  const failing = { alone: true, gate: "fail", failing: 3, logOdds: 9 } as const;
  assert.equal(through([[51_000, failing]], full), full);
  // Others serve again: now it is judged as anybody.
  assert.equal(through([[51_000, { gate: "fail" }]], full).share, 0.5);
});

test("phases: an outage that goes on has one strike, each time that it comes up and goes down again one more, and one in five minutes is forgiven", () => {
  let standing = open;
  for (let now = 10_000; now < 3_600_000; now += 10_000) standing = through([[now, still]], standing);
  assert.deepEqual([standing.phase, standing.strikes], ["half_open", 1]);
  const counts: number[] = [];
  for (let flaps = 0; flaps < 7; flaps++) {
    const since = 3_600_000 + 4_000 * flaps;
    const steps = [
      [since, { passing: 3 }],
      [since + 1_000, still],
    ] as const;
    standing = through(steps, standing);
    counts.push(standing.strikes);
  }
  assert.deepEqual(counts, [2, 3, 4, 5, 6, 7, 7]);
  const back: DomainStanding = { ...full, strikes: 7 };
  const strikes = [80_000, 379_999, 380_000, 1_000_000, 2_180_000, 9_000_000].map(
    (now) =>
      through(
        [
          [80_000, {}],
          [now, {}],
        ],
        back,
      ).strikes,
  );
  assert.deepEqual(strikes, [7, 7, 6, 4, 0, 0]);
});

test("phases: a domain that waited for its turn comes back as fast as one that did not", () => {
  assert.equal(
    through(
      [
        [10_000, { token: false }],
        [900_000, {}],
      ],
      open,
    ).rampMs,
    0,
  );
});

test("phases: what stands in the way of judging leaves no trace", () => {
  const unready = through([[20_000, { passing: 1 }]], ready);
  assert.ok(Number.isNaN(unready.readySince) && unready.because !== ready.because);
  assert.equal(through([[22_100, { gate: "fail", control: false }]], half).stepAt, 22_100);
  const up = through([[4_000, {}]], open);
  assert.equal(up.up, true);
  assert.equal(through([[4_500, { ...still, control: false }]], up), up);
  assert.deepEqual(through([[4_500, still]], up).edges, [0, 4_500]);
});

test("phases: what is taken out on its way back is still in the same outage", () => {
  assert.deepEqual(
    [ramp, half, full].map((standing) => through([[60_000, still]], standing).openedAt),
    [0, 0, 0],
  );
  assert.equal(
    through(
      [
        [80_000, {}],
        [90_000, down],
      ],
      full,
    ).openedAt,
    90_000,
  );
});

test("phases: nothing is forgiven under watch; when the watch came to nothing, its time counts too", () => {
  const struck = through(
    [
      [80_000, {}],
      [90_000, { logOdds: 1 }],
    ],
    { ...full, strikes: 3 },
  );
  const long = through([[690_000, { logOdds: 1 }]], struck);
  assert.equal(long.strikes, 3);
  assert.equal(
    through(
      [
        [690_000, {}],
        [700_000, {}],
        [700_100, {}],
      ],
      long,
    ).strikes,
    1,
  );
});

test("phases: the hold is jittered by a fifth either way", () => {
  const random = seededRandom(1);
  const holds = Array.from({ length: 200 }, () => {
    const { holdUntil, since } = advance(closed, { ...well, ...down }, 0, random);
    return (holdUntil as number) - since;
  });
  assert.ok(Math.min(...holds) >= 4_000 && Math.min(...holds) < 4_100);
  assert.ok(Math.max(...holds) <= 6_000 && Math.max(...holds) > 5_900);
});

test("phases: a domain comes back at once after a short outage, in half a minute when it was not the first, in one usually, in three after a long one", () => {
  const table: [outageMs: number, strikes: number, rampMs: number][] = [
    [59_999, 1, 1_000],
    [59_999, 2, 30_000],
    [60_000, 1, 60_000],
    [600_000, 1, 60_000],
    [600_001, 1, 180_000],
  ];
  for (const [outageMs, strikes, rampMs] of table) {
    let standing = through([[outageMs, {}]], { ...trial, strikes, openedAt: 0 });
    const began = outageMs;
    let fullAt = Number.NaN;
    let now = began;
    while (standing.phase === "ramping") {
      now += 100;
      standing = through([[now, {}]], standing);
      if (standing.share === 1 && Number.isNaN(fullAt)) fullAt = now;
    }
    assert.ok(Math.abs(fullAt - began - rampMs) <= 1_000, `${outageMs}: full after ${fullAt - began}`);
    assert.ok(Math.abs(now - fullAt - 30_000) <= 100, `${outageMs}: closed after ${now - fullAt}`);
  }
});

/** What happens to a simulated domain. */
interface Moment {
  readonly now: number;
  readonly standing: DomainStanding;
}

/**
 * A domain of three members that are down whenever `isDown` says so, looked at every 100 ms: found out half a second
 * after they go down while in service, probed every 500 ms, failing each gate while down. Gives every change.
 */
function history(isDown: (now: number) => boolean, untilMs: number, seed: number): Moment[] {
  const random = seededRandom(seed);
  const moments: Moment[] = [];
  let standing = newDomain(0);
  let downSince = Number.NaN;
  let passes = 3;
  for (let now = 0; now < untilMs; now += 100) {
    const isDownNow = isDown(now);
    if (!isDownNow) downSince = Number.NaN;
    else if (Number.isNaN(downSince)) downSince = now;
    if (now % 500 === 0) passes = isDownNow ? 0 : passes + 1;
    const inService = standing.phase === "closed" || standing.phase === "watch" || standing.share > 0.5;
    const seen = now - downSince;
    const onset = inService && seen >= 500 && seen < 5_500;
    const stepMs = now - standing.stepAt;
    const signs: DomainSigns = {
      ...well,
      logOdds: onset ? 14 : Number.NEGATIVE_INFINITY,
      answering: passes > 0 ? 3 : 0,
      passing: passes >= 3 ? 3 : 0,
      failing: passes > 0 ? 0 : 3,
      gate: isDownNow && stepMs >= 300 ? "fail" : stepMs >= 1_000 ? "pass" : "wait",
    };
    const next = advance(standing, signs, now, random);
    if (next !== standing) moments.push({ now, standing: next });
    standing = next;
  }
  return moments;
}

/** When it entered a phase. */
function entries(moments: readonly Moment[], phase: string): number[] {
  return moments
    .filter(({ standing }, index) => standing.phase === phase && moments[index - 1]?.standing.phase !== phase)
    .map(({ now }) => now);
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1);

test("phases: one outage is one exit and one return, whole within a ramp and the last hold", () => {
  for (const seed of seeds) {
    for (const outageMs of [1_000, 20_000, 120_000, 900_000]) {
      const moments = history((now) => now >= 5_000 && now < 5_000 + outageMs, 3_600_000, seed);
      const last = moments.at(-1) as Moment;
      assert.equal(entries(moments, "ramping").length, 1, `seed ${seed}, ${outageMs} ms`);
      assert.deepEqual([last.standing.phase, last.standing.strikes], ["closed", 0], `seed ${seed}, ${outageMs} ms`);
      const backAt = entries(moments, "closed").at(-1) as number;
      // A hold and a trial; the ramp; 30 s at full share.
      const slowest =
        12_000 + 4_000 + (outageMs > 600_000 ? 180_000 : outageMs < 60_000 ? 30_000 : 60_000) * 1.2 + 30_000;
      assert.ok(backAt - 5_000 - outageMs <= slowest, `seed ${seed}, ${outageMs} ms: ${backAt}`);
    }
  }
});

test("phases: a domain that flaps is let in once before that is known, and then when it was up for 1.5 periods", () => {
  let early = 0;
  for (const seed of seeds) {
    for (const periodMs of [60_000, 300_000]) {
      for (const downShare of [0.2, 0.5, 0.8]) {
        const lastDownAt = 12 * periodMs;
        const isDown = (now: number) => now <= lastDownAt + periodMs / 2 && now % periodMs < downShare * periodMs;
        const moments = history(isDown, 20 * periodMs + 600_000, seed);
        const ins = entries(moments, "ramping");
        const what = `seed ${seed}, ${downShare} of ${periodMs} ms down: in at ${ins}`;
        const late = ins.filter((at) => at > periodMs + 1_000);
        early += ins.length - late.length;
        assert.ok(ins.length - late.length <= 1, what);
        assert.equal(late.length, 1, what);
        const quietMs = (late[0] as number) - lastDownAt;
        assert.ok(quietMs >= 1.5 * periodMs - 1_000 && quietMs <= 1.8 * periodMs + 360_000, what);
        assert.equal(moments.at(-1)?.standing.phase, "closed", what);
      }
    }
  }
  assert.ok(early > 50, `${early} times it was let in before it was known to flap`);
});

test("phases: whatever happens, shares rise by a tenth at most while coming back from more than a short outage, and strikes stay within seven", () => {
  for (const seed of seeds) {
    const random = seededRandom(1_000 + seed);
    const edges: number[] = [];
    for (let at = 0; at < 3_600_000; ) {
      at += 500 + 120_000 * random() ** 3;
      edges.push(at);
    }
    const isDown = (now: number) => edges.filter((at) => at <= now).length % 2 === 1;
    const moments = history(isDown, 3_600_000, seed);
    assert.ok(entries(moments, "ramping").length > 0, `seed ${seed}`);
    moments.forEach(({ now, standing }, index) => {
      const before = moments[index - 1]?.standing;
      assert.ok(standing.strikes >= 0 && standing.strikes <= 7, `seed ${seed} at ${now}`);
      assert.equal(standing.holdUntil !== undefined, standing.phase === "open");
      if (standing.phase !== "ramping" || standing.rampMs === 0 || !before) return;
      const rise = standing.share - before.share;
      assert.ok(rise <= 0.1 + 1e-9, `seed ${seed} at ${now}: from ${before.share} to ${standing.share}`);
    });
  }
});
