import assert from "node:assert/strict";
import { test } from "node:test";
import { toBeHex } from "ethers";
import type { Header } from "./header.ts";
import { type Plan, planOf } from "./plan.ts";
import { receiptsRoot } from "./proof.ts";
import { provingOf } from "./truth.ts";

const hex = (value: number) => `0x${value.toString(16)}`;
const address = toBeHex(9, 20);
const topic = toBeHex(7, 32);

/** The receipts of a block with one log, and that log as `eth_getLogs` shows it in a block. */
const receipts = [
  {
    type: "0x2",
    transactionIndex: "0x0",
    status: "0x1",
    cumulativeGasUsed: "0x5208",
    logsBloom: `0x${"0".repeat(512)}`,
    logs: [{ address, topics: [topic], data: "0x" }],
  },
];
const logIn = (block: number) => ({
  address,
  topics: [topic],
  data: "0x",
  logIndex: "0x0",
  blockNumber: hex(block),
});

const hash = toBeHex(1, 32);

/** A header whose block has those receipts. */
const headerAt = async (number: number): Promise<Header> => ({
  number,
  hash,
  parentHash: hash,
  timestamp: 0,
  stateRoot: hash,
  receiptsRoot: (await receiptsRoot(receipts)) as string,
});

function logsOf(from: number, to: number): Plan {
  const params = [{ address, fromBlock: hex(from), toBlock: hex(to) }];
  return planOf(Buffer.from(JSON.stringify({ method: "eth_getLogs", params }))) as Plan;
}

test("proof of logs: a log that was left out is missed in its block, and there alone", async () => {
  const header = await headerAt(702);
  const full = JSON.stringify([logIn(702)]);
  const proving = provingOf(logsOf(700, 705), header, ["[]", full]);
  assert.equal(proving?.height, 702);
  const truth = await proving?.read(receipts, header);
  assert.deepEqual([await truth?.contradicts("[]"), await truth?.contradicts(full)], [true, false]);
});

test("proof of logs: a true log of a block that nobody asked for condemns nobody who does not show it", async () => {
  for (const block of [699, 706]) {
    const header = await headerAt(block);
    assert.equal(provingOf(logsOf(700, 705), header, ["[]", JSON.stringify([logIn(block)])]), undefined, `${block}`);
  }
});
