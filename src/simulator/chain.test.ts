import assert from "node:assert/strict";
import { test } from "node:test";
import { Chain, genesisEpoch } from "./chain.ts";

const options = { seed: 7, chainId: 1337, blockTimeMs: 2_000 };

test("chain: two built from one seed are the same chain, another seed is another", () => {
  const [one, same, other] = [new Chain(options), new Chain(options), new Chain({ ...options, seed: 8 })];
  assert.equal(one.blockHash(42), same.blockHash(42));
  assert.deepEqual(one.transactions(42), same.transactions(42));
  assert.notEqual(one.blockHash(42), other.blockHash(42));
});

test("chain: a block is made every block time, and carries its time", () => {
  const chain = new Chain(options);
  assert.equal(chain.headAt(genesisEpoch + 19_999), 9);
  assert.equal(chain.headAt(genesisEpoch + 20_000), 10);
  assert.equal(chain.timestamp(10), genesisEpoch / 1_000 + 20);
});

test("chain: blocks and transactions are found by their hash, strangers are not", () => {
  const chain = new Chain(options);
  assert.equal(chain.blockOf(chain.blockHash(123_456)), 123_456);
  assert.equal(chain.blockOf(`0x${"ab".repeat(32)}`), undefined);
  for (const transaction of chain.transactions(99)) assert.deepEqual(chain.find(transaction.hash), transaction);
  assert.equal(chain.find(`0x${"ab".repeat(32)}`), undefined);
});

test("chain: a sent transaction is in the block after the head, once, behind that block's own", () => {
  const chain = new Chain(options);
  const own = chain.transactions(101).length;
  const name = chain.send("0xf86b01", 100);
  assert.equal(chain.send("0xf86b01", 100), name);
  assert.deepEqual(
    chain.transactions(101).map((one) => one.hash === name),
    [...Array.from({ length: own }, () => false), true],
  );
  assert.equal(chain.find(name)?.block, 101);
});

test("chain: one that stood still goes on with its old blocks where they were, and later ones as much later", () => {
  const chain = new Chain({ seed: 1, chainId: 1337, blockTimeMs: 2_000 });
  const start = genesisEpoch + 100_000;
  assert.deepEqual([chain.headAt(start), chain.timestamp(60) * 1_000], [50, genesisEpoch + 120_000]);
  chain.stand(true, start);
  chain.stand(true, start + 10_000);
  assert.equal(chain.headAt(start + 30_000), 50);
  chain.stand(false, start + 30_000);
  assert.equal(chain.headAt(start + 34_000), 52);
  assert.equal(chain.headAt(start - 20_000), 40);
  assert.deepEqual(
    [chain.timestamp(50) * 1_000, chain.timestamp(52) * 1_000],
    [genesisEpoch + 100_000, genesisEpoch + 134_000],
  );
});

test("chain: standing still ever so often changes nothing but the time", () => {
  const chain = new Chain({ seed: 1, chainId: 1337, blockTimeMs: 2_000 });
  const start = genesisEpoch + 100_000;
  for (let index = 0; index < 250; index++) {
    chain.stand(true, start + index * 4_000);
    chain.stand(false, start + index * 4_000 + 2_000);
  }
  assert.equal(chain.headAt(start + 250 * 4_000), 50 + 250);
});
