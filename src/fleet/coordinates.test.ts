import assert from "node:assert/strict";
import { test } from "node:test";
import type { Coordinates } from "../core/upstream.ts";
import { type DeclaredCoordinates, resolveCoordinates } from "./coordinates.ts";

/** Checks the named coordinates of each case. */
function expectAll(table: readonly [DeclaredCoordinates, string | undefined, Partial<Coordinates>][]): void {
  for (const [declared, url, expected] of table) {
    const { coordinates } = resolveCoordinates(declared, url);
    assert.deepEqual({ ...coordinates, ...expected }, coordinates, url);
  }
}

test("coordinates: the host name tells the provider, its kind, its seat, and at times the region", () => {
  expectAll([
    [{}, "https://eth-mainnet.g.alchemy.com/v2/x", { provider: "alchemy", kind: "rpc_service", jurisdiction: "us" }],
    [{}, "https://eth1.lava.build", { provider: "lava", kind: "decentralized", jurisdiction: undefined }],
    [{}, "http://ec2-203-0-113-25.us-west-2.compute.amazonaws.com:8545", { provider: "aws", region: "aws/us-west-2" }],
    [{}, "https://node.westeurope.cloudapp.azure.com", { provider: "azure", region: "azure/westeurope" }],
    [{}, "https://STATIC.1.2.clients.your-server.de.", { provider: "hetzner", kind: "cloud", region: undefined }],
    [{}, "https://eth.llamarpc.com", { provider: "llamarpc", edge: "cloudflare" }],
  ]);
});

test("coordinates: what the operator says wins over what the host name tells", () => {
  expectAll([
    [{ provider: "AWS", region: "US-East-1" }, "http://10.0.0.1", { provider: "aws", region: "aws/us-east-1" }],
    [{ region: "aws/us-east-1" }, "https://mainnet.infura.io/v3/x", { provider: "infura", region: "aws/us-east-1" }],
    [
      { region: "hetzner/fsn1" },
      "http://10.0.0.1",
      { provider: "hetzner", region: "hetzner/fsn1", jurisdiction: "de" },
    ],
    [{ provider: "hetzner", kind: "bare_metal" }, undefined, { kind: "bare_metal" }],
    [{ provider: "aws", asn: 64500, jurisdiction: "DE" }, undefined, { asn: 64500, jurisdiction: "de" }],
    [{ provider: "cellar", region: "rack1" }, "https://aws.com", { provider: "cellar", region: "cellar/rack1" }],
    [{ operator: "alchemy", client: "geth", edge: "fastly" }, undefined, { operator: "alchemy", edge: "fastly" }],
  ]);
});

test("coordinates: an ASN is only told where the provider has a single one", () => {
  expectAll([
    [{ provider: "ovh" }, undefined, { asn: 16276 }],
    [{ provider: "aws" }, undefined, { asn: undefined }],
  ]);
});

test("coordinates: what the host name does not tell is a failure domain of its own, and shows no key", () => {
  const key = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
  expectAll([
    [{}, "https://rpc.example:8545/x", { provider: "unknown:rpc.example", kind: "unknown" }],
    [{}, "http://203.0.113.7:8545", { provider: "unknown:203.0.113.7" }],
    [{}, `https://${key}.rpc.example`, { provider: "unknown:***.rpc.example" }],
    [{}, "https://d111.cloudfront.net", { provider: "unknown:d111.cloudfront.net", edge: "cloudfront" }],
    [{ id: "sim-1" }, undefined, { provider: "unknown:sim-1" }],
    [{}, "no url", { provider: "unknown:nameless" }],
  ]);
  const { unknown } = resolveCoordinates({}, "https://rpc.example");
  assert.deepEqual(unknown, ["provider", "kind", "region", "asn", "jurisdiction"]);
});

test("coordinates: loopback, private addresses and names stand with Breakwater, and the operator hears of the guess", () => {
  for (const host of "127.0.0.1 localhost [::1] 10.1.2.3 172.31.0.1 192.168.1.5 [fd00::1] 100.64.0.1 geth node.lan".split(
    " ",
  )) {
    const { coordinates, notes } = resolveCoordinates({}, `http://${host}:8545`);
    assert.equal(coordinates.provider, "local", host);
    assert.match(notes.join(), /say its provider/);
  }
  for (const host of "172.32.0.1 192.169.1.5 11.0.0.1 [2001:db8::1] 128.0.0.1 geth.example".split(" ")) {
    assert.notEqual(resolveCoordinates({}, `http://${host}`).coordinates.provider, "local", host);
  }
});

test("coordinates: a region that its provider does not have is kept, with a note that names the nearest", () => {
  const { coordinates, notes } = resolveCoordinates({ provider: "aws", region: "us-esat-1" }, undefined);
  assert.equal(coordinates.region, "aws/us-esat-1");
  assert.deepEqual(notes, [
    "aws/us-esat-1 is no region of Amazon Web Services that the catalogue knows; did you mean aws/us-east-1?",
  ]);
  assert.deepEqual(resolveCoordinates({ provider: "aws", region: "us-east-1" }, undefined).notes, []);
  assert.deepEqual(resolveCoordinates({ provider: "akash", region: "lyon" }, undefined).notes, []);
});

test("coordinates: what the host name shows is observed, said or not; all else is an operator's word", () => {
  const aws = "http://ec2-203-0-113-25.us-west-2.compute.amazonaws.com:8545";
  const table: [DeclaredCoordinates, string | undefined, Coordinates["sources"]][] = [
    [{ client: "geth" }, aws, { provider: "observed", region: "observed", jurisdiction: "observed" }],
    [{ provider: "aws", region: "us-west-2", asn: 16509 }, aws, resolveCoordinates({}, aws).coordinates.sources],
    [{ region: "us-east-1", jurisdiction: "de" }, aws, { provider: "observed" }],
    [{ provider: "aws", region: "us-east-1" }, "http://10.0.0.1", {}],
    [{ region: "aws/us-east-1" }, "https://rpc.example", {}],
    [{ provider: "aws", edge: "cloudflare" }, undefined, {}],
    [{ provider: "aws" }, "https://d111.cloudfront.net", { edge: "observed" }],
    [{ provider: "aws" }, "https://eth.llamarpc.com", {}],
    [{}, "https://rpc.example", { provider: "observed" }],
    [
      { provider: "ovh" },
      "http://vps-1.vps.ovh.net",
      { provider: "observed", asn: "observed", jurisdiction: "observed" },
    ],
  ];
  for (const [declared, url, sources] of table)
    assert.deepEqual(
      resolveCoordinates(declared, url).coordinates.sources,
      sources,
      `${JSON.stringify(declared)} ${url}`,
    );
});
