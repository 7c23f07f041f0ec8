import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dimension } from "../../core/upstream.ts";
import { lightBound } from "./light.ts";
import { type Observation, observationOf } from "./observation.ts";
import { prefixPlaces } from "./prefixes.ts";
import { sameSight, sightOf } from "./sight.ts";

const here = { latitude: 50.1, longitude: 8.7 };
const near = lightBound("hetzner/fsn1", here, { latitude: 50.5, longitude: 12.4 }, 1.2, 600);
const far = lightBound("hetzner/hil", here, { latitude: 45.5, longitude: -122.9 }, 1.2, 600);

function seen(provider: string, addresses: readonly string[], more: Partial<Observation> = {}): Observation {
  const declared = { network: "n", upstream: "u", provider, host: "u.example.com" };
  return { ...observationOf(declared, addresses, prefixPlaces(), (one) => one === "hetzner"), ...more };
}

test("sight: a provider is verified by its own addresses, a region by light, and a host beneath a label gives its network", () => {
  const table: [string, Observation, { asn: number | undefined; edge?: string; verified: Dimension[] } | undefined][] =
    [
      ["agreed", seen("hetzner", ["95.216.1.1"]), { asn: 24940, verified: ["provider"] }],
      ["near", seen("hetzner", ["95.216.1.1"], { light: near }), { asn: 24940, verified: ["provider", "region"] }],
      ["too near", seen("hetzner", ["95.216.1.1"], { light: far }), { asn: 24940, verified: ["provider"] }],
      ["beneath", seen("akash", ["95.216.1.1"]), { asn: 24940, verified: [] }],
      ["mismatch", seen("hetzner", ["51.68.1.1"]), { asn: 16276, verified: [] }],
      ["near, of another", seen("hetzner", ["51.68.1.1"], { light: near }), { asn: 16276, verified: [] }],
      ["two networks", seen("akash", ["95.216.1.1", "51.68.1.1"]), undefined],
      ["behind a CDN", seen("akash", ["104.16.1.1"]), { asn: undefined, edge: "cloudflare", verified: [] }],
      ["behind two CDNs", seen("akash", ["104.16.1.1", "151.101.1.1"]), undefined],
      ["half behind a CDN", seen("akash", ["104.16.1.1", "95.216.1.1"]), undefined],
      ["nobody's", seen("hetzner", ["198.51.100.7"]), undefined],
      ["never looked up", seen("hetzner", []), undefined],
    ];
  for (const [name, observation, expected] of table) assert.deepEqual(sightOf(observation), expected, name);
});

test("sight: two that say the same are not a change", () => {
  assert.ok(sameSight(undefined, undefined));
  assert.ok(sameSight({ asn: 1, verified: ["provider"] }, { asn: 1, verified: ["provider"] }));
  assert.ok(!sameSight({ asn: 1, verified: ["provider"] }, { asn: 1, verified: [] }));
  assert.ok(!sameSight({ asn: 1, verified: [] }, undefined));
  assert.ok(!sameSight({ asn: 1, edge: "cloudflare", verified: [] }, { asn: 1, verified: [] }));
});
