import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, newcomer, type Signs, type Standing } from "./verdict.ts";

const calm: Signs = {
  score: 0,
  suspectAbove: 7,
  ejectAbove: 11,
  failingSince: Number.NaN,
  silent: false,
  lastFailure: "timeout",
  passes: 0,
  refused: undefined,
  disproved: undefined,
  behind: undefined,
  trails: undefined,
  others: 5,
  fleet: 6,
  control: true,
  strained: false,
  granted: false,
  condemned: undefined,
  drained: undefined,
  forced: false,
};

const healthy = newcomer(0);
const suspect: Standing = { ...healthy, verdict: "suspect", because: "timeout" };
const out: Standing = {
  ...healthy,
  verdict: "ejected",
  because: "timeout",
  strikes: 1,
  ejectedAt: 0,
  holdUntil: 2_000,
};
const back: Standing = { ...healthy, verdict: "ramping", because: "probes pass again", weight: 0.1 };
const condemned: Standing = { ...healthy, verdict: "ejected", because: "region:r is down", condemned: true };
const drained: Standing = { ...healthy, verdict: "drained", because: "an operator drains it" };
const barred: Standing = { ...healthy, verdict: "quarantined", because: "wrong chain: 5, not 1" };

test("verdict: each standing turns as the signs say", () => {
  const lonely = { others: 0, fleet: 2 };
  const table: [string, Standing, Partial<Signs>, number, string, string?][] = [
    ["no sign", healthy, {}, 0, "healthy"],
    ["some score", healthy, { score: 6.9 }, 0, "healthy"],
    ["more score", healthy, { score: 7.1 }, 0, "suspect", "timeout"],
    ["a condemning score, all at once", healthy, { score: 11.1 }, 0, "suspect", "timeout"],
    ["a condemning score under suspicion", suspect, { score: 11.1 }, 0, "ejected", "timeout"],
    ["suspicion fades", suspect, { score: 1.1 }, 0, "suspect"],
    ["suspicion ends", suspect, { score: 0.9 }, 0, "healthy", "recovered"],
    ["silence, just now", healthy, { score: 14, silent: true, failingSince: 0 }, 249, "suspect"],
    ["silence, for long", suspect, { score: 14, silent: true, failingSince: 0 }, 250, "ejected"],
    ["silence with answers between", suspect, { score: 14, silent: true }, 999, "suspect"],
    ["silence with answers between, for long", suspect, { score: 14, silent: true }, 1_000, "ejected"],
    ["late answers of a strained fleet", healthy, { score: 14, silent: true, strained: true }, 9_000, "healthy"],
    [
      "silence in a strained fleet",
      suspect,
      { score: 14, silent: true, strained: true, failingSince: 0 },
      250,
      "ejected",
    ],
    ["errors in a strained fleet", suspect, { score: 14, strained: true }, 9_000, "ejected"],
    ["brown-out of all", suspect, { score: 14, others: 2 }, 0, "suspect"],
    ["half would be left", suspect, { score: 14, others: 3 }, 0, "ejected"],
    ["down, though the last", suspect, { score: 14, ...lonely, failingSince: 0 }, 500, "ejected"],
    ["failing for a moment, the last", suspect, { score: 14, ...lonely, failingSince: 1 }, 500, "suspect"],
    ["trailing", healthy, { trails: "1 block behind" }, 0, "suspect", "1 block behind"],
    ["syncing", healthy, { behind: "syncing" }, 0, "ejected", "syncing"],
    ["syncing, like most", healthy, { behind: "syncing", others: 1 }, 0, "suspect", "syncing"],
    ["another chain", suspect, { refused: "wrong chain: 5, not 1" }, 0, "quarantined", "wrong chain: 5, not 1"],
    ["a lie", healthy, { disproved: "a balance that is not so" }, 0, "quarantined", "a balance that is not so"],
    ["a lie of a suspect", suspect, { disproved: "a balance that is not so" }, 0, "quarantined"],
    ["a lie, forced", healthy, { disproved: "a balance that is not so", forced: true }, 0, "quarantined"],
    ["still another chain", barred, { refused: "wrong chain: 5, not 1" }, 9, "quarantined"],
    ["the right chain after all", barred, {}, 9, "ramping"],
    ["two probes passed", out, { passes: 2 }, 3_000, "ejected"],
    ["three, but too soon", out, { passes: 3 }, 1_999, "ejected"],
    ["three, in time", out, { passes: 3 }, 2_000, "ramping", "probes pass again"],
    ["three, but syncing", out, { passes: 3, behind: "syncing" }, 2_000, "ejected", "syncing"],
    ["one, and nobody else serves", out, { passes: 1, others: 0 }, 0, "ramping"],
    ["none, and nobody else serves", out, { passes: 0, others: 0 }, 9_000, "ejected"],
    ["nobody else answers", suspect, { score: 14, control: false, failingSince: 0 }, 9_000, "suspect"],
    ["its domain is out", healthy, { condemned: "region:r is down" }, 0, "ejected", "region:r is down"],
    ["its domain is out, it is kept by order", healthy, { condemned: "down", forced: true }, 0, "healthy"],
    ["failing, kept by order", suspect, { score: 14, forced: true }, 0, "suspect"],
    ["out, wanted by order", out, { forced: true }, 0, "ramping", "an operator wants it in service"],
    ["its domain comes back, it passed", condemned, { passes: 3 }, 0, "ramping", "its domain comes back"],
    ["its domain comes back, it did not", condemned, { passes: 2 }, 99_000, "ejected", "timeout"],
    ["an operator drains it", healthy, { drained: "by order" }, 0, "drained", "by order"],
    ["drained and its domain out", healthy, { drained: "by order", condemned: "down" }, 0, "drained"],
    ["no longer drained", drained, {}, 0, "ramping", "no longer drained"],
    ["drained, of another chain", drained, { refused: "wrong chain: 5, not 1" }, 0, "quarantined"],
    ["failing on the way back", back, { score: 7.1 }, 5_000, "ejected"],
    ["trailing on the way back", back, { trails: "1 block behind" }, 5_000, "ramping"],
    ["well on the way back", back, { score: 6 }, 10_000, "healthy", "came back"],
  ];
  for (const [name, standing, signs, now, verdict, because] of table) {
    const next = judge(standing, { ...calm, ...signs }, now);
    assert.equal(next.verdict, verdict, name);
    if (because !== undefined) assert.equal(next.because, because, name);
  }
});

test("verdict: what does not change stays the same object", () => {
  for (const standing of [healthy, { ...suspect, because: "x" }, out, barred]) {
    const signs =
      standing === barred ? { refused: standing.because } : standing.verdict === "suspect" ? { score: 8 } : {};
    assert.equal(judge(standing, { ...calm, ...signs }, 100), standing);
  }
});

test("verdict: an upstream comes back with a tenth and has all after ten seconds; alone it has all at once", () => {
  const weights = [0, 5_000, 9_999, 10_000].map((now) => judge(back, calm, now).weight);
  assert.deepEqual(
    weights.map((weight) => Math.round(100 * weight) / 100),
    [0.1, 0.55, 1, 1],
  );
  assert.equal(judge(out, { ...calm, passes: 3 }, 2_000).weight, 0.1);
  assert.equal(judge(out, { ...calm, passes: 1, others: 0 }, 2_000).weight, 1);
  assert.equal(judge(back, { ...calm, others: 0 }, 0).weight, 1);
});

test("verdict: one whose failure domain comes back has what the domain may have, and is not kept short once more", () => {
  const granted = { ...calm, granted: true };
  const returned = judge(condemned, { ...granted, passes: 3 }, 0);
  assert.deepEqual([returned.verdict, returned.weight], ["ramping", 1]);
  assert.equal(judge(returned, granted, 5_000).weight, 1);
  const late = judge(judge(condemned, granted, 0), { ...granted, passes: 3 }, 5_000);
  assert.deepEqual([late.verdict, late.weight], ["ramping", 1], "one that was well somewhat later, too");
  assert.equal(judge(condemned, { ...calm, passes: 3 }, 0).weight, 0.1, "but not when nothing is granted in steps");
});

test("verdict: holds double with each ejection up to a minute, and strikes are forgiven one in five minutes", () => {
  const condemn = (standing: Standing, now: number) =>
    judge({ ...standing, verdict: "suspect" }, { ...calm, score: 12 }, now);
  const holds: number[] = [];
  let standing = healthy;
  for (let now = 0; now < 7_000; now += 1_000) {
    standing = condemn(standing, now);
    holds.push(Math.round((standing.holdUntil - now) / 1_000));
  }
  assert.deepEqual(holds, [2, 4, 8, 16, 32, 60, 60]);
  const later = condemn(standing, 6_000 + 10 * 300_000);
  assert.equal(later.holdUntil - later.since, 2_000);
});
