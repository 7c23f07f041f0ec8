import assert from "node:assert/strict";
import { test } from "node:test";
import { type BlockObject, brokenLink, Calibration, checkHeader, headerHash, readHeader } from "./header.ts";
import { forkBlocks } from "./sample-blocks.ts";

test("header: the hash of a block of every fork follows from its fields", () => {
  for (const [fork, block] of Object.entries(forkBlocks)) {
    assert.equal(headerHash(block), block.hash, fork);
    assert.equal(checkHeader(block), "sound", fork);
  }
});

test("header: one field that was changed makes the hash another one, whichever it is", () => {
  const { prague } = forkBlocks;
  const hashed = Object.keys(prague).filter(
    (name) => !["hash", "size", "transactions", "uncles", "withdrawals"].includes(name),
  );
  assert.equal(hashed.length, 21);
  for (const name of hashed) {
    const value = prague[name as keyof typeof prague] as string;
    const changed = `${value.slice(0, -1)}${value.endsWith("1") ? "2" : "1"}`;
    const forged = { ...prague, [name]: value === "0x" ? "0x01" : changed };
    assert.equal(checkHeader(forged), "forged", name);
  }
});

test("header: what this knows nothing of is never called forged", () => {
  const { london, cancun } = forkBlocks;
  const table: [string, BlockObject][] = [
    ["a field of a fork to come", { ...cancun, blockAccessListHash: cancun.stateRoot }],
    ["a field of another chain", { ...cancun, l1BlockNumber: "0x1" }],
    ["a field is missing", { ...london, stateRoot: undefined }],
    ["a field in the middle is missing", { ...cancun, baseFeePerGas: undefined }],
    ["a field makes no sense", { ...london, gasUsed: "many" }],
    ["odd digits", { ...london, extraData: "0x1" }],
    ["no hash, as of a pending block", { ...london, hash: null }],
  ];
  for (const [name, block] of table) assert.equal(checkHeader(block), "unknown", name);
});

test("header: total difficulty, leading zeros and capitals do not make an honest block look forged", () => {
  const { london } = forkBlocks;
  assert.equal(checkHeader({ ...london, totalDifficulty: "0x3" }), "sound");
  assert.equal(checkHeader({ ...london, gasUsed: `0x00${london.gasUsed.slice(2)}` }), "sound");
  assert.equal(checkHeader({ ...london, hash: `0x${london.hash.slice(2).toUpperCase()}` }), "sound");
});

test("header: a child that names another parent, or an earlier time, is noticed", () => {
  const child = readHeader(forkBlocks.london);
  assert.ok(child);
  const parent = { ...child, number: child.number - 1, hash: child.parentHash, timestamp: child.timestamp - 10 };
  assert.equal(brokenLink(parent, child), undefined);
  assert.equal(brokenLink({ ...parent, hash: child.hash }, child), "parent");
  assert.equal(brokenLink({ ...parent, timestamp: child.timestamp + 1 }, child), "time");
  assert.equal(brokenLink({ ...parent, timestamp: child.timestamp }, child), undefined, "several blocks a second");
  assert.equal(brokenLink({ ...parent, number: 1, hash: child.hash }, child), undefined, "not its parent");
});

test("header: where nobody's headers hash right, nobody forges; where most do, the one that does not is known", () => {
  const other = new Calibration();
  assert.equal(other.state, "learning");
  for (const id of ["a", "b"]) other.heard(id, "forged", 7);
  assert.equal(other.state, "off");
  other.heard("c", "sound", 7);
  assert.equal(other.state, "learning", "one alone could be the liar");
  const usual = new Calibration();
  usual.heard("liar", "forged", 7);
  usual.heard("a", "sound", 7);
  assert.equal(usual.state, "learning");
  usual.heard("b", "sound", 7);
  assert.equal(usual.state, "on");
  const unknown = new Calibration();
  for (const id of ["a", "b", "c"]) unknown.heard(id, "unknown", 7);
  assert.equal(unknown.state, "learning");
});

test("header: on a chain that hashed otherwise before an upgrade nobody forges what is older, nor what may come", () => {
  const calibration = new Calibration();
  for (const [id, from, to] of [
    ["a", 500, 900],
    ["b", 510, 890],
  ] as const) {
    calibration.heard(id, "sound", to);
    calibration.heard(id, "sound", from);
    calibration.heard(id, "forged", 100);
  }
  // A liar can make up what is sound.
  for (const made of [1, 5_000]) calibration.heard("liar", "sound", made);
  const table = [100, 499, 500, 510, 890, 900, 901].map((height) => [height, calibration.proves(height)]);
  assert.deepEqual(table, [
    [100, false],
    [499, false],
    [500, true],
    [510, true],
    [890, true],
    [900, true],
    [901, false],
  ]);
});
