import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancellation } from "../../src/lib/cancellation.ts";
import { ManualClock } from "../../src/lib/manual-clock.ts";
import type { SimulatedFault } from "../../src/simulator/fault-spec.ts";
import { createMemoryStore } from "../../src/state/memory.ts";
import {
  epochMs,
  feeRecipient,
  losses,
  nothing,
  type StageOptions,
  slotMs,
  ValidatorStage,
} from "./validator-stage.ts";

/** Three clients in three clouds: what docs/validators.md recommends. */
const three: StageOptions["nodes"] = [
  ["lighthouse", "aws"],
  ["teku", "hetzner"],
  ["nimbus", "google"],
];

/** Two epochs of played validators; after the first, something befalls the fleet. */
async function play(options: StageOptions, befall: (stage: ValidatorStage) => void | Promise<void>) {
  const stage = new ValidatorStage(options);
  await stage.start();
  await stage.advance(epochMs);
  await befall(stage);
  await stage.advance(2 * epochMs + 1_000);
  await stage.stop();
  return { stage, before: stage.judge(1, 32), after: stage.judge(32, 96) };
}

function complaints({ played }: ValidatorStage): string {
  return played.complaints.map(({ what, status, detail }) => `${what} ${status} ${detail}`).join("\n");
}

/** What may befall one of three nodes for an epoch without any validator losing anything. */
const harmless: readonly SimulatedFault[] = [
  "refuse",
  "black_hole",
  "reset",
  "errors",
  "slow",
  "html_200",
  "truncated",
  "dns",
  "syncing",
  "optimistic",
  "el_offline",
  "forked",
  "equivocating",
  "slow_proposals",
  "lost_preparation",
  "wrong_duties",
  "sse_death",
  "ssz_refusal",
  "stale_head",
  "rate_limited",
];

for (const fault of harmless) {
  test(`validators: ${fault} at one of three nodes for an epoch costs nobody a duty, a vote or a fee`, async () => {
    const { stage, before, after } = await play({ nodes: three }, (playing) =>
      playing.strike({ where: { upstream: "teku-1" }, fault, for: "384s" }),
    );
    assert.deepEqual(losses(before), nothing);
    assert.deepEqual(losses(after), nothing, complaints(stage));
    assert.ok(after.due > 120 && after.proposals > 2);
    assert.equal(stage.played.streamEnds, 0, "the validator client's event stream lasts");
    assert.equal(stage.played.backwards, 0);
  });
}

test("validators: a cloud goes down in the midst of a proposal, and the block is proposed", async () => {
  const nodes = [...three, ["prysm", "aws"] as const];
  const stage = new ValidatorStage({ nodes });
  await stage.start();
  await stage.advance(epochMs);
  let slot = stage.chain.slotAt(stage.clock.epoch()) + 2;
  while (!stage.validators.includes(stage.chain.proposer(slot))) slot++;
  // The request for the block is under way.
  await stage.advance(stage.chain.startOf(slot) + 3 - stage.clock.epoch());
  stage.strike({ where: { provider: "aws" }, fault: "black_hole", for: "384s" });
  await stage.advance(epochMs);
  await stage.stop();
  const offset = slot - 3_200;
  assert.deepEqual(losses(stage.judge(1, offset + 30)), nothing, complaints(stage));
  const block = stage.chain.blockAt(slot);
  assert.ok(block && block.at - stage.chain.startOf(slot) < 1_500, `${block?.at} ms`);
});

test("validators: most nodes run the client that goes wrong, two others are right, and these are followed", async () => {
  const nodes: StageOptions["nodes"] = [
    ["lighthouse", "aws"],
    ["lighthouse", "hetzner"],
    ["lighthouse", "ovh"],
    ["teku", "hetzner"],
    ["nimbus", "google"],
  ];
  const { stage, after } = await play({ nodes }, (playing) =>
    playing.strike({ where: { client: "lighthouse" }, fault: "forked", for: "1h" }),
  );
  assert.deepEqual(losses(after), nothing, complaints(stage));
  const [alarm] = stage.alarms.filter(({ what }) => what === "disagreement");
  assert.match(alarm?.because ?? "", /teku\+besu.*against lighthouse\+geth/);
});

test("validators: a client that most run finalises a wrong chain; with one other nobody can tell, and nothing is signed", async () => {
  const nodes: StageOptions["nodes"] = [
    ["lighthouse", "aws"],
    ["lighthouse", "hetzner"],
    ["teku", "google"],
  ];
  const { stage, after } = await play({ nodes }, (playing) =>
    playing.strike({ where: { client: "lighthouse" }, fault: "forked", for: "1h" }),
  );
  const { wrong, wrongHeads, slashable, conflicting, missed } = losses(after);
  assert.deepEqual({ wrong, slashable, conflicting }, { wrong: 0, slashable: 0, conflicting: 0 });
  assert.ok(wrongHeads <= 2, `${wrongHeads} votes for a head of the wrong chain before it was known as one`);
  assert.ok(missed > 100, `${missed} missed`);
  const attests = stage.played.complaints.filter(({ what }) => what === "attest");
  assert.ok(attests.length > 50 && attests.every(({ status }) => status === 503), complaints(stage).slice(0, 500));
  assert.match(stage.alarms.find(({ what }) => what === "disagreement")?.because ?? "", /nothing is signed/);
});

test("validators: a chain that goes on without a node's wrong history is followed again when that node is right", async () => {
  const nodes: StageOptions["nodes"] = [
    ["lighthouse", "aws"],
    ["teku", "google"],
  ];
  const { stage } = await play({ nodes }, (playing) =>
    playing.strike({ where: { client: "lighthouse" }, fault: "forked", for: "384s" }),
  );
  const late = losses(stage.judge(32 + 34, 96));
  assert.deepEqual({ wrong: late.wrong, slashable: late.slashable }, { wrong: 0, slashable: 0 });
});

test("validators: a bought block whose producer dies is tried elsewhere and lost, without a second one being signed", async () => {
  const stage = new ValidatorStage({ nodes: three, builder: true });
  await stage.start();
  const registration = { message: { pubkey: "0xaa", fee_recipient: feeRecipient, gas_limit: "1", timestamp: "1" } };
  const network = stage.assembly.network("beacon");
  const headers = { "content-type": "application/json" };
  const body = Buffer.from(JSON.stringify([{ ...registration, signature: "0x" }]));
  const registered = network?.handle(
    { method: "POST", path: "/eth/v1/validator/register_validator", headers, body },
    new Cancellation(),
  );
  await stage.advance(epochMs);
  assert.equal((await registered)?.status, 200);
  const already = stage.attempts.length;
  const watch = setProducerTrap(stage, already);
  await stage.advance(epochMs);
  watch.stop();
  await stage.stop();
  assert.ok(watch.struck, "a blinded block was handed out");
  const result = losses(stage.judge(1, 62));
  assert.ok(result.missedBlocks <= 1, `${result.missedBlocks} blocks`);
  assert.deepEqual({ ...result, missedBlocks: 0 }, nothing, complaints(stage));
});

/** Takes the producer of the next block down in the moment in which it handed the block out. */
function setProducerTrap(stage: ValidatorStage, from: number) {
  let seen = from;
  const trap = { struck: false, stop: () => timer.cancel() };
  const look = () => {
    for (; seen < stage.attempts.length; seen++) {
      const { method, upstream, ok } = stage.attempts[seen] as ValidatorStage["attempts"][number];
      if (trap.struck || !ok || !/^produce_block|^block_v3|blocks_v3/.test(method)) continue;
      trap.struck = true;
      stage.strike({ where: { upstream }, fault: "refuse", for: "60s" });
    }
    timer = stage.clock.schedule(1, look);
  };
  let timer = stage.clock.schedule(1, look);
  return trap;
}

test("validators: a doppelganger check never takes the word of a node that restarted and has seen nothing", async () => {
  const stage = new ValidatorStage({ nodes: three });
  await stage.start();
  await stage.advance(3 * epochMs + epochMs / 2);
  const ask = async (epoch: number) => {
    const inbound = {
      method: "POST",
      path: `/eth/v1/validator/liveness/${epoch}`,
      headers: { "content-type": "application/json" },
      body: Buffer.from('["3","700"]'),
    };
    const asked = stage.assembly.network("beacon")?.handle(inbound, new Cancellation());
    await stage.advance(slotMs);
    const reply = await asked;
    return { status: reply?.status, body: Buffer.from(reply?.body as Uint8Array).toString() };
  };
  const well = await ask(102);
  assert.equal(well.status, 200);
  assert.deepEqual(JSON.parse(well.body).data, [
    { index: "3", is_live: true },
    { index: "700", is_live: false },
  ]);
  stage.strike({ where: { upstream: "teku-1" }, fault: "lost_preparation", for: "10s" });
  stage.strike({ where: { upstream: "nimbus-2" }, fault: "lost_preparation", for: "10s" });
  await stage.advance(2 * slotMs);
  const doubtful = await ask(102);
  if (doubtful.status === 200) assert.match(doubtful.body, /"3","is_live":true/);
  else assert.equal(doubtful.status, 503);
  await stage.stop();
});

test("validators: Breakwater restarts in mid epoch as a node loses its preparation, and every block is paid for as before", async () => {
  const clock = new ManualClock();
  const store = createMemoryStore(clock);
  const { stage, after } = await play({ nodes: three, store }, async (playing) => {
    await playing.advance(8 * slotMs);
    playing.strike({ where: {}, fault: "lost_preparation", for: "5s" });
    await playing.restart(6_000);
  });
  const { unpaid, wrong, slashable, conflicting, missed } = losses(after);
  assert.deepEqual({ unpaid, wrong, slashable, conflicting }, { unpaid: 0, wrong: 0, slashable: 0, conflicting: 0 });
  assert.ok(missed <= 4, `${missed} missed around the restart\n${complaints(stage)}`);
});

test("validators: of three nodes of one client one is away and one hangs, and heads go on being told", async () => {
  const nodes: StageOptions["nodes"] = [
    ["lodestar", "aws"],
    ["lodestar", "hetzner"],
    ["lodestar", "gcp"],
  ];
  const { stage, after } = await play({ nodes }, (playing) => {
    playing.strike({ where: { upstream: "lodestar-0" }, fault: "syncing", for: "100s" });
    playing.strike({ where: { upstream: "lodestar-1" }, fault: "black_hole", for: "25s" });
  });
  const { missed, wrong, slashable, missedBlocks } = losses(after);
  assert.deepEqual({ wrong, slashable, missedBlocks }, { wrong: 0, slashable: 0, missedBlocks: 0 });
  assert.ok(missed <= 2, `${missed} missed`);
  const slots = 96;
  assert.ok(stage.played.heads >= slots - 1, `${stage.played.heads} heads in ${slots} slots`);
});
