import assert from "node:assert/strict";
import { test } from "node:test";
import { destinationOf, type Served } from "./ingress-paths.ts";

const handle = () => Promise.reject(new Error("not asked"));
const chain: Served = { handle };
const beacon: Served = { paths: true, handle };
const other: Served = { paths: true, handle };
const eth: Served = { handle };
const nameOf = new Map([
  [chain, "chain"],
  [beacon, "beacon"],
  [other, "other"],
  [eth, "eth"],
]);

/** Who gets a request by its URL, and the path that is told there; `undefined` for nobody. */
function ask(url: string, first: Served | undefined, withBeacon = true): string | undefined {
  const networks = new Map([...nameOf].map(([served, name]) => [name, served] as const));
  const found = destinationOf(url, {
    network: (name) => (name === undefined ? first : networks.get(name)),
    beacon: () => (withBeacon ? beacon : undefined),
  });
  return found && `${nameOf.get(found.network)} ${found.path}`;
}

test("paths: a validator client that is given the address, or the address and a network's name, reaches the beacon network", () => {
  const table: [url: string, expected: string | undefined][] = [
    ["/eth/v1/node/health", "beacon /eth/v1/node/health"],
    ["/eth/v1/events?topics=head&topics=a%2Cb", "beacon /eth/v1/events?topics=head&topics=a%2Cb"],
    ["/other/eth/v2/beacon/blocks/head?x=/y", "other /eth/v2/beacon/blocks/head?x=/y"],
    ["/other/lighthouse/health", "other /lighthouse/health"],
    ["/other//eth/v1/../x", "other //eth/v1/../x"],
    ["/other/", "other /"],
    ["/other", "other /"],
    ["/other?x=1", "other /?x=1"],
    ["/eth", "eth /eth"],
    ["/eth/", "eth /eth/"],
    ["/eth/?x=1", "eth /eth/?x=1"],
    ["/eth/x", undefined],
    ["/chain?key=1", "chain /chain?key=1"],
    ["/chain/", "chain /chain/"],
    ["/chain/eth/v1/node/health", undefined],
    ["/lighthouse/health", undefined],
    ["/", "chain /"],
    ["/?x=/1", "chain /?x=/1"],
    ["//", undefined],
    ["/constructor", undefined],
  ];
  for (const [url, expected] of table) assert.equal(ask(url, chain), expected, url);
});

test("paths: where the network of the address has paths, all paths that name no other network are its own", () => {
  const table: [url: string, expected: string | undefined][] = [
    ["/eth/v1/node/health", "other /eth/v1/node/health"],
    ["/beacon/eth/v1/node/health", "beacon /eth/v1/node/health"],
    ["/lighthouse/health?x", "other /lighthouse/health?x"],
    ["/", "other /"],
    ["/chain", "chain /chain"],
  ];
  for (const [url, expected] of table) assert.equal(ask(url, other), expected, url);
});

test("paths: without a beacon network nobody serves its paths", () => {
  assert.equal(ask("/eth/v1/node/health", chain, false), undefined);
  assert.equal(ask("/", undefined, false), undefined);
});
