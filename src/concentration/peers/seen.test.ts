import assert from "node:assert/strict";
import { test } from "node:test";
import { peerGroups } from "./seen.ts";

const aws = { provider: "aws", asn: 16509, country: "us" };
const hetzner = { provider: "hetzner", asn: 24940, country: "de" };
const home = { asn: 7922, organisation: "Comcast" };

test("peers: shares are those of the peers of whom it is known, and how many those are is told", () => {
  const [provider, asn, jurisdiction] = peerGroups([aws, aws, hetzner, home, undefined]);
  assert.deepEqual(
    [
      provider?.dimension,
      provider?.basis,
      provider?.known,
      provider?.shares.map(({ entity, weight }) => [entity, weight]),
    ],
    [
      "provider",
      "peers",
      0.8,
      [
        ["aws", 2],
        ["as7922", 1],
        ["hetzner", 1],
      ],
    ],
  );
  assert.deepEqual(
    asn?.shares.map(({ entity, share }) => [entity, share]),
    [
      ["16509", 0.5],
      ["24940", 0.25],
      ["7922", 0.25],
    ],
  );
  assert.deepEqual(
    [jurisdiction?.known, jurisdiction?.shares[0]?.entity, jurisdiction?.indices?.nakamoto.half],
    [0.6, "us", 1],
  );
});

test("peers: a network of which nobody was seen has no shares, and one of unknown places none but that it says so", () => {
  assert.deepEqual(peerGroups([]), []);
  const [provider] = peerGroups([undefined, {}]);
  assert.deepEqual([provider?.known, provider?.shares, provider?.indices], [0, [], undefined]);
});
