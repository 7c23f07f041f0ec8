import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogue, edgeOfAsn, providerByKey } from "../../fleet/providers/catalogue.ts";
import { addressOf, isPublic } from "./addresses.ts";
import { firstOf, knowingEdges } from "./place.ts";
import { blocks } from "./prefix-table.ts";
import { prefixPlaces } from "./prefixes.ts";

const places = prefixPlaces();

test("prefixes: known addresses of the big hosts are told without any database", () => {
  // The first six were looked up in Debian's libloc-database of 2022-10-29, which names the same hosts.
  const table: [address: string, provider: string | undefined, asn: number | undefined][] = [
    ["52.94.76.1", "aws", undefined],
    ["95.216.1.1", "hetzner", 24940],
    ["34.64.1.1", "gcp", undefined],
    ["20.33.1.1", "azure", undefined],
    ["51.15.1.1", "scaleway", 12876],
    ["51.68.1.1", "ovh", 16276],
    ["45.32.1.1", "vultr", 20473],
    ["129.80.1.1", "oracle", 31898],
    ["104.248.1.1", "digitalocean", 14061],
    ["139.162.40.1", "linode", undefined],
    ["161.97.70.1", "contabo", 51167],
    ["85.17.1.1", "leaseweb", 60781],
    ["217.160.0.1", "ionos", 8560],
    ["46.38.225.1", "netcup", 197540],
    ["204.16.241.1", "teraswitch", 20326],
    ["103.88.232.1", "latitude", 396356],
    ["2a01:4f8:c2c::1", "hetzner", 24940],
    ["2001:41d0:1::1", "ovh", 16276],
    ["2600:1f18::5", "aws", undefined],
    ["2a05:d014::1", "aws", undefined],
    ["2603:1020::1", "azure", undefined],
    ["2600:1900:4000::1", "gcp", undefined],
    ["2603:c020:8000::1", "oracle", 31898],
    ["2604:a880:400::1", "digitalocean", 14061],
    ["2001:19f0:5000::1", "vultr", 20473],
    ["2600:3c00::1", "linode", undefined],
    ["2a02:c202::1", "contabo", 51167],
    ["::ffff:95.216.1.1", "hetzner", 24940],
    ["9.9.9.9", undefined, undefined],
    ["2001:67c::1", undefined, undefined],
    ["no address", undefined, undefined],
  ];
  for (const [address, provider, asn] of table) {
    const found = places(address);
    assert.deepEqual([address, found?.provider, found?.asn], [address, provider, asn]);
  }
});

test("prefixes: the front of a CDN names the edge and no host, also within the addresses of a cloud", () => {
  const table: [address: string, edge: string][] = [
    ["104.16.1.1", "cloudflare"],
    ["2606:4700::6810:101", "cloudflare"],
    ["151.101.1.1", "fastly"],
    ["13.224.1.1", "cloudfront"],
    ["2600:9000:21e8:2600:1:5a19:8b40:93a1", "cloudfront"],
    ["13.107.246.10", "azure_front_door"],
  ];
  for (const [address, edge] of table) {
    const found = places(address);
    assert.deepEqual([address, found?.edge, found?.provider], [address, edge, undefined]);
  }
});

test("prefixes: each provider of the table is in the catalogue, with the autonomous system that is told", () => {
  for (const { provider, asn } of blocks) {
    if (provider === undefined) continue;
    const known = providerByKey(provider);
    assert.ok(known, provider);
    if (asn !== undefined) assert.ok(known.asns.includes(asn), `${provider} ${asn}`);
  }
  const edges = blocks.filter(({ edge }) => edge !== undefined);
  assert.ok(edges.every(({ provider }) => provider === undefined));
  assert.ok(new Set(blocks.map(({ provider }) => provider)).size > 15 && catalogue.length > 15);
});

test("prefixes: each prefix is written as its network, and is in the table once", () => {
  const all = blocks.flatMap(({ prefixes }) => prefixes.trim().split(/\s+/));
  assert.equal(new Set(all).size, all.length);
  for (const prefix of all) {
    const [network = "", length] = prefix.split("/");
    const address = addressOf(network);
    assert.ok(address, prefix);
    const host = BigInt(address.bits - Number(length));
    assert.equal((address.value >> host) << host, address.value, prefix);
    assert.ok(isPublic(network), prefix);
  }
});

test("prefixes: of two that fit the longer one counts, and a mistyped one is refused", () => {
  const nested = prefixPlaces([
    { organisation: "Whole", prefixes: "10.0.0.0/8 2001:db8::/32" },
    { organisation: "Part", prefixes: "10.1.0.0/16 2001:db8:1::/48" },
  ]);
  assert.equal(nested("10.1.2.3")?.organisation, "Part");
  assert.equal(nested("10.2.2.3")?.organisation, "Whole");
  assert.equal(nested("2001:db8:1::5")?.organisation, "Part");
  assert.equal(nested("2001:db8:2::5")?.organisation, "Whole");
  for (const prefixes of ["10.0.0.0", "10.0.0.0/33", "x/8"]) {
    assert.throws(() => prefixPlaces([{ organisation: "x", prefixes }]), /is no prefix/);
  }
});

test("addresses: the same address is the same number however it is written", () => {
  const table: [text: string, value: bigint | undefined][] = [
    ["1.2.3.4", 0x01020304n],
    ["::ffff:1.2.3.4", 0x01020304n],
    ["::FFFF:0102:0304", 0x01020304n],
    ["2001:db8::1", (0x20010db8n << 96n) | 1n],
    ["2001:0db8:0:0:0:0:0:1", (0x20010db8n << 96n) | 1n],
    ["fe80::1%eth0", (0xfe80n << 112n) | 1n],
    ["::", 0n],
    ["256.1.1.1", undefined],
    ["", undefined],
  ];
  for (const [text, value] of table) assert.equal(addressOf(text)?.value, value, text);
});

test("addresses: loopback, private, documentation and multicast addresses are not public", () => {
  for (const text of ["127.0.0.1", "10.0.0.5", "192.168.1.1", "100.64.0.1", "203.0.113.9", "240.0.0.1", "224.0.0.1"]) {
    assert.equal(isPublic(text), false, text);
  }
  for (const text of ["::1", "fe80::1%eth0", "fd00::1", "2001:db8::1", "ff02::1", "::ffff:10.0.0.1", "no address"]) {
    assert.equal(isPublic(text), false, text);
  }
  for (const text of ["8.8.8.8", "2a01:4f8::1", "::ffff:8.8.8.8", "172.32.0.1"])
    assert.equal(isPublic(text), true, text);
});

test("places: the operator's database counts before the table, which still knows the fronts of CDNs", () => {
  const table = firstOf(
    (address) => ({ asn: 64500, organisation: "Theirs", ...(address === "13.224.1.1" && { provider: "aws" }) }),
    places,
  );
  assert.deepEqual(table("95.216.1.1"), { provider: "hetzner", organisation: "Theirs", asn: 64500 });
  assert.deepEqual(table("13.224.1.1"), { organisation: "Theirs", asn: 64500, edge: "cloudfront" });
  assert.deepEqual(firstOf(() => undefined)("8.8.8.8"), undefined);
});

test("places: whose autonomous system announces fronts of a CDN only is told as one by any database", () => {
  const known = knowingEdges(
    (address) =>
      address === "9.9.9.9" ? undefined : { asn: address === "8.8.8.8" ? 15169 : 13335, organisation: "Its" },
    edgeOfAsn,
  );
  assert.deepEqual(known("1.2.3.4"), { asn: 13335, organisation: "Its", edge: "cloudflare" });
  assert.deepEqual(known("8.8.8.8"), { asn: 15169, organisation: "Its" });
  assert.equal(known("9.9.9.9"), undefined);
});
