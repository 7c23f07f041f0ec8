import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultKind, fault } from "../core/outcome.ts";
import { preferred } from "./preferred.ts";

test("preferred: of two faults the client is told the one that says more, whichever came first", () => {
  const table: [more: FaultKind, less: FaultKind][] = [
    ["timeout", "missing_data"],
    ["timeout", "busy"],
    ["busy", "missing_data"],
    ["rate_limited", "unsupported"],
    ["missing_data", "unsupported"],
    ["unsupported", "no_upstream"],
    ["timeout", "cancelled"],
  ];
  for (const [more, less] of table) {
    assert.equal(preferred(fault(more, ""), fault(less, "")).kind, more);
    assert.equal(preferred(fault(less, ""), fault(more, "")).kind, more);
  }
});

test("preferred: of two that say as much, the later", () => {
  assert.equal(preferred(fault("timeout", "first"), fault("server_error", "second")).detail, "second");
});

test("preferred: what an upstream said is not lost to our own words for the same, but the newer pause counts", () => {
  const said = fault("rate_limited", "429", Buffer.from("{}"));
  const counted = fault("rate_limited", "all held", undefined, 3_000);
  const { payload, retryAfterMs } = preferred(said, counted);
  assert.deepEqual([payload, retryAfterMs], [said.payload, 3_000]);
});
