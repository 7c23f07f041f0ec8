import assert from "node:assert/strict";
import { test } from "node:test";
import type { Assembly } from "../../src/assemble.ts";
import { ask, three, vote, votes } from "./validator-asking.ts";
import { epochMs, feeRecipient, slotMs, ValidatorStage } from "./validator-stage.ts";

/** Two instances before the same nodes, with one store: what one knows, the other learns soon. */
async function pair(builder = false) {
  const stage = new ValidatorStage({ nodes: three, builder });
  await stage.start();
  const b = stage.another();
  b.start();
  await stage.advance(2 * slotMs);
  return { stage, a: stage.assembly, b };
}

async function end(stage: ValidatorStage, b: Assembly): Promise<void> {
  const stopped = b.stop();
  await stage.advance(20_000);
  await stopped;
  await stage.stop();
}

const soon = 200;

test("instances: a block that one handed out blinded is revealed through the other, by its producer", async () => {
  const { stage, a, b } = await pair();
  const registration = { message: { pubkey: "0xaa", fee_recipient: feeRecipient, gas_limit: "1", timestamp: "1" } };
  const body = [{ ...registration, signature: "0x" }];
  await ask(stage, { path: "/eth/v1/validator/register_validator", body }, slotMs, a);
  let slot = stage.chain.slotAt(stage.clock.epoch());
  // One node might be the first who is asked by chance, several are not.
  for (let blocks = 0; blocks < 4; blocks++) {
    slot++;
    // Somebody whom nobody plays.
    while (stage.validators.includes(stage.chain.proposer(slot))) slot++;
    await stage.advance(stage.chain.startOf(slot) + 10 - stage.clock.epoch());
    const whom = { path: "/eth/v1/validator/prepare_beacon_proposer", body: preparation(stage.chain.proposer(slot)) };
    await ask(stage, whom);
    const path = `/eth/v3/validator/blocks/${slot}?randao_reveal=0xab&graffiti=0x00&builder_boost_factor=100`;
    const produced = await ask(stage, { path }, slotMs, a);
    assert.equal(produced.status, 200, produced.text);
    const { data, execution_payload_blinded } = JSON.parse(produced.text);
    assert.equal(execution_payload_blinded, true);
    // The simulated chain has a block of its own by then.
    await stage.advance(500);
    const before = stage.attempts.length;
    const signed = { message: data, signature: "0x" };
    const published = await ask(stage, { path: "/eth/v2/beacon/blinded_blocks", body: signed }, slotMs, b);
    assert.equal(published.status, 200, published.text);
    const tried = stage.attempts.slice(before).filter(({ method }) => method === "publish_blinded_block");
    assert.deepEqual(
      tried.map(({ ok }) => ok),
      [true],
      "the first who was asked had it",
    );
  }
  await end(stage, b);
});

function preparation(index: number, fee = feeRecipient) {
  return [{ validator_index: `${index}`, fee_recipient: fee }];
}

test("instances: a vote that contradicts one which went out through the other is stopped, and the same again is not", async () => {
  const { stage, a, b } = await pair();
  assert.equal((await ask(stage, votes(vote(stage, 700), vote(stage, 701)), slotMs, a)).status, 200);
  await stage.advance(soon);
  const other = await ask(stage, votes(vote(stage, 700, true), vote(stage, 701)), slotMs, b);
  assert.equal(other.status, 400);
  assert.deepEqual(
    JSON.parse(other.text).failures.map(({ index }: { index: number }) => index),
    [0],
  );
  assert.match(other.text, /another vote/);
  // One that every node refused is no reason to stop the real one, anywhere.
  assert.equal((await ask(stage, votes(vote(stage, 702, true)), slotMs, a)).status, 400);
  await stage.advance(soon);
  assert.equal((await ask(stage, votes(vote(stage, 702)), slotMs, b)).status, 200);
  await end(stage, b);
});

test("instances: both at once let contradicting votes out, and say so", async () => {
  const { stage, a, b } = await pair();
  const one = ask(stage, votes(vote(stage, 700)), slotMs, a);
  const other = ask(stage, votes(vote(stage, 700, true)), slotMs, b);
  await Promise.all([one, other]);
  await stage.advance(soon);
  const told = stage.alarms.filter(({ what }) => what === "would_slash");
  assert.match(told[0]?.because ?? "", /another instance sent what contradicts it: validator 700/);
  await end(stage, b);
});

test("instances: whom to pay was told to one that is gone, and a node that restarts hears it from the other", async () => {
  const { stage, a, b } = await pair();
  const fee = `0x${"12".repeat(20)}`;
  let slot = stage.chain.slotAt(stage.clock.epoch()) + 6;
  while (stage.validators.includes(stage.chain.proposer(slot))) slot++;
  const body = preparation(stage.chain.proposer(slot), fee);
  await ask(stage, { path: "/eth/v1/validator/prepare_beacon_proposer", body }, slotMs, a);
  await stage.advance(soon);
  const stopped = a.stop();
  stage.strike({ where: {}, fault: "lost_preparation", for: "2s" });
  await stage.advance(stage.chain.startOf(slot) + 10 - stage.clock.epoch());
  await stopped;
  const path = `/eth/v3/validator/blocks/${slot}?randao_reveal=0xab&graffiti=0x00`;
  const produced = await ask(stage, { path }, slotMs, b);
  assert.equal(JSON.parse(produced.text).data?.block?.body.execution_payload.fee_recipient, fee, produced.text);
  stage.assembly = b;
  await stage.stop();
});

test("instances: one that begins later knows what went out through the other, which crashed in the meantime", async () => {
  const stage = new ValidatorStage({ nodes: three });
  await stage.start();
  await stage.advance(epochMs + 2_000);
  assert.equal((await ask(stage, votes(vote(stage, 700)))).status, 200);
  // Kept in the slot's calm part at the latest.
  await stage.advance(slotMs);
  const b = stage.another();
  b.start();
  await stage.advance(3_000);
  const late = await ask(stage, votes(vote(stage, 700, true)), slotMs, b);
  assert.match(late.text, /another vote/);
  await end(stage, b);
});
