import assert from "node:assert/strict";
import { test } from "node:test";
import type { Header } from "../evm/header.ts";
import { farthest, SignedHeaders } from "./signed-headers.ts";

const at = (number: number, fork = ""): Header => ({
  number,
  hash: `block ${number}${fork}`,
  parentHash: `block ${number - 1}`,
  timestamp: 12 * number,
  stateRoot: "",
  receiptsRoot: "",
});

/** Gives each header by its hash, and counts how often it was asked. */
function library() {
  const asked: string[] = [];
  const fetch = async (hash: string) => {
    asked.push(hash);
    return at(Number(hash.split(" ")[1]));
  };
  return { asked, fetch };
}

test("signed headers: those below a signed one are found by the hashes of parents, each asked for once", async () => {
  const headers = new SignedHeaders();
  const { asked, fetch } = library();
  headers.add(at(100));
  assert.equal((await headers.find(97, fetch))?.hash, "block 97");
  assert.equal((await headers.find(98, fetch))?.hash, "block 98");
  assert.deepEqual(asked, ["block 99", "block 98", "block 97"]);
  assert.equal((await headers.find(96, fetch))?.hash, "block 96");
  assert.equal(asked.length, 4);
  assert.equal(headers.newest?.number, 100);
});

test("signed headers: nothing is known of what is newer, too far below, or given by nobody", async () => {
  const headers = new SignedHeaders();
  const { asked, fetch } = library();
  assert.equal(await headers.find(50, fetch), undefined);
  headers.add(at(500));
  assert.equal(await headers.find(501, fetch), undefined);
  assert.equal(await headers.find(500 - farthest - 1, fetch), undefined);
  assert.deepEqual(asked, []);
  assert.equal((await headers.find(500 - farthest, fetch))?.number, 500 - farthest);
  headers.add(at(800));
  assert.equal(await headers.find(799, async () => undefined), undefined);
  assert.equal(headers.known(799), undefined);
});

test("signed headers: a header of another height or hash than that of the parent is not taken", async () => {
  const headers = new SignedHeaders();
  headers.add(at(100));
  assert.equal(await headers.find(99, async () => at(98)), undefined);
  assert.equal(await headers.find(99, async () => at(99, " of a fork")), undefined);
  assert.equal(headers.known(99), undefined);
});

test("signed headers: so many are remembered, and the newest is the one with the greatest height", () => {
  const headers = new SignedHeaders();
  for (let number = 1; number <= 5_000; number++) headers.add(at(number));
  headers.add(at(4_000));
  assert.equal(headers.newest?.number, 5_000);
  assert.equal(headers.known(1), undefined);
  assert.equal(headers.known(4_999)?.number, 4_999);
});
