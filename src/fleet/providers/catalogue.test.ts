import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogue, edgeOf, providerByKey, providerOf, regionOf } from "./catalogue.ts";
import { endpointSecrets, redactEndpoint, sentSecrets } from "./keys.ts";
import { locatedRegions, locationOf } from "./locations.ts";

/** A key that no general rule would recognise as one. */
const wordlike = "tulip";
const hex = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

test("catalogue: keys, host names and regions are unique", () => {
  for (const all of [
    catalogue.map(({ key }) => key),
    catalogue.flatMap(({ hosts }) => hosts),
    catalogue.flatMap(({ regions }) => regions),
  ]) {
    assert.deepEqual(all, [...new Set(all)]);
  }
});

test("catalogue: every row is well-formed", () => {
  for (const { key, name, regions, jurisdiction, hosts, asns, keyIn } of catalogue) {
    assert.match(key, /^[a-z0-9][a-z0-9-]*$/);
    assert.notEqual(name, "");
    for (const region of regions) assert.match(region, new RegExp(`^${key}/[a-z0-9-]+$`));
    for (const host of hosts) assert.match(host, /^([a-z0-9-]+\.)+[a-z]+$/);
    for (const place of keyIn) assert.match(place, /^[/?].*\{key\}/);
    if (jurisdiction !== undefined) assert.match(jurisdiction, /^[a-z]{2}$/);
    assert.ok(asns.every((asn) => Number.isInteger(asn) && asn > 0));
  }
});

test("catalogue: no two providers share an ASN, and only those that run machines have one", () => {
  const asns = catalogue.flatMap((provider) => provider.asns);
  assert.deepEqual(asns, [...new Set(asns)]);
  for (const { key, kind } of catalogue.filter((provider) => provider.asns.length > 0)) {
    assert.match(kind, /^(cloud|bare_metal)$/, key);
  }
});

test("catalogue: the providers that people name are there", () => {
  const wanted = `aws azure gcp hetzner ovh scaleway digitalocean oracle latitude equinix linode vultr leaseweb contabo
    teraswitch cherry alibaba tencent ibm bare-metal home akash fluence lava pocket filecoin icp arweave render gaimin
    uplink flux ankr drpc alchemy infura quicknode chainstack blast nodereal getblock blockpi publicnode llamarpc
    cloudflare tenderly moralis onfinality`;
  for (const key of wanted.split(/\s+/)) assert.ok(providerByKey(key), key);
});

test("catalogue: a host name leads to the provider with the longest matching end, by whole labels", () => {
  const table: [string, string | undefined][] = [
    ["mainnet.infura.io", "infura"],
    ["infura.io", "infura"],
    ["notinfura.io", undefined],
    ["infura.io.example", undefined],
    ["eth-mainnet.g.alchemy.com", "alchemy"],
    ["nd-1.ethereum.managedblockchain.eu-west-1.amazonaws.com", "aws"],
    ["", undefined],
    ["localhost", undefined],
  ];
  for (const [host, key] of table) assert.equal(providerOf(host)?.key, key, host);
  assert.equal(edgeOf("d111111abcdef8.cloudfront.net"), "cloudfront");
});

test("catalogue: a region is read from a whole label of the host name", () => {
  const aws = providerByKey("aws");
  assert.ok(aws);
  assert.equal(regionOf(aws, "x.us-gov-west-1.elb.amazonaws.com"), "aws/us-gov-west-1");
  assert.equal(regionOf(aws, "us-west-1-node.compute.amazonaws.com"), undefined);
});

test("catalogue: wherever a provider's URL holds its key, the key is hidden and the rest stays readable", () => {
  for (const { key: provider, hosts, keyIn } of catalogue) {
    for (const place of keyIn) {
      const path = place.replace("{key}", wordlike).replace(/\{\w+\}/g, "mainnet");
      const url = `https://eth-mainnet.${hosts[0]}${place.startsWith("?") ? "/" : ""}${path}`;
      const expected = url.replace(wordlike, "***");
      assert.equal(redactEndpoint(url), expected, provider);
      assert.ok(endpointSecrets(url).includes(wordlike), url);
    }
  }
});

test("catalogue: a long key is hidden anywhere in the URL of any provider", () => {
  for (const host of catalogue.flatMap(({ hosts }) => hosts)) {
    const shown = redactEndpoint(`https://me:${hex}1@${hex}2.${host}/${hex}3/rpc/${hex}4?a=${hex}5#${hex}6`);
    assert.equal(shown, `https://***@***.${host}/***/rpc/***?a=***#***`);
  }
});

test("catalogue: an endpoint that is free for all holds no secret, and what is no URL harms nobody", () => {
  const free = "https://ethereum.blockpi.network/v1/rpc/public";
  assert.equal(redactEndpoint(free), free);
  assert.equal(redactEndpoint("https://eth.llamarpc.com/"), "https://eth.llamarpc.com/");
  assert.equal(redactEndpoint(`no url ${hex}`), "no url ***");
});

test("sentSecrets: a header's value counts whole and word by word, as an error may repeat only the token", () => {
  const secrets = sentSecrets(`https://x.example/v2/${hex}`, { authorization: "Bearer abcdefgh" });
  for (const secret of [hex, "Bearer abcdefgh", "abcdefgh"]) assert.ok(secrets.includes(secret), secret);
  assert.deepEqual(sentSecrets(undefined, {}), []);
});

test("catalogue: the place of a region is that of a region that is listed, once, and on the earth", () => {
  const regions = new Set(catalogue.flatMap((provider) => provider.regions));
  assert.deepEqual(
    locatedRegions.filter((region) => !regions.has(region)),
    [],
  );
  assert.equal(new Set(locatedRegions).size, locatedRegions.length);
  for (const region of locatedRegions) {
    const { latitude, longitude } = locationOf(region) ?? assert.fail(region);
    assert.ok(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180, region);
  }
  // Of two hosts in one city both are there; other ends of the world are other signs.
  assert.deepEqual(locationOf("aws/ap-southeast-2"), locationOf("vultr/syd"));
  assert.deepEqual(locationOf("aws/sa-east-1"), { latitude: -23.5, longitude: -46.6 });
  assert.equal(locationOf("aws/atlantis-1"), undefined);
});
