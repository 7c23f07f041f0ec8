import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../lib/random.ts";
import { type Chain, chainOf } from "./chain.ts";
import { readBootstrap, readUpdate } from "./reading.ts";
import { flipped, SampleChain, sampleGenesis, sampleSpec, type UpdateWish } from "./sample-chain.ts";
import { type Belief, begin, type Judgement, judge } from "./sync.ts";

type Json = Record<string, unknown>;

const chain = chainOf(sampleGenesis, sampleSpec) as Chain;
const sample = new SampleChain(chain, seededRandom(1));
const nowAt = (slot: number) => (sampleGenesis.genesisTime + 12 * slot) * 1_000;

function beginAt(slot: number): Belief {
  const bootstrap = readBootstrap(sample.bootstrap(slot), chain);
  assert.ok(typeof bootstrap !== "string", String(bootstrap));
  const belief = begin(bootstrap, sample.root(slot), chain);
  assert.ok(typeof belief !== "string", String(belief));
  return belief;
}

async function judged(belief: Belief, json: Json, of: Chain = chain, now = nowAt(1_000)): Promise<Judgement> {
  const update = readUpdate(json, of);
  assert.ok(update !== undefined);
  return typeof update === "string" ? { what: "refused", because: update } : judge(belief, update, of, now);
}

async function heard(belief: Belief, wish: UpdateWish): Promise<Belief> {
  const judgement = await judged(belief, sample.update(wish));
  assert.equal(judgement.what, "news", JSON.stringify(judgement));
  return (judgement as { belief: Belief }).belief;
}

/** The same JSON with one member replaced, by its path. */
function changed(json: Json, path: string, change: (value: string) => unknown): Json {
  const copy = structuredClone(json);
  const steps = path.split(".");
  const last = steps.pop() as string;
  const holder = steps.reduce<Json>((at, step) => at[step] as Json, copy);
  holder[last] = change(holder[last] as string);
  return copy;
}

test("light client: from a checkpoint on it knows each block that two thirds of the committee called final", async () => {
  const begun = beginAt(16);
  assert.equal(begun.finalized.execution.number, 16);
  const later = await heard(begun, { attested: 41, absent: [0, 7, 9, 30] });
  assert.equal(later.finalized.slot, 24);
  assert.equal(later.finalized.execution.number, 24);
  const { stateRoot } = later.finalized.execution;
  assert.match(stateRoot, /^0x[0-9a-f]{64}$/);
  assert.equal((await judged(later, sample.update({ attested: 42 }))).what, "old");
});

test("light client: it goes from one committee to the next, and through the fork that moved them in the state", async () => {
  let belief = beginAt(16);
  for (const period of [0, 1, 2, 3]) {
    const first = period * 64;
    // Without the committee of the next period what that one signs cannot be judged.
    const beyond = sample.update({ attested: first + 64 + 33 });
    assert.equal((await judged(belief, beyond)).what, "ahead");
    belief = await heard(belief, { attested: first + 41, next: true });
    assert.ok(belief.next);
    belief = await heard(belief, { attested: first + 64 + 33 });
    assert.equal(belief.next, undefined);
    assert.equal(belief.finalized.slot, first + 64 + 16);
  }
});

test("light client: what the new committee signs of the old period counts, and the committee stays", async () => {
  const known = await heard(beginAt(16), { attested: 41, next: true });
  for (const wish of [
    { attested: 63, signed: 65 },
    { attested: 66, next: true },
  ]) {
    const belief = await heard(known, wish);
    assert.equal(belief.finalized.slot, sample.finalIn(wish.attested));
    assert.equal(belief.current, known.current);
    assert.equal(belief.next, known.next);
  }
});

test("light client: the first blocks of a fork are read as that fork's, the last signature before it as the old one's", async () => {
  const known = await heard(beginAt(72), { attested: 64 + 41, next: true });
  // Slot 128 is the first of Electra, and of a period.
  assert.equal((await heard(known, { attested: 127, signed: 128 })).finalized.slot, 104);
  assert.equal((await heard(known, { attested: 130 })).finalized.slot, 112);
});

test("light client: who signs next is not learned from a block whose period is not final", async () => {
  const belief = beginAt(72);
  assert.equal((await judged(belief, sample.update({ attested: 74, next: true }))).what, "old");
  const later = await heard(belief, { attested: 81 + 16, next: true });
  assert.ok(later.next);
});

test("light client: whatever is changed in an update, it is refused, and why is said", async () => {
  const belief = beginAt(16);
  const good = sample.update({ attested: 41, next: true });
  const other = sample.update({ attested: 42 });
  const table: readonly (readonly [string, Json, RegExp])[] = [
    ["a signature of other bytes", changed(good, "sync_aggregate.sync_committee_signature", flipped), /signature/],
    ["another's signature", changed(good, "sync_aggregate", () => other["sync_aggregate"]), /signature/],
    [
      "a member that did not sign",
      changed(good, "sync_aggregate.sync_committee_bits", () => "0xfffffffe"),
      /signature/,
    ],
    ["the slot of another committee", changed(good, "signature_slot", () => "70"), /./],
    ["a slot before the block", changed(good, "signature_slot", () => "41"), /order/],
    ["another state", changed(good, "attested_header.beacon.state_root", flipped), /not final by/],
    ["another block", changed(good, "attested_header.beacon.parent_root", flipped), /signature/],
    ["another final block", changed(good, "finalized_header.beacon.parent_root", flipped), /not final by/],
    ["an execution block", changed(good, "finalized_header.execution.state_root", flipped), /beacon block/],
    ["an execution block's number", changed(good, "finalized_header.execution.block_number", () => "25"), /beacon/],
    ["no branch", changed(good, "finality_branch", () => []), /not final by/],
    ["too long a branch", changed(good, "finality_branch", () => Array(17).fill(`0x${"00".repeat(32)}`)), /read/],
    ["another next committee", changed(good, "next_sync_committee.aggregate_pubkey", flipped), /next sync committee/],
    ["a key too few", changed(good, "next_sync_committee.pubkeys", () => []), /next sync committee/],
    ["no header", changed(good, "attested_header", () => null), /header/],
    ["a signature that is none", changed(good, "sync_aggregate.sync_committee_signature", () => "0x"), /read/],
    [
      "a point on no curve",
      changed(good, "sync_aggregate.sync_committee_signature", (one) =>
        one.replace(/./g, (c, at) => (at < 2 ? c : "f")),
      ),
      /signature/,
    ],
    ["bits of another size", changed(good, "sync_aggregate.sync_committee_bits", () => "0xff"), /read/],
  ];
  for (const [name, json, because] of table) {
    const judgement = await judged(belief, json);
    if (name === "the slot of another committee") {
      assert.equal(judgement.what, "ahead", name);
      continue;
    }
    assert.equal(judgement.what, "refused", name);
    assert.match((judgement as { because: string }).because, because, name);
  }
  assert.equal((await judged(belief, good)).what, "news");
});

test("light client: two thirds of the committee are enough, and one fewer is not", async () => {
  const absent = (count: number) => Array.from({ length: count }, (_, place) => 3 * place);
  assert.equal((await judged(beginAt(16), sample.update({ attested: 41, absent: absent(10) }))).what, "news");
  const judgement = await judged(beginAt(16), sample.update({ attested: 41, absent: absent(11) }));
  assert.deepEqual(judgement, { what: "weak" });
});

test("light client: what was signed for another chain, or another fork, is refused", async () => {
  const foreign = chainOf({ ...sampleGenesis, genesisValidatorsRoot: `0x${"77".repeat(32)}` }, sampleSpec) as Chain;
  const forked = chainOf(sampleGenesis, { ...sampleSpec, DENEB_FORK_VERSION: "0x04000009" }) as Chain;
  for (const told of [foreign, forked]) {
    const judgement = await judged(beginAt(16), sample.update({ attested: 41 }), told);
    assert.deepEqual(judgement, { what: "refused", because: "its signature does not verify" });
  }
});

test("light client: a node that says the committee is smaller has nobody believe fewer signatures", async () => {
  const belief = beginAt(16);
  const smaller = { ...chain, members: 8 };
  const json = changed(sample.update({ attested: 41 }), "sync_aggregate.sync_committee_bits", () => "0xff");
  const judgement = await judged(belief, json, smaller);
  assert.deepEqual(judgement, { what: "refused", because: "its preset is not that of the trusted block" });
});

test("light client: a block of the future is refused, as is a fork that it does not know", async () => {
  const belief = beginAt(16);
  const early = await judged(belief, sample.update({ attested: 41 }), chain, nowAt(41) - 61_000);
  assert.deepEqual(early, { what: "refused", because: "it is from the future" });
  assert.equal((await judged(belief, sample.update({ attested: 41 }), chain, nowAt(41) - 59_000)).what, "news");
  const forked = chainOf(sampleGenesis, {
    ...sampleSpec,
    GLOAS_FORK_EPOCH: "5",
    GLOAS_FORK_VERSION: "0x07000001",
  }) as Chain;
  const judgement = await judged(belief, sample.update({ attested: 41 }), forked);
  assert.deepEqual(judgement, { what: "refused", because: "headers of the fork gloas are not known here" });
});

test("light client: a bootstrap of another block, or with another committee, begins nothing", () => {
  const read = (json: Json) => readBootstrap(json, chain);
  const bootstrap = read(sample.bootstrap(16));
  assert.ok(typeof bootstrap !== "string");
  assert.match(begin(bootstrap, sample.root(24), chain) as string, /another block/);
  const swapped = read({ ...sample.bootstrap(16), ...pick(sample.bootstrap(72), "current_sync_committee") });
  assert.ok(typeof swapped !== "string");
  assert.match(begin(swapped, sample.root(16), chain) as string, /sync committee/);
  assert.equal(read({}), "a header cannot be read");
  assert.match(read({ ...sample.bootstrap(16), current_sync_committee: {} }) as string, /sync committee/);
});

function pick(json: Json, name: string): Json {
  return { [name]: json[name] };
}
