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
  const table: [nodes: string[], count: number, expected: string[]][] = [
    [["a@x", "b@x", "c@x", "a@y", "b@z"], 3, ["a@x", "b@z", "c@x", "b@x", "a@y"]],
    [["a@x", "a@x2", "a@x3", "b@x4"], 2, ["a@x", "b@x4", "a@x2", "a@x3"]],
    [["a@x", "b@x"], 3, ["a@x", "b@x"]],
    [["a@x", "a@x", "a@y"], 2, ["a@x", "a@y", "a@x"]],
    [["a@x"], 3, ["a@x"]],
    [[], 3, []],
  ];
  for (const [nodes, count, expected] of table) {
    const ids = diverse(fleet(...nodes), voterOf, count).map(({ id }) => id);
    assert.deepEqual(ids, expected);
  }
});
