import assert from "node:assert/strict";
import { test } from "node:test";
import type { Signed } from "../core/duty.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createMemoryStore } from "../state/memory.ts";
import { Sharing } from "./sharing.ts";

const chain = `0x${"ab".repeat(32)}`;

function vote(validator: number, content = "aa"): Signed {
  return {
    index: 0,
    kind: "attestation",
    key: `attestation:${validator}:9`,
    content,
    validator,
    source: 8,
    target: 9,
  };
}
const block: Signed = { index: 0, kind: "block", key: "block:7:64", content: "bb", validator: 7 };

function setUp(chains: readonly string[] = [chain, chain]) {
  const clock = new ManualClock();
  const published: string[] = [];
  const store = createMemoryStore(clock);
  const instances = chains.map((one) => {
    const heard: unknown[] = [];
    const hears = {
      pinned: (pin: unknown) => heard.push(["pinned", pin]),
      signed: ({ kind, key, content, validator, source, target }: Signed) =>
        heard.push([kind, key, content, validator, source, target]),
      forgotten: ({ key }: Signed) => heard.push(["forgotten", key]),
      served: (target: unknown) => heard.push(["served", target]),
      told: (kind: string, entries: unknown) => heard.push(["told", kind, entries]),
    };
    const publish = (channel: string, text: string) => {
      published.push(text);
      store.publish(channel, text);
    };
    const sharing = new Sharing({ store: { ...store, publish }, network: "beacon", clock, hears });
    sharing.open(one);
    return { sharing, heard };
  });
  const say = (text: string) => store.publish(`validators/beacon/${chain}`, text);
  return { clock, instances, published, say };
}

test("sharing: other instances hear of it within a moment, once, and oneself does not", async () => {
  const { clock, instances } = setUp();
  const [a, b] = instances as [(typeof instances)[0], (typeof instances)[0]];
  a.sharing.pinned(["5:0x1", 5, "lighthouse"]);
  a.sharing.signed([vote(1), vote(2), vote(3, "cc"), block]);
  a.sharing.served([9, "0xt", 8, 8]);
  a.sharing.served([9, "0xt", 8, 8]);
  a.sharing.forgotten([vote(3, "cc")]);
  const entry = { key: "1", text: '{"x":"é"}', untilEpoch: 7 };
  a.sharing.told("prepare", [entry, { key: "2", text: "{}", untilEpoch: undefined }]);
  await clock.advance(0);
  assert.deepEqual(b.heard, [
    ["pinned", ["5:0x1", 5, "lighthouse"]],
    ["attestation", "attestation:1:9", "aa", 1, 8, 9],
    ["attestation", "attestation:2:9", "aa", 2, 8, 9],
    ["attestation", "attestation:3:9", "cc", 3, 8, 9],
    ["block", "block:7:64", "bb", undefined, undefined, undefined],
    ["served", [9, "0xt", 8, 8]],
    ["forgotten", "attestation:3:9"],
    ["told", "prepare", [entry, { key: "2", text: "{}", untilEpoch: undefined }]],
  ]);
  assert.deepEqual(a.heard, []);
});

test("sharing: what 100,000 validators tell goes out in small messages, and a vote does not wait for it", async () => {
  const { clock, instances, published } = setUp();
  const [a, b] = instances as [(typeof instances)[0], (typeof instances)[0]];
  const text = "x".repeat(450);
  const entries = Array.from({ length: 100_000 }, (_, key) => ({ key: `${key}`, text, untilEpoch: undefined }));
  a.sharing.told("register_validator", entries);
  await clock.advance(100);
  a.sharing.signed(Array.from({ length: 3_125 }, (_, validator) => vote(validator)));
  await clock.advance(50);
  assert.equal(b.heard.filter((item) => (item as string[])[0] === "attestation").length, 3_125);
  await clock.advance(60_000);
  const told = b.heard.flatMap((item) => ((item as string[])[0] === "told" ? (item as string[])[2] : []));
  assert.equal(told.length, 100_000);
  assert.ok(Math.max(...published.map(({ length }) => length)) < 110_000);
  assert.equal(clock.nextAt(), undefined);
});

test("sharing: beyond what can wait the oldest is lost, and nothing grows", async () => {
  const { clock, instances } = setUp();
  const [a, b] = instances as [(typeof instances)[0], (typeof instances)[0]];
  for (let slot = 0; slot < 100_000; slot++) a.sharing.pinned([`${slot}:0x1`, slot, "lighthouse"]);
  await clock.advance(60_000);
  assert.ok(b.heard.length > 50_000 && b.heard.length <= 65_536, `${b.heard.length}`);
  assert.deepEqual(b.heard.at(-1), ["pinned", ["99999:0x1", 99_999, "lighthouse"]]);
});

test("sharing: another chain's instances hear nothing, nor does one that has closed, which tells what it had to", async () => {
  const { clock, instances } = setUp([chain, `0x${"cd".repeat(32)}`, chain]);
  const [a, other, c] = instances as [(typeof instances)[0], (typeof instances)[0], (typeof instances)[0]];
  a.sharing.signed([block]);
  a.sharing.close();
  a.sharing.signed([vote(1)]);
  await clock.advance(1_000);
  assert.deepEqual([c.heard.length, other.heard.length], [1, 0]);
  c.sharing.close();
  a.sharing.open(chain);
  a.sharing.signed([block]);
  await clock.advance(1_000);
  assert.equal(c.heard.length, 1);
});

test("sharing: messages that make no sense are passed over", () => {
  const { instances, say } = setUp([chain]);
  const items: unknown[] = [
    null,
    3,
    [],
    ["constructor"],
    ["pin", 3, 4, 5],
    ["served", "x", "0x", 1, 1],
    ["served", 9, "0x", 11, 11],
    ["votes", 1, 2, "aa", [-1, "x", 2 ** 60]],
    ["votes", 1],
    ["signed", "exit", "x", "y"],
    ["forgotten", "block"],
    ["told", "prepare", [[1, 2, 3]]],
  ];
  for (const text of ["", "{", "null", "[]", '{"items":3}', "x".repeat(5_000_000)]) say(text);
  say(JSON.stringify({ from: "x", items }));
  assert.deepEqual(instances[0]?.heard, []);
  say(JSON.stringify({ from: "x", items: [...items, ["signed", "block", "block:1:2", "aa"]] }));
  assert.equal(instances[0]?.heard.length, 1, "and what stands beside them is not");
});
