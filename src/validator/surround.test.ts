import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttestationData } from "../core/duty.ts";
import { seededRandom } from "../lib/random.ts";
import { createSurroundGuard, type SurroundGuard } from "./surround.ts";

/** Data with the source and target of these epochs, for the first slot of the target's, of 8 an epoch. */
function data(source: number, target: number, root = "0xaa", slot = target * 8): AttestationData {
  const checkpoint = (epoch: number, of: string) => ({ epoch, root: of });
  return { slot, index: 0, head: "0xhh", source: checkpoint(source, "0xss"), target: checkpoint(target, root) };
}

function guard(...served: AttestationData[]): SurroundGuard {
  const one = createSurroundGuard();
  for (const each of served) one.served(each);
  return one;
}

test("surround: data that would lead to a slashable or a foolish vote is not served", () => {
  const table: [string, served: AttestationData[], asked: AttestationData, because: RegExp, unanimous?: true][] = [
    ["the first", [], data(9, 10), /^$/],
    ["genesis", [], data(0, 0), /^$/],
    ["the same again", [data(9, 10)], data(9, 10), /^$/],
    ["the next epoch", [data(9, 10)], data(10, 11), /^$/],
    ["the next epoch, not justified", [data(9, 10)], data(9, 11), /^$/],
    ["the epoch before, late", [data(9, 10)], data(8, 9), /^$/],
    ["a source after its target", [], data(11, 10), /source, of epoch 11, is after its target, 10/],
    ["it surrounds", [data(9, 10)], data(8, 11), /from 8 to 11 it surrounds what was served, from 9 to 10/],
    ["it surrounds the last but one", [data(9, 10), data(9, 11)], data(8, 12), /surrounds/],
    ["it is surrounded", [data(5, 10)], data(6, 9), /from 6 to 9 it is within what was served, from 5 to 10/],
    ["another target", [data(9, 10)], data(9, 10, "0xbb"), /target is 0xbb, before it was 0xaa/, true],
    ["a lower source in the same epoch", [data(9, 10)], data(8, 10), /source is of epoch 8, before it was 9/, true],
  ];
  for (const [name, served, asked, because, waived] of table) {
    const one = guard(...served);
    assert.match(one.objection(asked) ?? "", because, name);
    assert.match(one.objection(asked, true) ?? "", waived ? /^$/ : because, `${name}, and all say so`);
  }
});

test("surround: after a reorganisation that all agree on, the new target is the one", () => {
  const one = guard(data(9, 10), data(9, 10, "0xbb"));
  assert.equal(one.objection(data(9, 10, "0xbb")), undefined);
  assert.match(one.objection(data(9, 10)) ?? "", /its target is 0xaa/);
});

test("surround: one that served for weeks still refuses what is older than it remembers", () => {
  const one = createSurroundGuard();
  for (let epoch = 10; epoch < 200; epoch++) one.served(data(epoch < 100 ? epoch - 1 : 98, epoch));
  assert.equal(one.export().length, 64);
  assert.match(one.objection(data(97, 200)) ?? "", /surrounds/);
  assert.match(one.objection(data(9, 10)) ?? "", /too old/);
  assert.equal(one.objection(data(98, 200)), undefined);
});

test("surround: no two served votes are slashable, whatever nodes say, also over a restart, and memory stays small", () => {
  let refused = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    let one = createSurroundGuard();
    const served: AttestationData[] = [];
    let epoch = 100;
    for (let step = 0; step < 400; step++) {
      if (random() < 0.3) epoch++;
      const target = epoch - Math.floor(3 * random() ** 4);
      const asked = data(target - 1 - Math.floor(6 * random() ** 3), target, `0x${Math.floor(random() * 1.1)}`);
      const objection = one.objection(asked, true);
      if (objection !== undefined) {
        refused++;
        const bad = served.some(
          ({ source: { epoch: s }, target: { epoch: t } }) =>
            (asked.source.epoch < s && t < target) || (s < asked.source.epoch && target < t),
        );
        assert.ok(bad, `seed ${seed}: ${objection}`);
        continue;
      }
      for (const {
        source: { epoch: s },
        target: { epoch: t },
      } of served) {
        assert.ok(
          !(asked.source.epoch < s && t < target),
          `seed ${seed}: ${asked.source.epoch}-${target} around ${s}-${t}`,
        );
        assert.ok(
          !(s < asked.source.epoch && target < t),
          `seed ${seed}: ${asked.source.epoch}-${target} within ${s}-${t}`,
        );
      }
      one.served(asked);
      served.push(asked);
      if (random() < 0.05) {
        const again = createSurroundGuard();
        again.import(JSON.parse(JSON.stringify(one.export())));
        one = again;
      }
    }
    assert.ok(one.export().length <= 64);
  }
  assert.ok(refused > 500, `${refused} were refused`);
});

test("surround: what was served since the start is not lost to an old memory, nor is nonsense taken in", () => {
  const one = guard(data(9, 10, "0xbb"));
  one.import([
    [10, "0xaa", 8, 9],
    [11, "0xcc", 10, 10],
    [12, "0xdd", 13, 13],
    [Number.NaN, "0xee", 1, 1],
  ]);
  assert.deepEqual(one.export(), [
    [10, "0xbb", 8, 9],
    [11, "0xcc", 10, 10],
  ]);
});
