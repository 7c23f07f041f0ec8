import assert from "node:assert/strict";
import { test } from "node:test";
import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { encodeRlp, getBytes, hexlify, keccak256, toBeHex } from "ethers";
import { logsIn, matches, provenAccount, provenSlot, receiptsRoot } from "./proof.ts";

const address = (index: number) => toBeHex(index, 20);
const code = keccak256("0x6001");

/** A state of a hundred accounts, the seventh of which is a contract with fifty slots. */
async function state() {
  const storage = await createMPT({ useKeyHashing: true });
  for (let slot = 0; slot < 50; slot++) {
    await storage.put(getBytes(toBeHex(slot, 32)), getBytes(encodeRlp(toBeHex(slot + 1))));
  }
  const accounts = await createMPT({ useKeyHashing: true });
  for (let index = 0; index < 100; index++) {
    const leaf = encodeRlp([
      index === 0 ? "0x" : toBeHex(index),
      toBeHex(1_000 + index),
      hexlify(storage.root()),
      code,
    ]);
    await accounts.put(getBytes(address(index)), getBytes(leaf));
  }
  const proofOf = async (trie: typeof accounts, key: string) =>
    (await createMerkleProof(trie, getBytes(key))).map((node) => hexlify(node));
  return { accounts, storage, proofOf, root: hexlify(accounts.root()), storageRoot: hexlify(storage.root()) };
}

test("proof: a balance, a nonce, a code and a slot are known from a state root alone", async () => {
  const { accounts, storage, proofOf, root, storageRoot } = await state();
  assert.deepEqual(await provenAccount(root, address(7), await proofOf(accounts, address(7))), {
    nonce: "0x7",
    balance: "0x3ef",
    codeHash: code,
    storageRoot,
  });
  assert.equal((await provenAccount(root, address(0), await proofOf(accounts, address(0))))?.nonce, "0x0");
  const slot = await provenSlot(storageRoot, "0x3", await proofOf(storage, toBeHex(3, 32)));
  assert.equal(slot, toBeHex(4, 32));
  assert.equal(
    await provenSlot(storageRoot, "0x63", await proofOf(storage, toBeHex(99, 32))),
    toBeHex(0, 32),
    "an unset slot",
  );
  const absent = await provenAccount(root, address(500), await proofOf(accounts, address(500)));
  assert.deepEqual([absent?.balance, absent?.nonce], ["0x0", "0x0"], "an account that is not there has nothing");
  assert.equal(await provenSlot(absent?.storageRoot as string, "0x0", []), toBeHex(0, 32));
});

test("proof: what was changed, cut short or is of another root or account proves nothing", async () => {
  const { accounts, proofOf, root, storageRoot } = await state();
  const proof = await proofOf(accounts, address(7));
  const last = proof.at(-1) as string;
  const table: [string, string, string, unknown][] = [
    ["another root", storageRoot, address(7), proof],
    ["a changed leaf", root, address(7), [...proof.slice(0, -1), `${last.slice(0, -2)}ff`]],
    ["the leaf is missing", root, address(7), proof.slice(0, -1)],
    ["the root is missing", root, address(7), proof.slice(1)],
    ["nothing", root, address(7), []],
    ["another account's", root, address(8), proof],
    ["no proof", root, address(7), "0x"],
    ["odd nodes", root, address(7), ["0x1"]],
    ["no address", root, "0x1", proof],
    ["endless", root, address(7), Array.from({ length: 1_000 }, () => last)],
  ];
  for (const [name, of, who, nodes] of table) assert.equal(await provenAccount(of, who, nodes), undefined, name);
});

const topic = toBeHex(7, 32);

function receipts(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    type: index % 2 === 0 ? "0x2" : "0x0",
    transactionIndex: `0x${index.toString(16)}`,
    status: index === 1 ? "0x0" : "0x1",
    cumulativeGasUsed: `0x${(21_000 * (index + 1)).toString(16)}`,
    logsBloom: `0x${"0".repeat(512)}`,
    logs: [{ address: address(9), topics: [topic], data: toBeHex(index, 32) }],
  }));
}

test("proof: receipts have one root, and a receipt or a log that is dropped, invented or changed gives another", async () => {
  const honest = receipts(20);
  const root = await receiptsRoot(honest);
  assert.match(root as string, /^0x[0-9a-f]{64}$/);
  assert.equal(await receiptsRoot(receipts(20)), root);
  assert.equal(await receiptsRoot([]), keccak256(encodeRlp("0x")), "an empty block");
  const [first, ...rest] = honest as [(typeof honest)[0], ...typeof honest];
  const lies: unknown[][] = [
    honest.slice(0, -1),
    [{ ...first, logs: [] }, ...rest],
    [{ ...first, logs: [...first.logs, ...first.logs] }, ...rest],
    [{ ...first, status: "0x0" }, ...rest],
    [{ ...first, cumulativeGasUsed: "0x1" }, ...rest],
    [{ ...first, type: "0x1" }, ...rest],
  ];
  for (const lie of lies) assert.notEqual(await receiptsRoot(lie), root);
  const unknown: unknown[] = [
    [{ ...first, type: "0x7e" }, ...rest],
    [{ ...first, status: undefined }, ...rest],
    [null],
    [rest[0]],
    "receipts",
    [{ ...first, logs: [{ address: "here", topics: [], data: "0x" }] }, ...rest],
  ];
  for (const one of unknown) assert.equal(await receiptsRoot(one), undefined);
});

test("proof: the logs of a block are known from its receipts, as a filter wants them", () => {
  const logs = logsIn(receipts(3));
  assert.deepEqual(
    logs.map(({ logIndex }) => logIndex),
    [0, 1, 2],
  );
  const [log] = logs as [(typeof logs)[0]];
  const table: [object, boolean][] = [
    [{}, true],
    [{ address: address(9) }, true],
    [{ address: [address(1), address(9).toUpperCase().replace("0X", "0x")] }, true],
    [{ address: address(1) }, false],
    [{ topics: [topic] }, true],
    [{ topics: [null] }, true],
    [{ topics: [[toBeHex(1, 32), topic]] }, true],
    [{ topics: [toBeHex(1, 32)] }, false],
    [{ topics: [topic, null] }, false],
    [{ topics: [] }, true],
  ];
  for (const [filter, expected] of table) assert.equal(matches(log, filter), expected, JSON.stringify(filter));
});
