import assert from "node:assert/strict";
import { test } from "node:test";
import { toBeHex } from "ethers";
import { headerHash } from "./evm/header.ts";
import { receiptsRoot } from "./evm/proof.ts";
import { type Behaviour, blockAt, type Node, questionOf, rehearse } from "./rehearsal.ts";

const options = { newcomers: 1, trusted: 1, budget: 10_000, canaries: 86_400_000, delay: 100 };
const height = 800;
const at = `0x${height.toString(16)}`;
const address = toBeHex(9, 20);

const log = { address, topics: [toBeHex(7, 32)], data: "0x", logIndex: "0x0", blockNumber: at };
const receipt = {
  type: "0x2",
  transactionIndex: "0x0",
  status: "0x1",
  cumulativeGasUsed: "0x5208",
  logsBloom: `0x${"0".repeat(512)}`,
  logs: [log],
};
const sealed = { ...blockAt(height), receiptsRoot: await receiptsRoot([receipt]) };
const block = { ...sealed, hash: headerHash({ ...sealed, hash: undefined }) };

/** What a chain adds to a block without its being under the block's root. */
const synced = { ...log, data: "0x01", logIndex: "0x1" };
const late = { ...receipt, type: "0x0", transactionIndex: "0x1", logs: [synced] };

function showing(logs: readonly object[], receipts: readonly object[]): Behaviour {
  return (method, [asked], truth) => {
    if (method === "eth_getBlockByNumber") return Number(asked) === height ? block : truth;
    if (method === "eth_getLogs") return logs;
    return method === "eth_getBlockReceipts" ? receipts : truth;
  };
}

/** How a fleet stands after a question about logs to each of it, of which the first one answers otherwise; over some orders. */
async function phases(first: Behaviour, others: Behaviour, size = 4): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 6; seed++) {
    const scene = rehearse(size, options, seed);
    for (const [index, node] of scene.nodes.entries()) node.behaviour = index === 0 ? first : others;
    for (const node of scene.nodes.toReversed()) {
      scene.call(node, questionOf("eth_getLogs", [{ address, fromBlock: at, toBlock: at }], height));
      for (let step = 0; step < 20; step++) await scene.clock.advance(50);
    }
    seen.add(scene.nodes.map((node: Node) => scene.phase(node)).join(" "));
  }
  return [...seen];
}

test("proof: who leaves out a log that is under the root of its block is proved to lie", async () => {
  const found = await phases(showing([], [receipt]), showing([log], [receipt]));
  assert.deepEqual(found, ["held clear clear clear"]);
});

test("proof: on a chain that shows more than is under the root nobody honest is condemned by who shows no more", async () => {
  const found = await phases(showing([log], [receipt]), showing([log, synced], [receipt, late]));
  assert.ok(!found.some((one) => /^\w+ .*held/.test(one)), found.join("; "));
});
