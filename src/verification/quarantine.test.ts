import assert from "node:assert/strict";
import { test } from "node:test";
import {
  atLiberty,
  type Custody,
  confines,
  convicted,
  later,
  newer,
  passed,
  passesNeeded,
  released,
} from "./quarantine.ts";

const day = 86_400_000;

function tried(custody: Custody, times: number, now: number): Custody {
  let next = custody;
  for (let count = 0; count < times; count++) next = passed(next, now);
  return next;
}

test("quarantine: a liar is out for a day, and comes back only by audits, with all of its calls audited for a day", () => {
  const held = convicted(atLiberty, "wrong balance", 0);
  assert.deepEqual([held.phase, held.until, confines(held)], ["held", day, true]);
  assert.equal(later(held, day - 1), held);
  assert.equal(passed(held, 1), held, "audits before its time do not help");
  const trial = later(held, day);
  assert.deepEqual([trial.phase, confines(trial)], ["trial", true]);
  assert.equal(later(trial, 100 * day), trial, "time alone lets nobody go");
  assert.equal(tried(trial, passesNeeded - 1, day).phase, "trial");
  const free = tried(trial, passesNeeded, day);
  assert.deepEqual([free.phase, free.until, confines(free)], ["probation", 2 * day, false]);
  const clear = later(free, 2 * day);
  assert.deepEqual([clear.phase, clear.strikes], ["clear", 1]);
});

test("quarantine: the second time takes a week, the third an operator, and three quiet months are forgiven", () => {
  const once = tried(later(convicted(atLiberty, "a", 0), day), passesNeeded, day);
  const twice = convicted(once, "b", day + 1);
  assert.equal(twice.until, 8 * day + 1);
  const again = convicted(later(twice, 9 * day), "failed its trial", 9 * day);
  assert.deepEqual([again.until, again.strikes], [undefined, 3]);
  assert.equal(later(again, 1_000 * day), again);
  assert.equal(released(again, 10 * day).phase, "probation");
  assert.equal(convicted(later(once, 2 * day), "c", 93 * day).strikes, 1);
});

test("quarantine: what is found while it is held changes nothing, and who is free cannot be released", () => {
  const held = convicted(atLiberty, "a", 0);
  assert.equal(convicted(held, "b", 1), held);
  assert.equal(released(atLiberty, 1), atLiberty);
});

test("quarantine: of what two instances say the later conviction holds, then who is further on, in whatever order it is heard", () => {
  const held = convicted(atLiberty, "a", 0);
  const trial = later(held, day);
  const free = tried(trial, passesNeeded, day);
  const clear = later(free, 2 * day);
  const again = convicted(clear, "b", 3 * day);
  const history = [
    atLiberty,
    held,
    released(held, 7),
    trial,
    tried(trial, 3, day),
    free,
    clear,
    again,
    later(again, 20 * day),
  ];
  const order = [0, 1, 3, 4, 2, 5, 6, 7, 8].map((place) => history[place] as Custody);
  for (const [place, one] of order.entries()) {
    for (const other of order.slice(place)) {
      assert.equal(newer(one, other), other);
      assert.equal(newer(other, one), other);
    }
  }
  // A lie that one instance finds while another lets go, or finds trials passed, counts.
  assert.equal(newer(convicted(trial, "b", day), released(trial, 2 * day)).phase, "held");
});

test("quarantine: a lie that is found by who had not heard of earlier ones counts on top of these", () => {
  const cleared = later(tried(later(convicted(atLiberty, "a", 0), day), passesNeeded, day), 2 * day);
  const anew = convicted(atLiberty, "b", 30 * day);
  for (const joint of [newer(anew, cleared), newer(cleared, anew)]) {
    assert.deepEqual([joint.phase, joint.because, joint.strikes, joint.term], ["held", "b", 2, 2]);
    assert.equal(joint.until, 37 * day);
    assert.equal(newer(joint, anew), joint);
    assert.equal(newer(cleared, joint), joint);
  }
});

test("quarantine: who lets it go by a clock that is behind has let it go all the same", () => {
  const held = convicted(atLiberty, "a", 10_000);
  const free = released(held, 4_000);
  assert.equal(newer(held, free), free);
  assert.equal(newer(free, held), free);
  assert.equal(convicted(free, "b", 5_000).since > free.since, true);
});
