import assert from "node:assert/strict";
import { test } from "node:test";
import type { Upstream } from "../core/upstream.ts";
import { diverse } from "./diversity.ts";

/** `lighthouse@aws` */
function fleet(...names: string[]): readonly Upstream[] {
  return names.map((id) => ({ id, coordinates: { provider: id.split("@")[1] } }) as unknown as Upstream);
}

const voterOf = ({ id }: Upstream) => id.split("@")[0] as string;

test("diversity: the few who are asked share neither a client's bug nor a cloud's outage, as far as that can be", () => {
  const table: [nodes: string[], expected: string[]][] = [
    [
      ["a@x", "b@x", "c@x", "a@y", "b@z"],
      ["a@x", "b@z", "c@x", "a@y", "b@x"],
    ],
    [
      ["a@x", "a@x2", "a@x3", "b@x4"],
      ["a@x", "b@x4", "a@x2", "a@x3"],
    ],
    [
      ["a@x", "b@x"],
      ["a@x", "b@x"],
    ],
    [
      ["a@x", "a@x", "a@y"],
      ["a@x", "a@y", "a@x"],
    ],
    [["a@x"], ["a@x"]],
    [[], []],
  ];
  for (const [nodes, expected] of table) {
    const ids = diverse(fleet(...nodes), voterOf).map(({ id }) => id);
    assert.deepEqual(ids, expected);
  }
});

test("diversity: of a fleet of hundreds all are there, and few of them are compared", () => {
  const all = fleet(...Array.from({ length: 300 }, (_, index) => `c${index % 7}@p${index % 11}`));
  const ordered = diverse(all, voterOf);
  assert.deepEqual(new Set(ordered), new Set(all));
  assert.equal(new Set(ordered.slice(0, 7).map(voterOf)).size, 7);
});
