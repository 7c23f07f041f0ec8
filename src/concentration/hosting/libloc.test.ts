import assert from "node:assert/strict";
import { test } from "node:test";
import { type Libloc, readLibloc } from "./libloc.ts";
import { liblocOf } from "./libloc-fixture.ts";

const bytes = liblocOf(
  {
    "95.216.0.0/15": { asn: 24940, country: "FI" },
    "95.217.8.0/24": { asn: 64500, country: "DE" },
    "2a01:4f8::/31": { asn: 24940, country: "DE" },
    "1.1.1.0/24": { asn: 13335, country: "AU", flags: 4 },
    "192.0.2.0/24": { asn: 64501, country: "RU", flags: 8 },
    "198.51.100.7/32": { asn: 64500, country: "EU" },
    "198.51.100.9/32": { asn: 64500, country: "\0\0" },
  },
  { 13335: "CLOUDFLARENET", 24940: "Hetzner Online GmbH", 64500: "Überall" },
);

function opened(of: Buffer): Libloc {
  const read = readLibloc(of);
  assert.ok("find" in read, JSON.stringify(read));
  return read;
}

const found = (database: Libloc, address: string) => {
  const record = database.find(address);
  return (
    record && [
      record.autonomous_system_number,
      record.autonomous_system_organization ?? null,
      record.country_code ?? null,
    ]
  );
};

test("libloc: the longest prefix tells the host of an address, and anycast is in no country", () => {
  const database = opened(bytes);
  assert.equal(database.builtAt, 1_700_000_000_000);
  const table: [address: string, record: unknown][] = [
    ["95.216.0.0", [24940, "Hetzner Online GmbH", "FI"]],
    ["95.217.255.255", [24940, "Hetzner Online GmbH", "FI"]],
    ["95.217.8.1", [64500, "Überall", "DE"]],
    ["::ffff:95.217.8.1", [64500, "Überall", "DE"]],
    ["2a01:4f9::1", [24940, "Hetzner Online GmbH", "DE"]],
    ["1.1.1.1", [13335, "CLOUDFLARENET", null]],
    ["192.0.2.1", [64501, null, "RU"]],
    ["198.51.100.7", [64500, "Überall", null]],
    ["198.51.100.8", undefined],
    ["198.51.100.9", [64500, "Überall", null]],
    ["95.218.0.0", undefined],
    ["2a01:4fa::1", undefined],
    ["::1", undefined],
    ["no address", undefined],
  ];
  for (const [address, record] of table) assert.deepEqual(found(database, address), record, address);
});

test("libloc: a file that is cut off anywhere is said to be", () => {
  for (let length = 8; length < bytes.length; length += length < 4_200 ? 97 : 1) {
    assert.deepEqual(readLibloc(bytes.subarray(0, length)), { problem: "is cut off" }, `${length}`);
  }
});

test("libloc: whatever is written over a file, looking something up ends and does not fail", () => {
  const addresses = ["95.217.8.1", "1.1.1.1", "2a01:4f8::1", "198.51.100.7", "0.0.0.0", "ffff::"];
  let damaged = 0;
  for (let at = 7; at < bytes.length; at += at < 80 || at >= 4_196 ? 1 : 64) {
    for (const value of [0x00, 0x01, 0x7f, 0xff]) {
      const copy = Buffer.from(bytes);
      copy[at] = value;
      const database = readLibloc(copy);
      if ("problem" in database) damaged++;
      else for (const address of addresses) database.find(address);
    }
  }
  assert.ok(damaged > 50, `${damaged} were noticed`);
});

test("libloc: a walk that leads back to where it was ends with the address", () => {
  const copy = Buffer.from(bytes);
  const nodesAt = copy.readUInt32BE(28 + 16);
  const count = copy.readUInt32BE(28 + 20) / 12;
  for (let node = 0; node < count; node++) {
    copy.writeUInt32BE(1, nodesAt + 12 * node);
    copy.writeUInt32BE(1, nodesAt + 12 * node + 4);
  }
  assert.equal(found(opened(copy), "95.217.8.1"), undefined);
});

test("libloc: another version, and a file without networks, are refused in words", () => {
  const other = Buffer.from(bytes);
  other[7] = 2;
  assert.deepEqual(readLibloc(other), { problem: "is a libloc database of version 2, and only version 1 is known" });
  const empty = Buffer.from(bytes);
  empty.writeUInt32BE(0, 28 + 20);
  assert.deepEqual(readLibloc(empty), { problem: "holds no networks" });
  const odd = Buffer.from(bytes);
  odd.writeUInt32BE(odd.readUInt32BE(28 + 20) - 1, 28 + 20);
  assert.deepEqual(readLibloc(odd), { problem: "is damaged" });
});
