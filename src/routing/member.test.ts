import assert from "node:assert/strict";
import { test } from "node:test";
import { Attempt } from "../core/context.ts";
import type { UpstreamStatus } from "../core/upstream.ts";
import { Member } from "./member.ts";
import { sampleUpstream } from "./rehearsal.ts";

const now = 100_000;

test("member: the cost of a call is latency x (in flight + 1), by what is known of the latency", () => {
  const table: [Partial<UpstreamStatus>, idleMs: number, oldestMs: number | undefined, cost: number][] = [
    [{ latencyMs: 20 }, 0, undefined, 20],
    // It fades to 1/e in 10 s.
    [{ latencyMs: 20 }, 10_000, undefined, 20 / Math.E],
    [{ latencyMs: 20 }, Number.POSITIVE_INFINITY, undefined, 0],
    [{ latencyMs: 20, inFlight: 3 }, 10_000, 5, 80],
    // Who waits for a second now has waited longer than anybody lately did.
    [{ latencyMs: 20, inFlight: 3 }, 0, 1_000, 4_000],
    [{ latencyMs: Number.NaN }, 0, undefined, 0],
    [{ latencyMs: Number.NaN, inFlight: 1 }, 0, 1, 20_000],
  ];
  for (const [status, idleMs, oldestMs, cost] of table) {
    const upstream = sampleUpstream("u", "aws/a", status);
    if (oldestMs !== undefined) upstream.waiting.add(new Attempt(upstream, "primary", now - oldestMs, "read"));
    const member = new Member(upstream);
    member.pickedAt = now - idleMs;
    assert.ok(Math.abs(member.cost(now) - cost) < 1e-6, JSON.stringify([status, idleMs, member.cost(now)]));
  }
});
