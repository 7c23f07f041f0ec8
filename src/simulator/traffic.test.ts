import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../lib/random.ts";
import { Chain } from "./chain.ts";
import { answerRequests, readRequests } from "./rpc.ts";
import { type Question, Traffic, type TrafficMethod, trafficMethods } from "./traffic.ts";

const chain = new Chain({ seed: 1, chainId: 1337, blockTimeMs: 2_000 });
const tip = 1_000;

function trafficOf(method: TrafficMethod): Traffic {
  return new Traffic(chain, { [method]: 1 }, 1, tip, seededRandom(1));
}

function answerTo({ body }: Question, head: number): string {
  return answerRequests({ chain, head, tip, client: "geth", salt: "" }, readRequests(body));
}

test("traffic: every kind of question is answered rightly by an upstream that has the head", () => {
  for (const method of trafficMethods) {
    const traffic = trafficOf(method);
    for (let index = 0; index < 20; index++) {
      const question = traffic.ask();
      const judgement = traffic.judge(question, 200, answerTo(question, tip), tip);
      assert.deepEqual([question.method, judgement.verdict, judgement.because], [method, "answered", ""]);
    }
  }
});

test("traffic: methods come by their weight", () => {
  const traffic = new Traffic(chain, { eth_call: 3, eth_gasPrice: 1 }, 5, tip, seededRandom(1));
  const calls = Array.from({ length: 400 }, () => traffic.ask().method).filter((method) => method === "eth_call");
  assert.ok(Math.abs(calls.length - 300) < 30, `${calls.length} of 400`);
});

test("traffic: what a client cannot use is failed or wrong", () => {
  const other = new Chain({ seed: 2, chainId: 1337, blockTimeMs: 2_000 });
  const stranger = (question: Question) =>
    answerRequests({ chain: other, head: tip, tip, client: "geth", salt: "" }, readRequests(question.body));
  const table: [TrafficMethod, status: number, reply: (question: Question) => string, verdict: string][] = [
    ["eth_call", 503, () => '{"error":{"data":{"reason":"deadline"}}}', "failed: eth_call: HTTP 503 deadline"],
    ["eth_call", 200, () => '{"resu', "failed: eth_call: not JSON"],
    ["eth_call", 200, () => '{"error":{"code":-32000,"message":"no"}}', "failed: eth_call: error -32000 no"],
    ["eth_getTransactionReceipt", 200, (one) => answerTo(one, 900), "wrong: eth_getTransactionReceipt: null"],
    ["eth_blockNumber", 200, (one) => answerTo(one, tip - 6), "wrong: eth_blockNumber: a stale head"],
    ["eth_getBlockByNumber", 200, stranger, "wrong: eth_getBlockByNumber: a block of another chain"],
  ];
  for (const [method, status, reply, expected] of table) {
    const traffic = trafficOf(method);
    const question = traffic.ask();
    const { verdict, because } = traffic.judge(question, status, reply(question), tip);
    assert.equal(`${verdict}: ${because}`, expected);
  }
});

test("traffic: a client notices a head older than the one that it was told before it asked", () => {
  const traffic = trafficOf("eth_blockNumber");
  const [early, first] = [traffic.ask(), traffic.ask()];
  assert.equal(traffic.judge(first, 200, answerTo(first, tip + 2), tip + 2).wentBack, false);
  assert.equal(traffic.judge(early, 200, answerTo(early, tip + 1), tip + 2).wentBack, false);
  const late = traffic.ask();
  assert.equal(traffic.judge(late, 200, answerTo(late, tip + 1), tip + 2).wentBack, true);
});
