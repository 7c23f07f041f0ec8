import assert from "node:assert/strict";
import { test } from "node:test";
import type { MethodTraits } from "../core/call.ts";
import type { Budget, ChainSpec, Moment } from "../core/duty.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { instant, numberOf, type SlotClock, slotClockOf, timing } from "./slot-clock.ts";

const mainnet = { SECONDS_PER_SLOT: "12", SLOTS_PER_EPOCH: "32" };

function specOf(values: ChainSpec["values"], genesisTime = 1_606_824_023): ChainSpec {
  return { genesisTime, genesisValidatorsRoot: "0x00", genesisForkVersion: "0x00000000", values };
}

function clockOf(values: ChainSpec["values"], genesisTime?: number): SlotClock {
  const slots = slotClockOf(specOf(values, genesisTime));
  assert.ok(typeof slots !== "string", `${slots}`);
  return slots;
}

test("slot clock: slots of known blocks are at the times that the chain has them", () => {
  const table: [string, SlotClock, number, number, number][] = [
    ["mainnet's merge", clockOf(mainnet), Date.UTC(2022, 8, 15, 6, 42, 59), 4_700_013, 146_875],
    ["mainnet's genesis", clockOf(mainnet), Date.UTC(2020, 11, 1, 12, 0, 23), 0, 0],
    [
      "gnosis, fulu, as its own configuration dates it",
      clockOf({ SECONDS_PER_SLOT: "5", SLOTS_PER_EPOCH: "16" }, 1_638_993_340),
      Date.UTC(2026, 3, 14, 12, 6, 20),
      1_714_688 * 16,
      1_714_688,
    ],
    ["minimal", clockOf({ SLOT_DURATION_MS: "6000", SLOTS_PER_EPOCH: "8" }, 1_000), 1_000_000 + 54_001, 9, 1],
    ["a test net of one second", clockOf({ SECONDS_PER_SLOT: "1", SLOTS_PER_EPOCH: "4" }, 1_000), 1_004_999, 4, 1],
    ["before genesis", clockOf(mainnet, 1_000), 999_999, -1, -1],
    ["an hour before genesis", clockOf(mainnet, 3_600), 0, -300, -10],
  ];
  for (const [name, slots, wall, slot, epoch] of table) {
    assert.equal(slots.slotAt(wall), slot, name);
    assert.equal(slots.epochOf(slot), epoch, name);
    assert.ok(slots.startOf(slot) <= wall && wall < slots.startOf(slot + 1), name);
  }
});

test("slot clock: what is due when, before gloas and after, on chains of every pace", () => {
  const gloas = { ...mainnet, GLOAS_FORK_EPOCH: "10" };
  const table: [string, ChainSpec["values"], slot: number, Partial<Record<Moment, number>>][] = [
    ["mainnet", mainnet, 5, { start: 0, attestation: 3_999, aggregate: 8_000, end: 12_000 }],
    ["gnosis", { ...mainnet, SECONDS_PER_SLOT: "5" }, 5, { attestation: 1_666, aggregate: 3_333 }],
    ["the last slot before gloas", gloas, 319, { attestation: 3_999, aggregate: 8_000 }],
    [
      "the first slot of gloas",
      gloas,
      320,
      { attestation: 3_000, aggregate: 6_000, payload: 6_000, payload_attestation: 9_000, end: 12_000 },
    ],
    ["gloas that never comes", { ...mainnet, GLOAS_FORK_EPOCH: "18446744073709551615" }, 9e9, { attestation: 3_999 }],
    ["a chain's own moments", { ...mainnet, ATTESTATION_DUE_BPS: "5000" }, 5, { attestation: 6_000, aggregate: 8_000 }],
    ["an earlier draft's", { ...gloas, PAYLOAD_DUE_BPS: "7500" }, 320, { payload: 9_000 }],
    ["nonsense", { ...mainnet, ATTESTATION_DUE_BPS: "20000", AGGREGATE_DUE_BPS: "soon" }, 5, { attestation: 3_999 }],
    ["a second", { ...mainnet, SECONDS_PER_SLOT: "1" }, 0, { attestation: 333, aggregate: 666, end: 1_000 }],
  ];
  for (const [name, values, slot, expected] of table) {
    const slots = clockOf(values);
    for (const [moment, offset] of Object.entries(expected)) {
      assert.equal(slots.momentOf(slot, moment as Moment) - slots.startOf(slot), offset, `${name}: ${moment}`);
    }
  }
});

test("slot clock: constants that make no clock are named, and nobody is timed by a guess", () => {
  const table: [ChainSpec, RegExp][] = [
    [specOf({ SLOTS_PER_EPOCH: "32" }), /SLOT_DURATION_MS/],
    [specOf({ SECONDS_PER_SLOT: "0", SLOTS_PER_EPOCH: "32" }), /SECONDS_PER_SLOT/],
    [specOf({ SECONDS_PER_SLOT: "12" }), /SLOTS_PER_EPOCH/],
    [specOf({ SECONDS_PER_SLOT: "12", SLOTS_PER_EPOCH: "0" }), /SLOTS_PER_EPOCH/],
    [specOf(mainnet, Number.NaN), /genesis/],
    [
      specOf({ ...mainnet, SECONDS_PER_SLOT: "1", SLOT_DURATION_MS: "12000" }),
      /SLOT_DURATION_MS 12000 contradicts SECONDS_PER_SLOT 1/,
    ],
  ];
  for (const [spec, reason] of table) assert.match(`${slotClockOf(spec)}`, reason);
  assert.equal(clockOf({ ...mainnet, SLOT_DURATION_MS: "12000" }).slotMs, 12_000);
});

test("slot clock: at any time, slot, share and moments fit together", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 2_000; round++) {
    const slotMs = 1 + Math.floor(random() * 20_000);
    const slotsPerEpoch = 1 + Math.floor(random() * 64);
    const slots = clockOf({ SLOT_DURATION_MS: `${slotMs}`, SLOTS_PER_EPOCH: `${slotsPerEpoch}` }, 1_000_000);
    const wall = 900_000_000 + Math.floor(random() * 1e9);
    const slot = slots.slotAt(wall);
    const share = slots.shareGone(wall);
    assert.ok(share >= 0 && share < 1);
    assert.ok(Math.abs(slots.startOf(slot) + share * slotMs - wall) < 1e-3);
    const epoch = slots.epochOf(slot);
    assert.ok(slots.firstSlot(epoch) <= slot && slot < slots.firstSlot(epoch + 1));
    assert.ok(slots.momentOf(slot, "attestation") <= slots.momentOf(slot, "aggregate"));
    assert.equal(slots.momentOf(slot, "end"), slots.momentOf(slot + 1, "start"));
  }
});

test("slot clock: the present knows when nodes may change places, and how new a block may be", () => {
  const slots = clockOf(mainnet, 1_700_000_000);
  const table: [ms: number, slot: number, newest: number, calm: boolean][] = [
    [0, 0, 0, false],
    [7_999, 0, 0, false],
    [8_000, 0, 0, true],
    [11_499, 0, 0, true],
    [11_500, 0, 1, true],
    [12_000, 1, 1, false],
    [384_000, 32, 32, false],
    [-60_000, -5, 0, false],
  ];
  for (const [ms, slot, newest, calm] of table) {
    const clock = new ManualClock(1_700_000_000_000 + ms);
    assert.deepEqual(
      instant(slots, clock),
      {
        now: 0,
        wall: 1_700_000_000_000 + ms,
        slot,
        epoch: Math.floor(slot / 32),
        newest,
        calm,
        slotMs: 12_000,
        slotsPerEpoch: 32,
      },
      `${ms} ms`,
    );
  }
});

test("timing: an answer is wanted within its share of a slot, and before its moment; who asks late gets the soft time", () => {
  const attest: Budget = { soft: 0.04, hard: 0.2, until: "aggregate" };
  const publish: Budget = { soft: 0.1, hard: 1, until: undefined };
  const slots = clockOf(mainnet, 1_000);
  const table: [string, Budget, slot: number | undefined, wall: number, soft: number, hard: number][] = [
    ["at the start", attest, 0, 0, 480, 2_400],
    ["when it is due", attest, 0, 4_000, 480, 2_400],
    ["shortly before the end of it", attest, 0, 7_000, 480, 1_000],
    ["hardly any time left", attest, 0, 7_999, 480, 480],
    ["too late", attest, 0, 9_000, 480, 480],
    ["for another slot, ahead", attest, 1, 0, 480, 2_400],
    ["for no slot: the present one", attest, undefined, 7_000, 480, 1_000],
    ["a publish, bound to no moment", publish, 0, 11_900, 1_200, 12_000],
  ];
  for (const [name, budget, slot, wall, soft, hard] of table) {
    const traits = { timeoutMs: 5_000, duty: { duty: "attest", fanOut: "quorum", budget } } as MethodTraits;
    const at = { now: 77, wall: 1_000_000 + wall, slot: slots.slotAt(1_000_000 + wall) };
    const { soft: softly, hard: hardly } = timing(slots, { traits, slot }, at);
    assert.deepEqual([Math.round(softly - 77), Math.round(hardly - 77)], [soft, hard], name);
  }
  const traits = { timeoutMs: 5_000 } as MethodTraits;
  assert.deepEqual(timing(slots, { traits }, { now: 1, wall: 1, slot: 0 }), { soft: 5_001, hard: 5_001 });
});

test("slot clock: numbers of a spec are read whole or not at all", () => {
  const table: [string | undefined, number | undefined][] = [
    ["0", 0],
    ["364032", 364_032],
    ["18446744073709551615", Number.POSITIVE_INFINITY],
    ["123456789012345678901", undefined],
    ["0x10", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [text, value] of table) assert.equal(numberOf(text), value, `${text}`);
});

test("timing: on a test net of one second nodes have a moment, and longer slots are not touched by that", () => {
  const attest: Budget = { soft: 0.04, hard: 0.33, until: "end" };
  for (const [seconds, soft, hard] of [
    [1, 150, 330],
    [2, 150, 660],
    [5, 200, 1_650],
    [6, 240, 1_980],
    [12, 480, 3_960],
  ] as const) {
    const slots = clockOf({ SECONDS_PER_SLOT: `${seconds}`, SLOTS_PER_EPOCH: "8" }, 1_000);
    const traits = { duty: { duty: "attest", fanOut: "quorum", budget: attest } } as MethodTraits;
    const told = timing(slots, { traits, slot: 0 }, { now: 0, wall: 1_000_000, slot: 0 });
    assert.deepEqual([Math.round(told.soft), Math.round(told.hard)], [soft, hard], `${seconds} s`);
  }
});
