import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import type { UpstreamStatus } from "../core/upstream.ts";
import { inWords, lastObstacle, obstacle } from "./eligibility.ts";
import { sampleCall, sampleUpstream } from "./rehearsal.ts";

const now = 10_000;
const all = { archives: true, traces: true };
const none = { archives: false, traces: false };
const { traits } = sampleCall();

test("eligibility: each obstacle, what is left of it when there is nobody else, and its words", () => {
  const table: [Partial<UpstreamStatus>, Partial<Call>, string | undefined, string | undefined, RegExp?][] = [
    [{}, {}, undefined, undefined],
    [{ verdict: "suspect" }, {}, undefined, undefined],
    [{ verdict: "ramping", weight: 0.1 }, {}, undefined, undefined],
    [{ confirmed: false }, {}, "unconfirmed", "unconfirmed", /not confirmed yet/],
    [{ verdict: "quarantined", because: "chain 5" }, {}, "quarantined", "quarantined", /^quarantined: chain 5$/],
    [{ verdict: "drained" }, {}, "drained", "drained", /^drained: fine$/],
    [{ verdict: "ejected", because: "timeout" }, {}, "ejected", undefined, /^ejected: timeout$/],
    [{ breaker: "open" }, {}, "breaker_open", undefined, /^breaker open$/],
    [{ breaker: "half_open" }, {}, undefined, undefined],
    [{ breaker: "half_open", inFlight: 1 }, {}, "breaker_open", undefined, /its trial call/],
    [{ heldUntil: now, heldBecause: "throttled" }, {}, undefined, undefined],
    [{ heldUntil: now + 1_500, heldBecause: "throttled" }, {}, "held", "held", /another 1s500ms: throttled/],
    [{ heldUntil: now + 1, heldBecause: "billing" }, {}, "held", "held", /billing/],
    [{ heldUntil: now + 1, heldBecause: "unauthorized" }, {}, "held", "held", /unauthorized/],
    [{ heldUntil: now + 1, heldBecause: "wrong_chain" }, {}, "held", "held", /wrong_chain/],
    [{ heldUntil: now + 1, heldBecause: "unreachable" }, {}, "held", undefined, /unreachable/],
    [{ heldUntil: now + 1, heldBecause: "unavailable" }, {}, "held", undefined, /unavailable/],
    [{ head: 99 }, { height: 100 }, "behind", "behind", /at 99, behind 100/],
    [{ head: 100 }, { height: 100 }, undefined, undefined],
    [{ head: -1 }, { height: 100 }, undefined, undefined],
    [{ earliest: 50 }, { height: 100, floor: 49 }, "pruned", "pruned", /nothing before 50/],
    [{ earliest: 50 }, { height: 100, floor: 50 }, undefined, undefined],
    [{ head: 1_000 }, { floor: 872, needsState: true }, "old_state", undefined, /state of block 872/],
    [{ head: 1_000 }, { floor: 873, needsState: true }, undefined, undefined],
    [{ head: 1_000 }, { floor: 1 }, undefined, undefined],
    [{}, { traits: { ...traits, traces: true } }, "no_traces", undefined, /^not said to serve traces$/],
    [{}, { method: "trace_block" }, "lacks_method", "lacks_method", /trace_block/],
    [{ inFlight: 10 }, {}, "no_room", "no_room", /10 calls in flight/],
    [{ verdict: "ejected", head: 99 }, { height: 100 }, "ejected", "behind"],
  ];
  for (const [status, parts, why, last, words] of table) {
    const upstream = sampleUpstream("u", "aws/us-east-1", status, { lacks: "trace_block", capacity: 10 });
    const call = sampleCall(parts);
    const label = JSON.stringify([status, parts]);
    const found = obstacle(upstream, call, now, all);
    assert.equal(found, why, label);
    assert.equal(lastObstacle(upstream, call, now), last, label);
    if (words) assert.match(inWords(found ?? assert.fail(), upstream, call, now), words);
  }
});

test("eligibility: old state is asked of archives, and of anybody where there is none", () => {
  const call = sampleCall({ floor: 1, needsState: true });
  const archive = sampleUpstream("a", "aws/us-east-1", {}, { archive: true });
  assert.equal(obstacle(archive, call, now, all), undefined);
  assert.equal(obstacle(sampleUpstream("f", "aws/us-east-1"), call, now, none), undefined);
});

test("eligibility: traces are asked of those who are said to serve them, and of anybody where there is none", () => {
  const call = sampleCall({ traits: { ...traits, traces: true } });
  const tracing = sampleUpstream("t", "aws/us-east-1", {}, { traces: true });
  assert.equal(obstacle(tracing, call, now, all), undefined);
  assert.equal(obstacle(sampleUpstream("f", "aws/us-east-1"), call, now, none), undefined);
});
