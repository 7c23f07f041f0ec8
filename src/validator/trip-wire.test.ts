import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Signed } from "../core/duty.ts";
import { seededRandom } from "../lib/random.ts";
import { createTripWire } from "./trip-wire.ts";

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function vote(validator: number, source: number, target: number, content = "a"): Signed {
  const key = `attestation:${validator}:${target}`;
  return { index: 0, kind: "attestation", key, content: digest(content), validator, source, target };
}

function block(proposer: number, slot: number, content: string): Signed {
  return { index: 0, kind: "block", key: `block:${proposer}:${slot}`, content: digest(content) };
}

test("trip-wire: of two messages that would be slashed the first goes out, and the second is stopped and named", () => {
  const bits: Signed = {
    index: 0,
    kind: "attestation",
    key: "attestation:9/0/0x03",
    content: "a",
    source: 1,
    target: 2,
  };
  const sync: Signed = { index: 0, kind: "sync_message", key: "sync_message:7:9", content: "a", validator: 7 };
  const table: [string, before: Signed[], message: Signed, because: RegExp][] = [
    ["the first vote", [], vote(7, 9, 10), /^$/],
    ["the same again", [vote(7, 9, 10)], vote(7, 9, 10), /^$/],
    ["the next", [vote(7, 9, 10)], vote(7, 10, 11), /^$/],
    ["another's", [vote(7, 9, 10)], vote(8, 9, 10, "b"), /^$/],
    ["a second one", [vote(7, 9, 10)], vote(7, 9, 10, "b"), /^validator 7 has sent another vote for target epoch 10$/],
    [
      "it surrounds",
      [vote(7, 9, 10)],
      vote(7, 8, 11),
      /of validator 7 from epoch 8 to 11 surrounds its vote from 9 to 10/,
    ],
    ["it is surrounded", [vote(7, 5, 10)], vote(7, 6, 9), /from epoch 6 to 9 is surrounded by its vote from 5 to 10/],
    ["beside each other", [vote(7, 9, 10)], vote(7, 9, 11), /^$/],
    ["genesis", [vote(0, 0, 0)], vote(0, 0, 1), /^$/],
    ["four epochs later", [10, 11, 12, 13].map((t) => vote(7, t - 1, t)), vote(7, 9, 10, "b"), /another vote/],
    [
      "five epochs later it is forgotten",
      [10, 11, 12, 13, 14].map((t) => vote(7, t - 1, t)),
      vote(7, 9, 10, "b"),
      /^$/,
    ],
    ["a block", [block(3, 9, "a")], block(3, 10, "b"), /^$/],
    ["the same block", [block(3, 9, "a")], block(3, 9, "a"), /^$/],
    ["another block", [block(3, 9, "a")], block(3, 9, "b"), /^another block than this was sent for 3:9$/],
    ["a seat in a committee", [bits], { ...bits, content: "b" }, /another vote than this was sent for 9\/0\/0x03/],
    [
      "a sync committee's",
      [sync],
      { ...sync, content: "b" },
      /another sync committee message than this was sent for 7:9/,
    ],
  ];
  for (const [name, before, message, because] of table) {
    const wire = createTripWire();
    for (const one of before) assert.equal(wire.check(one), undefined, name);
    assert.match(wire.check(message) ?? "", because, name);
    assert.match(wire.check(message) ?? "", because, `${name}, and again`);
    for (const one of before.slice(-1)) assert.equal(wire.check(one), undefined, `${name}: the first may be repeated`);
  }
});

test("trip-wire: what every node refused, or what is of the future, does not stand in the way of the real message", () => {
  const wire = createTripWire();
  const pairs: [Signed, Signed][] = [
    [vote(7, 9, 10, "forged"), vote(7, 9, 10)],
    [block(3, 9, "forged"), block(3, 9, "a")],
  ];
  for (const [forged, real] of pairs) {
    assert.equal(wire.check(forged), undefined);
    assert.notEqual(wire.check(real), undefined);
    wire.forget(real);
    assert.notEqual(wire.check(real), undefined, "only what was refused is forgotten");
    wire.forget(forged);
    assert.equal(wire.check(real), undefined);
    assert.notEqual(wire.check(forged), undefined);
  }
  assert.equal(wire.check(vote(9, 5, 4_000_000_000), 10), undefined);
  assert.equal(wire.check(vote(9, 9, 10), 10), undefined);
});

test("trip-wire: votes of numbers that no chain has are looked at as well as they can, and break nothing", () => {
  const wire = createTripWire();
  for (const odd of [Number.NaN, -1, 0.5, 2 ** 32 - 1, 2 ** 53, Number.POSITIVE_INFINITY]) {
    for (const one of [vote(odd, 1, 2), vote(1, odd, 3), vote(1, 1, odd)]) {
      wire.check(one);
      wire.forget({ ...one, content: "b" });
      assert.equal(wire.check(one), undefined);
    }
  }
  assert.ok(wire.validators <= 1);
});

test("trip-wire: whatever is sent, also over a restart, no two votes of the last epochs that go out are slashable", () => {
  let stopped = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    let wire = createTripWire();
    const sent: Signed[] = [];
    for (let step = 0; step < 1_500; step++) {
      const target = 100 + Math.floor(step / 50) + Math.floor(2 * random());
      const source = target - 1 - Math.floor(4 * random() ** 3);
      const message = vote(
        Math.floor(random() * 6) * 0x10000,
        source,
        target,
        `${Math.floor(random() * 1.2)}${source}`,
      );
      const slashable = (one: Signed) => {
        const [s, t] = [one.source as number, one.target as number];
        return t === target
          ? one.content !== message.content
          : (source < s && t < target) || (s < source && target < t);
      };
      const own = sent.filter(({ validator }) => validator === message.validator);
      const latest = [...new Set(own.map((one) => one.target as number))].sort((a, b) => b - a).slice(0, 4);
      const expected = own.some((one) => latest.includes(one.target as number) && slashable(one));
      const because = wire.check(message);
      assert.equal(because !== undefined, expected, `seed ${seed} step ${step}: ${because}`);
      if (because === undefined) sent.push(message);
      else stopped++;
      if (random() < 0.02) {
        const again = createTripWire();
        again.import(JSON.parse(JSON.stringify(wire.export())));
        wire = again;
      }
    }
  }
  assert.ok(stopped > 1_000, `${stopped} were stopped`);
});

test("trip-wire: 100,000 validators take 79 bytes each, and come back from a restart", () => {
  const wire = createTripWire();
  for (let target = 50; target < 56; target++) {
    for (let count = 0; count < 100_000; count++) wire.check(vote7(count * 11, target));
  }
  assert.equal(wire.validators, 100_000);
  assert.equal(wire.overlooked, 0);
  assert.ok(wire.bytes <= 79 * 100_000, `${wire.bytes} bytes`);
  const again = createTripWire();
  again.import(wire.export());
  assert.equal(again.validators, 100_000);
  for (const validator of [0, 11 * 5_000, 11 * 99_999]) {
    assert.equal(again.check(vote7(validator, 55)), undefined);
    assert.match(again.check({ ...vote7(validator, 55), content: "other" }) ?? "", /another vote/);
    assert.match(again.check({ ...vote7(validator, 52), content: "other" }) ?? "", /another vote/);
  }
});

/** A vote with a content that costs nothing to make. */
function vote7(validator: number, target: number): Signed {
  return { index: 0, kind: "attestation", key: "", content: "c0ffee", validator, source: target - 1, target };
}

test("trip-wire: more validators than there is room for are told as overlooked, and take the place of those that left", () => {
  const wire = createTripWire(1_000);
  for (let count = 0; count < 1_500; count++) assert.equal(wire.check(vote7(count, 10)), undefined);
  assert.deepEqual([wire.validators, wire.overlooked], [1_000, 500]);
  for (let count = 0; count < 400; count++) wire.check(vote7(count, 15));
  assert.equal(wire.check(vote7(5_000, 15)), undefined);
  assert.equal(wire.validators, 401, "who has not voted for five epochs has left");
  assert.match(wire.check({ ...vote7(5_000, 15), content: "other" }) ?? "", /another vote/);
  assert.match(wire.check({ ...vote7(399, 10), content: "other" }) ?? "", /another vote/, "who stayed is known");
  for (let slot = 0; slot < 50_000; slot++) {
    wire.check(block(1, slot, "a"));
    wire.check({ index: 0, kind: "sync_message", key: `sync_message:1:${slot}`, content: "a" });
  }
  const { blocks, others } = wire.export();
  assert.deepEqual([blocks.length, others.length], [4_096, 16_384]);
});

test("trip-wire: a memory that was cut off or garbled is taken as far as it makes sense", () => {
  const wire = createTripWire();
  wire.check(vote(7, 9, 10));
  wire.check(vote(8, 9, 10));
  const { votes } = wire.export();
  const again = createTripWire();
  again.import({ votes: votes.slice(0, votes.length - 8), blocks: [], others: [] });
  assert.equal(again.validators, 1);
  again.import({ votes: "!", blocks: [], others: [] });
  again.check(vote(7, 9, 11, "b"));
  again.check(vote(9, 9, 10, "b"));
  wire.check(vote(9, 9, 10));
  again.import(wire.export());
  assert.equal(again.check(vote(9, 9, 10, "b")), undefined, "what was sent since goes before what was sent then");
  assert.match(again.check(vote(7, 9, 11, "c")) ?? "", /another vote/, "what was seen since is not lost");
});

test("trip-wire: the very message that was here is known, and no other", () => {
  const wire = createTripWire();
  const sent = vote(7, 1, 2);
  const block = { index: 0, kind: "block", key: "block:7:64", content: "a" } as const;
  for (const message of [sent, block]) {
    assert.equal(wire.knows(message), false);
    wire.check(message);
    assert.equal(wire.knows(message), true);
    assert.equal(wire.knows({ ...message, content: "other" }), false);
    wire.forget(message);
    assert.equal(wire.knows(message), false);
  }
});

test("trip-wire: when there is no room it is not looked for with each vote, and found when there is some again", () => {
  const wire = createTripWire(1_000);
  for (let validator = 0; validator < 1_000; validator++) wire.check(vote(validator, 1, 2));
  wire.check(vote(5_000, 1, 2));
  assert.equal(wire.overlooked, 1);
  wire.forget(vote(7, 1, 2));
  wire.check(vote(5_000, 1, 2));
  assert.equal(wire.overlooked, 1, "in the place of a forged one");
  assert.match(wire.check(vote(5_000, 1, 2, "b")) ?? "", /another vote/);
  wire.check(vote(5_001, 7, 8));
  assert.equal(wire.overlooked, 2);
  for (let validator = 0; validator < 10; validator++) wire.check(vote(validator, 7, 8));
  wire.check(vote(5_002, 7, 8));
  assert.equal(wire.overlooked, 2, "and of those who voted long ago");
});
