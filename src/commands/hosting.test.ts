import assert from "node:assert/strict";
import { test } from "node:test";
import { findingText } from "../concentration/hosting/text.ts";
import { loadConfig } from "../config/load.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { hostingOf } from "./hosting.ts";

/** What is told of each upstream of a configuration, in a world with two names and one answer of Team Cymru's. */
async function told(cymru: boolean): Promise<readonly string[]> {
  const text = `
hosting: { cymru: ${cymru} }
networks:
  ethereum:
    upstreams:
      - { id: k1, url: "https://node.example.com/v3/0123456789abcdef", provider: akash }
      - { id: m1, url: "https://other.example.com", provider: hetzner }
      - { id: c1, url: "https://d1.cloudfront.net", provider: gcp }
      - { id: h1, url: "https://[2a01:4f8::1]:8545", provider: hetzner }`;
  const loaded = loadConfig(text, { file: "x.yaml", env: {} });
  assert.ok("config" in loaded);
  const addresses = new Map([
    ["node.example.com", ["95.216.1.1"]],
    ["other.example.com", ["9.9.9.9"]],
    ["d1.cloudfront.net", ["13.224.1.1"]],
  ]);
  const texts = new Map([["9.9.9.9.origin.asn.cymru.com", ["19281 | 9.9.9.0/24 | US | arin | 2017-09-13"]]]);
  const hosting = hostingOf(loaded.config, {
    clock: new ManualClock(),
    names: {
      addresses: async (name) => addresses.get(name) ?? { problem: "ENOTFOUND" },
      texts: async (name) => (cymru ? (texts.get(name) ?? { problem: "ENOTFOUND" }) : assert.fail("not wanted")),
      cancel: () => undefined,
    },
    told: () => undefined,
    troubled: () => undefined,
    crashed: (bug) => assert.fail(String(bug)),
  });
  await hosting.look();
  return hosting.observations().map((one) => `${one.upstream}: ${one.finding}: ${findingText(one)}`);
}

test("hosting: a configuration's upstreams are held against the table and, where that is wanted, Team Cymru", async () => {
  const same = [
    "k1: beneath: declared akash, on machines of hetzner (AS24940, Hetzner Online)",
    "c1: edge: declared gcp, behind cloudfront: its host cannot be seen",
    "h1: agreed: hosted by hetzner, as declared",
  ];
  const [k1, c1, h1] = same;
  assert.deepEqual(await told(false), [
    k1,
    "m1: unknown: declared hetzner, at addresses of nobody that is known",
    c1,
    h1,
  ]);
  assert.deepEqual(await told(true), [k1, "m1: mismatch: declared hetzner, but hosted by as19281 (AS19281)", c1, h1]);
});
