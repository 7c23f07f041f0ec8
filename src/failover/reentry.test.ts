import assert from "node:assert/strict";
import { test } from "node:test";
import type { Phase } from "../core/failover.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { advance } from "./phases.ts";
import { turns } from "./reentry.ts";
import { type DomainSigns, newDomain } from "./standing.ts";

/** A domain of these members that ramps since, or waits since (never, if it is not ready). */
function domain(name: string, members: readonly number[], phase: Phase, since = 0, readySince = Number.NaN) {
  return { name, members, standing: { phase, since, readySince, share: 0.5 } };
}

const waiting = (name: string, members: readonly number[], since: number) =>
  domain(name, members, "half_open", 0, since);

test("turns: one at a time, the longest waiting first, with what lies within it", () => {
  const ramping = domain("aws", [1, 2, 3], "ramping");
  const whole = { ...ramping, standing: { ...ramping.standing, share: 1 } };
  const inner = waiting("aws/us", [1, 2], 50);
  const early = waiting("gcp", [4, 5], 10);
  const late = waiting("ovh", [6, 7], 20);
  const table: [string, Parameters<typeof turns>[0], number, string[]][] = [
    ["nobody", [], 0, []],
    ["nobody is ready", [domain("gcp", [4, 5], "half_open"), domain("aws", [1], "open")], 0, []],
    ["one", [early], 0, ["gcp"]],
    ["two", [late, early], 0, ["gcp"]],
    ["one ramps", [early, ramping, late], 0, ["aws"]],
    ["one ramps, one is within it", [early, ramping, inner], 0, ["aws", "aws/us"]],
    ["one overlaps with the one that ramps", [ramping, waiting("geth", [3, 4], 0)], 0, ["aws"]],
    ["the one around waits", [domain("aws/us", [1, 2], "ramping"), waiting("aws", [1, 2, 3], 0)], 0, ["aws/us"]],
    [
      "both wait, the one within longer",
      [waiting("aws/us", [1], 0), waiting("aws", [1, 2], 99)],
      99,
      ["aws", "aws/us"],
    ],
    ["the one around is out and not ready", [domain("aws", [1, 2, 3], "half_open"), inner, early], 99, ["gcp"]],
    ["the one around is held, nobody else waits", [domain("aws", [1, 2, 3], "open"), inner], 99, []],
    [
      "one that overlaps is out and not ready",
      [domain("geth", [3, 4], "open"), waiting("aws", [1, 2, 3], 0)],
      99,
      ["aws"],
    ],
    ["one has all of its traffic again", [early, whole, late], 0, ["gcp"]],
    ["a ramp takes ten minutes", [ramping, early, late], 600_000, ["aws"]],
    ["a ramp takes longer", [ramping, early, late], 600_001, ["aws", "gcp"]],
    ["the one that ramped is gone", [early, late], 0, ["gcp"]],
  ];
  for (const [name, domains, now, expected] of table) {
    const names = [...turns(domains as ReturnType<typeof domain>[], now)].map((one) => one.name);
    assert.deepEqual(names.sort(), expected, name);
  }
});

/** Domains as sets of members; the last two lie within the first. */
const sets = [
  [1, 2, 3, 4],
  [5, 6],
  [7, 8, 9],
  [4, 5, 7],
  [1, 2],
  [3, 4],
];

/** Plays outages of all domains at random times, one look each 100 ms; `look` sees who ramps after each. */
function play(random: Random, look: (ramping: readonly (readonly number[])[], now: number) => void) {
  const domains = sets.map((members) => ({ members, standing: newDomain(0), downUntil: 0 }));
  for (let now = 0; now < 3_000_000; now += 100) {
    const mine = turns(domains, now);
    for (const one of domains) {
      const { standing, members } = one;
      const starts = now < 900_000 && now >= one.downUntil && random() < 1 / 2_000;
      if (starts) one.downUntil = now + 200_000 * random() ** 2;
      const isDown = now < one.downUntil;
      const count = members.length;
      const signs: DomainSigns = {
        logOdds: starts ? 14 : Number.NEGATIVE_INFINITY,
        best: true,
        control: true,
        alone: false,
        keeps: 0,
        allowed: true,
        members: count,
        answering: isDown ? 0 : count,
        passing: isDown ? 0 : count,
        failing: isDown ? count : 0,
        gate: isDown ? "fail" : "pass",
        gateBecause: "",
        token: mine.has(one),
      };
      one.standing = advance(standing, signs, now, random);
    }
    look(
      domains
        .filter(({ standing: { phase, share } }) => phase === "ramping" && share < 1)
        .map(({ members }) => members),
      now,
    );
  }
  return domains;
}

test("turns: whatever fails, nobody begins while another ramps that it does not lie within, and all come back", () => {
  let begun = 0;
  for (let seed = 1; seed <= 10; seed++) {
    let before: readonly (readonly number[])[] = [];
    const domains = play(seededRandom(seed), (ramping, now) => {
      const beginners = ramping.filter((members) => !before.includes(members));
      for (const members of beginners) {
        begun++;
        const around = ramping.some((other) => other !== members && members.every((member) => other.includes(member)));
        const first = ramping.every((other) => other.every((member) => members.includes(member)));
        assert.ok(around || (first && !before.some((other) => ramping.includes(other))), `seed ${seed} at ${now}`);
      }
      before = ramping;
    });
    const left = domains.filter(({ standing }) => standing.phase !== "closed");
    assert.deepEqual(left, [], `seed ${seed}`);
  }
  assert.ok(begun > 100, `${begun} ramps began`);
});
