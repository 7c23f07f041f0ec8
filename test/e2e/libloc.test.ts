import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { openDatabase } from "../../src/concentration/hosting/database.ts";
import { catalogue } from "../../src/fleet/providers/catalogue.ts";

/** Where Debian's package puts it. */
const file = "/usr/share/libloc-location/location.db";
const missing = existsSync(file) ? undefined : "libloc's database is not installed; apt install libloc-database";

const providers = new Map(catalogue.flatMap(({ key, asns }) => asns.map((asn) => [asn, key] as const)));

/** Addresses that these have had for years, in blocks of their own. */
const known: [address: string, provider: string][] = [
  ["52.94.76.1", "aws"],
  ["35.190.0.1", "gcp"],
  ["20.33.1.1", "azure"],
  ["95.216.1.1", "hetzner"],
  ["2a01:4f8::1", "hetzner"],
  ["51.68.1.1", "ovh"],
  ["2001:41d0::1", "ovh"],
  ["51.15.1.1", "scaleway"],
  ["129.146.0.1", "oracle"],
  ["104.248.1.1", "digitalocean"],
  ["45.32.1.1", "vultr"],
  ["139.162.40.1", "linode"],
  ["161.97.70.1", "contabo"],
  ["85.17.1.1", "leaseweb"],
];

test("hosting by Debian's libloc database: known addresses of twelve providers are theirs", async (context) => {
  if (missing !== undefined) {
    context.skip(missing);
    return;
  }
  const database = await openDatabase(file, (asn) => providers.get(asn));
  assert.ok("places" in database, JSON.stringify(database));
  const { places, type, builtAt } = database;
  assert.equal(type, "libloc");
  assert.ok(builtAt > Date.UTC(2020, 0), "it says when it was made");
  for (const [address, provider] of known) assert.equal(places(address)?.provider, provider, address);
  assert.equal(places("95.216.1.1")?.country, "fi");
  assert.match(places("95.216.1.1")?.organisation ?? "", /Hetzner/);
  assert.deepEqual([places("1.1.1.1")?.asn, places("1.1.1.1")?.country], [13335, undefined]);
  for (const nobody of ["10.0.0.1", "127.0.0.1", "::1", "fd00::1"]) assert.equal(places(nobody), undefined, nobody);
});
