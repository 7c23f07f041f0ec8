import assert from "node:assert/strict";
import { test } from "node:test";
import type { Upstream, Verdict } from "../core/upstream.ts";
import { Panics } from "./panic.ts";
import { pool } from "./sample-pool.ts";

function withVerdicts(...verdicts: Verdict[]): readonly Upstream[] {
  const upstreams = pool(...verdicts.map((_, index) => `u${index} aws/us-east-1 geth`));
  upstreams.forEach(({ status }, index) => {
    status.confirmed = true;
    status.verdict = verdicts[index] as Verdict;
  });
  return upstreams;
}

test("panic: a network panics when more than half of what could serve is out, or what is out keeps a part", () => {
  const table: [string, readonly Verdict[], readonly string[], boolean][] = [
    ["all is well", ["healthy", "suspect", "ramping"], [], false],
    ["a half is out", ["ejected", "healthy"], [], false],
    ["more is out", ["ejected", "ejected", "healthy"], [], true],
    ["all is out", ["ejected"], [], true],
    ["an operator's doing", ["drained", "drained", "healthy"], [], false],
    ["strangers", ["quarantined", "quarantined", "healthy"], [], false],
    ["one of two that an operator left", ["drained", "ejected", "healthy"], [], false],
    ["the only one that an operator left", ["drained", "drained", "ejected"], [], true],
    ["a domain keeps a part", ["healthy", "healthy"], ["region:aws/us-east-1"], true],
  ];
  for (const [name, verdicts, kept, panics] of table) {
    const one = new Panics(() => {});
    one.look("ethereum", { upstreams: withVerdicts(...verdicts), kept }, 0);
    assert.equal(one.list().length > 0, panics, name);
  }
});

test("panic: who was never in service is not missed", () => {
  const upstreams = withVerdicts("ejected", "healthy");
  for (const { status } of upstreams.slice(1)) status.confirmed = false;
  const panics = new Panics(() => {});
  panics.look("ethereum", { upstreams, kept: [] }, 0);
  assert.equal(panics.list()[0]?.because, "1 of 1 upstreams are out");
});

test("panic: it is told of when it begins and when it is over, network by network, and not in between", () => {
  const told: string[] = [];
  const panics = new Panics((network, because) => told.push(`${network}: ${because}`));
  const few = withVerdicts("ejected", "ejected", "healthy");
  const enough = withVerdicts("ejected", "healthy", "healthy");
  panics.look("ethereum", { upstreams: few, kept: [] }, 1_000);
  panics.look("ethereum", { upstreams: few, kept: [] }, 1_500);
  panics.look("gnosis", { upstreams: enough, kept: [] }, 1_500);
  assert.deepEqual(panics.list(), [{ network: "ethereum", since: 1_000, because: "2 of 3 upstreams are out" }]);
  panics.look("ethereum", { upstreams: enough, kept: [] }, 6_000);
  assert.deepEqual(panics.list(), []);
  assert.deepEqual(told, [
    "ethereum: 2 of 3 upstreams are out; whoever may still answer is asked, and nobody twice for being slow",
    "ethereum: over after 5s: enough is in service again",
  ]);
});
