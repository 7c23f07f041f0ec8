import assert from "node:assert/strict";
import { test } from "node:test";
import { aggregateScore, blockScore, contributionScore } from "./score.ts";
import { answerWith } from "./testing.ts";

const none = Number.NEGATIVE_INFINITY;

function block(consensus?: string, execution?: string, body: unknown = { data: {} }) {
  return answerWith(body, {
    ...(consensus !== undefined && { "eth-consensus-block-value": consensus }),
    ...(execution !== undefined && { "eth-execution-payload-value": execution }),
  });
}

test("score: a block is worth what chain and payload pay together, and what is not told is nothing", () => {
  assert.equal(blockScore(block("1011908000000000", "1000000000000000"), false), 2011908000000000);
  assert.equal(blockScore(block("5"), false), 5);
  assert.equal(blockScore(block(undefined, "7"), false), 7);
  for (const odd of ["", "-1", "0x10", "1e3", "nonsense", "9".repeat(400)]) {
    assert.equal(blockScore(block("5", odd), false), 5, odd);
  }
  const told = { consensus_block_value: "3", execution_payload_value: "4", data: { block: {} } };
  assert.equal(blockScore(answerWith(told), false), 7);
  assert.equal(blockScore(answerWith({ data: {}, consensus_block_value: "3" }), false), 3);
});

test("score: the sum is exact before it is rounded, so that the order of large values holds", () => {
  const ether = 10n ** 18n;
  const values = [0n, 1n, 2n ** 53n, ether, 32n * ether, 1_000n * ether, 2n ** 200n];
  const scores = values.map((value) => blockScore(block(`${value}`, `${value}`), false));
  assert.deepEqual(
    scores,
    [...scores].sort((a, b) => a - b),
  );
  assert.equal(new Set(scores).size, values.length);
  // Each alone would be rounded down to 2^53.
  const half = `${2n ** 52n + 1n}`;
  assert.equal(blockScore(block(half, half), false), 2 ** 53 + 2);
});

test("score: where the payload pays in another coin only the chain's pay counts", () => {
  assert.equal(blockScore(block("5", "1000"), true), 5);
});

test("score: errors, empty answers, and aggregates of nobody are never taken", () => {
  assert.equal(blockScore(answerWith("", {}, 200), false), none);
  assert.equal(blockScore(answerWith({ code: 500 }, {}, 500), false), none);
  assert.equal(blockScore(answerWith("", {}, 204), false), none);
  assert.equal(aggregateScore(answerWith({ data: null })), none);
  assert.equal(aggregateScore(answerWith({ data: { aggregation_bits: "0x01" } })), none);
  assert.equal(contributionScore(answerWith({ data: { aggregation_bits: `0x${"00".repeat(16)}` } })), none);
});

test("score: the aggregate that speaks for more of the committee is better", () => {
  const of = (aggregation_bits: string) => aggregateScore(answerWith({ data: { aggregation_bits } }));
  assert.equal(of("0xff01"), 1);
  assert.equal(of("0x0f01"), 0.5);
  const part = (aggregation_bits: string) => contributionScore(answerWith({ data: { aggregation_bits } }));
  assert.ok(part(`0xff${"00".repeat(15)}`) > part(`0x7f${"00".repeat(15)}`));
});
