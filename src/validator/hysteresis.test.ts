import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duty, duties } from "../core/duty.ts";
import { seededRandom } from "../lib/random.ts";
import type { Finding, Findings } from "./fitness.ts";
import { type Judged, type Standing, settle } from "./hysteresis.ts";
import type { Instant } from "./slot-clock.ts";

/** A moment of a chain of 12 s slots, 8 an epoch, aggregates due at 8 s. */
function moment(now: number): Instant {
  const slot = Math.floor(now / 12_000);
  const pace = { slotMs: 12_000, slotsPerEpoch: 8 };
  return { now, wall: now, slot, epoch: Math.floor(slot / 8), newest: slot, calm: now % 12_000 >= 8_000, ...pace };
}

const usual = { attest: 2, propose: 1 };
const hard: Finding = { because: "it is syncing", hard: true, lasting: true };
const soft: Finding = { because: "it is late", hard: false, lasting: true };
const fact: Finding = { because: "it is not prepared", hard: true, lasting: false };

function all(finding: Finding | undefined): Findings {
  return finding === undefined ? {} : Object.fromEntries(duties.map((duty) => [duty, finding]));
}

/** Plays findings of one node, beside one that is always well unless it is alone; tells when it is good for a duty. */
function play(steps: readonly [seconds: number, finding: Finding | undefined][], duty: Duty, alone = false): string {
  let standings: ReadonlyMap<string, Standing> = new Map();
  let now = 0;
  const told: string[] = [];
  for (const [seconds, finding] of steps) {
    const until = now + seconds * 1_000;
    for (; now < until; now += 1_000) {
      const nodes: Judged[] = [{ id: "a", findings: all(finding), serving: true }];
      if (!alone) nodes.push({ id: "b", findings: {}, serving: true });
      standings = settle(standings, nodes, moment(now), usual);
      const word = standings.get("a")?.unfit[duty] === undefined ? "in" : "out";
      if (told.at(-1)?.split(" ")[1] !== word) told.push(`${now / 1_000} ${word}`);
    }
  }
  return told.join(", ");
}

test("hysteresis: who is ill is out at once or in a calm moment, and back when it has been well for long enough", () => {
  const table: [string, [number, Finding | undefined][], Duty, string][] = [
    ["well from the start", [[60, undefined]], "attest", "0 in"],
    [
      "ill in the midst of a slot",
      [
        [25, undefined],
        [5, hard],
        [60, undefined],
      ],
      "attest",
      "0 in, 25 out, 56 in",
    ],
    [
      "worse than others: when nothing is due",
      [
        [25, undefined],
        [12, soft],
        [60, undefined],
      ],
      "attest",
      "0 in, 32 out, 68 in",
    ],
    [
      "worse for a moment",
      [
        [25, undefined],
        [5, soft],
        [60, undefined],
      ],
      "attest",
      "0 in",
    ],
    [
      "not for blocks before a whole epoch",
      [
        [25, undefined],
        [5, hard],
        [200, undefined],
      ],
      "propose",
      "0 in, 25 out, 128 in",
    ],
    [
      "a fact that has changed",
      [
        [25, undefined],
        [5, fact],
        [60, undefined],
      ],
      "propose",
      "0 in, 25 out, 30 in",
    ],
    [
      "a fact at the start",
      [
        [25, fact],
        [60, undefined],
      ],
      "attest",
      "0 out, 25 in",
    ],
    [
      "ill from the start",
      [
        [25, hard],
        [60, undefined],
      ],
      "attest",
      "0 out, 56 in",
    ],
    [
      "ill again while it is watched",
      [
        [1, hard],
        [30, undefined],
        [1, hard],
        [60, undefined],
      ],
      "attest",
      "0 out, 56 in",
    ],
    [
      "a fact while it is watched",
      [
        [1, hard],
        [10, undefined],
        [5, fact],
        [60, undefined],
      ],
      "attest",
      "0 out, 32 in",
    ],
    [
      "who passes on is never watched",
      [
        [5, hard],
        [60, undefined],
      ],
      "publish",
      "0 out, 8 in",
    ],
    [
      "who counts the living must have seen two epochs",
      [
        [5, hard],
        [300, undefined],
      ],
      "liveness",
      "0 out, 200 in",
    ],
  ];
  for (const [name, steps, duty, told] of table) assert.equal(play(steps, duty), told, name);
});

test("hysteresis: no duty is left to nobody for the sake of calm, but nothing wrong is signed either", () => {
  const table: [string, [number, Finding | undefined][], Duty, string][] = [
    [
      "back at once when alone",
      [
        [25, undefined],
        [5, hard],
        [60, undefined],
      ],
      "propose",
      "0 in, 25 out, 30 in",
    ],
    [
      "the only one that there is, though late",
      [
        [25, undefined],
        [30, soft],
        [60, undefined],
      ],
      "attest",
      "0 in",
    ],
    [
      "the only one, and wrong",
      [
        [25, undefined],
        [30, hard],
      ],
      "attest",
      "0 in, 25 out",
    ],
    [
      "the only one, and not prepared",
      [
        [25, undefined],
        [30, fact],
      ],
      "propose",
      "0 in, 25 out",
    ],
    [
      "liveness has no exception",
      [
        [25, undefined],
        [5, hard],
        [60, undefined],
      ],
      "liveness",
      "0 in, 25 out",
    ],
  ];
  for (const [name, steps, duty, told] of table) assert.equal(play(steps, duty, true), told, name);
});

test("hysteresis: a node that is out of service is no substitute, and a better one sends the last resort back to rest", () => {
  const judged = (id: string, finding?: Finding, serving = true): Judged => ({ id, findings: all(finding), serving });
  let standings: ReadonlyMap<string, Standing> = new Map();
  const step = (now: number, ...nodes: Judged[]) => {
    standings = settle(standings, nodes, moment(now), usual);
    return nodes.filter(({ id }) => standings.get(id)?.unfit.attest === undefined).map(({ id }) => id);
  };
  assert.deepEqual(step(0, judged("a", hard), judged("b")), ["b"]);
  assert.deepEqual(step(1_000, judged("a"), judged("b", undefined, false)), ["a", "b"], "a is needed at once");
  standings = new Map();
  assert.deepEqual(step(9_000, judged("a", soft), judged("b", hard)), ["a"], "late, and the best there is");
  assert.deepEqual(step(9_500, judged("a", soft), judged("b")), ["b"], "merely watched is better than late");
  assert.deepEqual(step(34_000, judged("a", soft), judged("b")), ["b"]);
  assert.deepEqual(step(35_000, judged("b")), ["b"], "who is gone is forgotten");
  assert.equal(standings.size, 1);
});

test("hysteresis: the page says why a node is watched, and names what it was", () => {
  const judged = (finding?: Finding): Judged[] => [
    { id: "a", findings: all(finding), serving: true },
    { id: "b", findings: {}, serving: true },
  ];
  const ill = settle(new Map(), judged(hard), moment(0), usual);
  const watched = settle(ill, judged(), moment(1_000), usual);
  const still = settle(watched, judged(), moment(2_000), usual);
  assert.equal(ill.get("a")?.unfit.attest, "it is syncing");
  for (const one of [watched, still]) {
    assert.equal(one.get("a")?.unfit.attest, "well again, and watched for a while; before: it is syncing");
  }
});

test("hysteresis: however nodes flicker, none changes place faster than is said, and hard findings always hold", () => {
  const slots = 12_000;
  const holds: Partial<Record<Duty, number>> = { attest: 2 * slots, propose: 8 * slots, read: 0 };
  let returns = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const random = seededRandom(seed);
    let standings: ReadonlyMap<string, Standing> = new Map();
    const findings: (Finding | undefined)[] = [undefined, undefined, undefined];
    const lastIll = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const fickle = 0.3 * random() ** 3;
    for (let now = 0; now < 3_000_000; now += 500 + Math.floor(random() * 1_000)) {
      const at = moment(now);
      // Node 0 is always well, so that nobody is a last resort.
      for (const index of [1, 2]) {
        if (random() < fickle) findings[index] = [undefined, undefined, hard, soft, fact][Math.floor(random() * 5)];
        if (findings[index]?.lasting) lastIll[index] = now;
      }
      const nodes = findings.map((finding, index) => ({ id: `${index}`, findings: all(finding), serving: true }));
      const next = settle(standings, nodes, at, usual);
      for (const [duty, hold] of Object.entries(holds) as [Duty, number][]) {
        for (const index of [1, 2]) {
          const was = standings.get(`${index}`)?.unfit[duty];
          const is = next.get(`${index}`)?.unfit[duty];
          if (findings[index]?.hard) assert.notEqual(is, undefined, "hard findings hold");
          if (was === undefined && is !== undefined)
            assert.ok(standings.size === 0 || at.calm || findings[index]?.hard);
          if (was === undefined || is !== undefined) continue;
          returns++;
          assert.equal(findings[index], undefined);
          const wasFact = was === fact.because && now - (lastIll[index] as number) > 0;
          if (!wasFact) assert.ok(at.calm, `seed ${seed} at ${now}: not calm`);
          if (!wasFact) assert.ok(now - (lastIll[index] as number) >= hold, `seed ${seed} at ${now}: too soon`);
        }
      }
      standings = next;
    }
  }
  assert.ok(returns > 300, `${returns} returns`);
});
