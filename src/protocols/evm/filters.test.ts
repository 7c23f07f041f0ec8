import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, fault } from "../../core/outcome.ts";
import { bytesOf, textOf } from "../../lib/latin1.ts";
import { filterOf, withFilter } from "./filters.ts";

const answer = (payload: string): Answer => ({
  ok: true,
  status: 200,
  failed: false,
  payload: bytesOf(payload),
  rest: undefined,
  height: undefined,
});

test("filters: the id that a client gets leads back to the upstream that made it, and to its id there", () => {
  for (const id of ["0x1", "0x00ff", `0x${"ab".repeat(16)}`]) {
    const told = withFilter("eth_newFilter", answer(`"${id}"`), "aws-1");
    assert.ok(told.ok);
    const theirs = JSON.parse(textOf(told.payload)) as string;
    assert.match(theirs, /^0x[0-9a-f]+$/);
    const use = filterOf("eth_getFilterChanges", [theirs]);
    assert.equal(use?.id, `"${id}"`);
    assert.equal(use.isAt("aws-1"), true);
    assert.equal(use.isAt("aws-2"), false);
  }
});

test("filters: ids that are not ours, and other methods, are left alone", () => {
  for (const params of [[], ["0x1"], ["latest"], [7], {}, undefined, ["0x7fffffff12"]]) {
    assert.equal(filterOf("eth_getFilterLogs", params), undefined);
  }
  assert.equal(filterOf("eth_getLogs", ["0x8fffffff12"]), undefined);
  const other = answer('"0x1"');
  assert.equal(withFilter("eth_gasPrice", other, "aws-1"), other);
});

test("filters: when the upstream that has it cannot answer, the client is told to make a new one", () => {
  for (const kind of ["no_upstream", "unreachable", "timeout"] as const) {
    const told = withFilter("eth_getFilterChanges", fault(kind, "gone"), undefined);
    assert.ok(told.ok && told.failed);
    assert.equal(textOf(told.payload), '{"code":-32000,"message":"filter not found"}');
  }
  const left = fault("cancelled", "the client left");
  assert.equal(withFilter("eth_getFilterChanges", left, undefined), left);
  const unmade = fault("no_upstream", "none");
  assert.equal(withFilter("eth_newFilter", unmade, undefined), unmade);
});
