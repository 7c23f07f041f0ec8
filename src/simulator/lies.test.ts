import assert from "node:assert/strict";
import { test } from "node:test";
import { Chain } from "./chain.ts";
import { type Lie, lies } from "./lies.ts";
import { answerRequests } from "./rpc.ts";
import type { ChainView } from "./rpc-params.ts";

const chain = new Chain({ seed: 1, chainId: 1337, blockTimeMs: 2_000 });
const honest: ChainView = { chain, head: 1_000, tip: 1_000, client: "geth/v1", salt: "" };
const account = `0x${"11".repeat(20)}`;
const receipt = chain.transactions(500)[0]?.hash;

function ask(lie: Lie | undefined, method: string, ...params: unknown[]): string {
  const view = lie === undefined ? honest : { ...honest, lies: new Set([lie]) };
  return JSON.stringify(JSON.parse(answerRequests(view, { id: 1, method, params })).result);
}

const questions: Readonly<Record<string, readonly [method: string, ...params: unknown[]]>> = {
  balance: ["eth_getBalance", account, "0x1f4"],
  logs: ["eth_getLogs", { fromBlock: "0x1f4", toBlock: "0x1f4" }],
  header: ["eth_getBlockByNumber", "0x1f4", false],
  byHash: ["eth_getBlockByHash", chain.blockHash(500), false],
  receipt: ["eth_getTransactionReceipt", receipt],
  call: ["eth_call", { to: account }, "0x1f4"],
};

const probes: readonly (readonly [method: string, ...params: unknown[]])[] = [
  ["eth_chainId"],
  ["eth_blockNumber"],
  ["eth_syncing"],
  ["net_peerCount"],
  ["web3_clientVersion"],
  ["eth_getBlockByNumber", "0x0", false],
  ["eth_getBlockByNumber", "safe", false],
  ["eth_getBlockByNumber", "finalized", false],
];

test("lies: each is told in what it is about and nowhere else, and never to a probe", () => {
  const about: Readonly<Record<Lie, readonly string[]>> = {
    wrong_balance: ["balance"],
    stale_state: ["balance"],
    wrong_logs: ["logs"],
    forged_header: ["header", "byHash"],
    dropped_receipts: ["receipt"],
  };
  for (const lie of lies) {
    const told = Object.keys(questions).filter((name) => {
      const question = questions[name] as (typeof probes)[0];
      return ask(lie, ...question) !== ask(undefined, ...question);
    });
    assert.deepEqual(told, about[lie], lie);
    for (const probe of probes) assert.equal(ask(lie, ...probe), ask(undefined, ...probe), `${lie}: ${probe}`);
  }
});

test("lies: stale state is true of two blocks before, and a log is invented where there is none", () => {
  assert.equal(
    ask("stale_state", "eth_getBalance", account, "0x1f4"),
    ask(undefined, "eth_getBalance", account, "0x1f2"),
  );
  const nobody = { fromBlock: "0x1f4", toBlock: "0x1f4", address: account };
  assert.equal(ask(undefined, "eth_getLogs", nobody), "[]");
  assert.equal(JSON.parse(ask("wrong_logs", "eth_getLogs", nobody)).length, 1);
});
