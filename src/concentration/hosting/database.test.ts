import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openDatabase, placeOf } from "./database.ts";
import { liblocOf } from "./libloc-fixture.ts";
import { mmdbOf } from "./mmdb-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "breakwater-mmdb-"));
after(() => rmSync(folder, { recursive: true }));

const providerOfAsn = (asn: number) => (asn === 24940 ? "hetzner" : undefined);

test("databases: an operator's MMDB file tells the host of IPv4 and IPv6 addresses", async () => {
  const file = join(folder, "asn.mmdb");
  const hetzner = { autonomous_system_number: 24940, autonomous_system_organization: "Hetzner Online GmbH" };
  const records = {
    "95.216.0.0/15": hetzner,
    "2a01:4f8::/31": hetzner,
    "9.9.9.0/24": { asn: "AS19281", as_name: "Quad9", country_code: "CH" },
  };
  writeFileSync(file, mmdbOf("GeoLite2-ASN", records));
  const database = await openDatabase(file, providerOfAsn);
  assert.ok("places" in database);
  assert.deepEqual([database.type, database.builtAt], ["GeoLite2-ASN", 1_700_000_000_000]);
  const told = { asn: 24940, organisation: "Hetzner Online GmbH", provider: "hetzner" };
  assert.deepEqual(database.places("95.217.1.1"), told);
  assert.deepEqual(database.places("2a01:4f9::1"), told);
  assert.deepEqual(database.places("9.9.9.9"), { asn: 19281, organisation: "Quad9", country: "ch" });
  for (const stranger of ["95.218.1.1", "2a01:4fa::1", "no address"]) {
    assert.equal(database.places(stranger), undefined, stranger);
  }
});

test("databases: a libloc database is known by how it begins, and tells host and country", async () => {
  const file = join(folder, "location.db");
  const networks = { "95.216.0.0/15": { asn: 24940, country: "FI" }, "10.0.0.0/8": {} };
  writeFileSync(file, liblocOf(networks, { 24940: "Hetzner Online GmbH" }));
  const database = await openDatabase(file, providerOfAsn);
  assert.ok("places" in database);
  assert.deepEqual([database.type, database.builtAt], ["libloc", 1_700_000_000_000]);
  const told = { asn: 24940, organisation: "Hetzner Online GmbH", provider: "hetzner", country: "fi" };
  assert.deepEqual(database.places("95.217.1.1"), told);
  for (const stranger of ["95.218.1.1", "10.0.0.1", "no address"]) {
    assert.equal(database.places(stranger), undefined, stranger);
  }
});

test("databases: the fields of each vendor are understood, and nothing is made of what is not what it should be", () => {
  const hetzner = { asn: 24940, organisation: "Hetzner Online GmbH", provider: "hetzner" };
  const table: [vendor: string, record: unknown, place: unknown][] = [
    [
      "GeoLite2-ASN, DB-IP, ip-location-db",
      { autonomous_system_number: 24940, autonomous_system_organization: "Hetzner Online GmbH" },
      hetzner,
    ],
    ["IPinfo", { asn: "AS24940", name: "Hetzner Online GmbH", country: "DE" }, { ...hetzner, country: "de" }],
    [
      "IPinfo Lite",
      { asn: "AS24940", as_name: "Hetzner Online GmbH", country: "Germany", country_code: "DE" },
      { ...hetzner, country: "de" },
    ],
    ["GeoLite2-Country, DB-IP", { country: { iso_code: "DE" } }, { country: "de" }],
    ["ip-location-db asn-country", { country_code: "de" }, { country: "de" }],
    ["no host", { autonomous_system_number: 0, autonomous_system_organization: "" }, undefined],
    ["words", { asn: "Hetzner", country: "Germany" }, undefined],
    ["too large", { asn: 2 ** 32 }, undefined],
    ["nothing", undefined, undefined],
    ["text", "AS24940", undefined],
  ];
  for (const [vendor, record, place] of table) assert.deepEqual(placeOf(record, providerOfAsn), place, vendor);
});

test("databases: a file that is missing or is none is said to be, in a sentence", async () => {
  const none = join(folder, "none.mmdb");
  writeFileSync(none, "no database");
  assert.deepEqual(await openDatabase(none, providerOfAsn), {
    problem: `${none} is no MMDB file, and no libloc database`,
  });
  const missing = join(folder, "missing.mmdb");
  assert.deepEqual(await openDatabase(missing, providerOfAsn), { problem: `cannot read ${missing}: ENOENT` });
  const packed = join(folder, "location.db.xz");
  writeFileSync(packed, Buffer.from("fd377a585a000004", "hex"));
  assert.deepEqual(await openDatabase(packed, providerOfAsn), {
    problem: `${packed} is compressed: unpack it with xz -d first`,
  });
  const cut = join(folder, "cut.db");
  writeFileSync(cut, liblocOf({}).subarray(0, 5_000 - 900));
  assert.deepEqual(await openDatabase(cut, providerOfAsn), { problem: `${cut} is cut off` });
});
