import assert from "node:assert/strict";
import { test } from "node:test";
import { passesFor } from "./proof.ts";

test("proof: the less of its probes failed, the more must pass until a member is taken to be well", () => {
  const shares = [1, 0.9, 0.75, 0.5, 0.4, 0.2, 0.01];
  assert.deepEqual(shares.map(passesFor), [5, 5, 5, 10, 14, 20, 20]);
});
