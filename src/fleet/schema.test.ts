import assert from "node:assert/strict";
import { test } from "node:test";
import { breakerSchema, upstreamSchema } from "./schema.ts";

test("fleet schema: an upstream needs nothing but its URL", () => {
  assert.deepEqual(upstreamSchema.parse({ url: "https://node.example/v1" }), {
    url: "https://node.example/v1",
    tier: 0,
    archive: false,
    traces: false,
    headers: {},
    limits: { concurrency: 128 },
    peers: false,
  });
});

test("fleet schema: a breaker is off, or on with defaults for what is not said", () => {
  assert.equal(breakerSchema.parse(false), false);
  assert.deepEqual(breakerSchema.parse({ hold: "10s" }), {
    threshold: 50,
    volume: 20,
    window: 10_000,
    hold: 10_000,
    maxHold: 60_000,
  });
});

test("fleet schema: what makes no sense is refused", () => {
  const table: [object, string][] = [
    [{ url: "ftp://node.example" }, "url"],
    [{ provider: "Amazon Web Services" }, "provider"],
    [{ region: "aws/us-east-1/a" }, "region"],
    [{ kind: "unknown" }, "kind"],
    [{ jurisdiction: "USA" }, "jurisdiction"],
    [{ tier: -1 }, "tier"],
    [{ stake: 0 }, "stake"],
    [{ peers: "yes" }, "peers"],
    [{ limits: { concurrency: 0 } }, "limits.concurrency"],
    [{ limits: { burst: 0.5 } }, "limits.burst"],
  ];
  for (const [entry, path] of table) {
    const issues = upstreamSchema.safeParse(entry).error?.issues.map((issue) => issue.path.join("."));
    assert.deepEqual(issues, [path]);
  }
  assert.equal(breakerSchema.safeParse({ threshold: 101 }).success, false);
  assert.equal(breakerSchema.safeParse({ hold: "2m", maxHold: "1m" }).success, false);
});

test("fleet schema: a refused URL is not repeated, as it may hold a key", () => {
  const { error } = upstreamSchema.safeParse({ url: "node.example/v3/hunter2" });
  assert.doesNotMatch(JSON.stringify(error?.issues), /hunter2/);
});
