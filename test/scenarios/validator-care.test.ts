import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, three, vote, votes } from "./validator-asking.ts";
import { epochMs, feeRecipient, type StageOptions, slotMs, ValidatorStage } from "./validator-stage.ts";
import { lying } from "./validator-tamper.ts";

/** What loose ends may cost a validator: each of these once did, or would have. */

const preparation = (index: number, fee = feeRecipient) => ({
  path: "/eth/v1/validator/prepare_beacon_proposer",
  body: [{ validator_index: `${index}`, fee_recipient: fee }],
});

test("validators: two clients with the same keys are told of, and a monitor that asks for their duties is not", async () => {
  const stage = new ValidatorStage({ nodes: three });
  await stage.start();
  const caller = (agent: string) => ({ address: "10.0.0.1", agent });
  const monitor = { path: "/eth/v1/validator/duties/attester/100", body: ["7"], caller: caller("monitor") };
  for (let epoch = 0; epoch < 2; epoch++) {
    await ask(stage, { ...preparation(700), caller: caller("Lighthouse/v7") });
    await ask(stage, monitor);
    await stage.advance(epochMs);
  }
  assert.deepEqual(
    stage.alarms.filter(({ what }) => what === "two_clients"),
    [],
  );
  await ask(stage, { ...preparation(700), caller: caller("Lodestar/v1") });
  await ask(stage, { ...preparation(700), caller: caller("Lighthouse/v7") });
  const told = stage.alarms.filter(({ what }) => what === "two_clients");
  assert.equal(told.length, 1);
  assert.match(told[0]?.because ?? "", /validator 700: Lodestar\/v1 at [0-9a-f]{8} and Lighthouse\/v7 at/);
  assert.doesNotMatch(told[0]?.because ?? "", /10\.0\.0\.1/);
  await stage.stop();
});

test("validators: a node whose chain has other constants is told of once, and asked again when it comes back", async () => {
  let wrong = "6";
  const stage = new ValidatorStage({
    nodes: three,
    wrap: (id, transport) =>
      id !== "teku-1"
        ? transport
        : lying(transport, {
            body: ({ path }, told) =>
              path.endsWith("/spec") ? { data: { ...(told["data"] as object), SLOTS_PER_EPOCH: wrong } } : undefined,
          }),
  });
  await stage.start();
  await stage.advance(3 * slotMs);
  const told = () => stage.alarms.filter(({ what }) => what === "constants");
  assert.equal(told().length, 1, JSON.stringify(told()));
  assert.deepEqual(told()[0]?.upstream, "teku-1");
  assert.match(told()[0]?.because ?? "", /SLOTS_PER_EPOCH is 6, not 32/);
  await stage.advance(2 * epochMs);
  assert.equal(told().length, 1, "as long as nothing changes");
  // It restarts with the right ones: a node that was away is asked anew.
  wrong = "32";
  stage.strike({ where: { upstream: "teku-1" }, fault: "refuse", for: "20s" });
  stage.strike({ where: { upstream: "teku-1" }, fault: "sse_death", for: "20s" });
  await stage.advance(5 * slotMs);
  const { validator } = stage.assembly.network("beacon") ?? {};
  assert.equal(validator?.snapshot().nodes[1]?.unfit.read, undefined);
  await stage.stop();
});

test("validators: constants that make no clock are told of, and nodes are still prepared and published to", async () => {
  const stage = new ValidatorStage({
    nodes: [["lighthouse", "aws"]],
    wrap: (_, transport) =>
      lying(transport, {
        body: ({ path }, told) =>
          path.endsWith("/spec") ? { data: { ...(told["data"] as object), SLOTS_PER_EPOCH: "none" } } : undefined,
      }),
  });
  stage.assembly.start();
  await stage.advance(10_000);
  assert.deepEqual(stage.alarms, [
    {
      what: "constants",
      because: "the chain's constants make no clock: the spec has no SLOTS_PER_EPOCH",
      upstream: undefined,
    },
  ]);
  assert.equal((await ask(stage, preparation(3))).status, 200);
  const unknownBlock = { path: `/eth/v1/beacon/headers/0x${"0".repeat(64)}` };
  assert.equal((await ask(stage, unknownBlock)).status, 404, "asked of the node");
  assert.equal((await ask(stage, { path: "/eth/v1/beacon/genesis" })).status, 200);
  assert.equal((await ask(stage, { path: "/eth/v1/validator/attestation_data?slot=3200" })).status, 503);
  const vote = { attester_index: "3", committee_index: "0", data: {}, signature: "0x" };
  assert.equal((await ask(stage, { path: "/eth/v2/beacon/pool/attestations", body: [vote] })).status, 400);
  await stage.stop();
});

test("validators: a forged vote in a list that every node refuses does not stand in the way of the real one", async () => {
  const stage = new ValidatorStage({ nodes: three });
  await stage.start();
  await stage.advance(epochMs + 2_000);
  const forged = await ask(stage, votes(vote(stage, 700), vote(stage, 701, true), vote(stage, 702)));
  assert.equal(forged.status, 400);
  assert.deepEqual(
    JSON.parse(forged.text).failures.map(({ index }: { index: number }) => index),
    [1],
  );
  assert.equal((await ask(stage, votes(vote(stage, 701)))).status, 200, "the real one");
  assert.equal((await ask(stage, votes(vote(stage, 700, true)))).status, 400, "what was taken is remembered");
  assert.equal((await ask(stage, votes(vote(stage, 702)))).status, 200, "the same again");
  const stopped = stage.alarms.filter(({ what }) => what === "would_slash");
  assert.equal(stopped.length, 1);
  await stage.stop();
});

test("validators: a vote that a silent node may have taken is remembered, and so is one that was taken before it was refused", async () => {
  const stage = new ValidatorStage({ nodes: three });
  await stage.start();
  await stage.advance(epochMs + 2_000);
  const first = vote(stage, 700);
  assert.equal((await ask(stage, votes(first))).status, 200);
  // Nobody knows its head any more, so all refuse it: it was out all the same.
  stage.strike({ where: {}, fault: "syncing", for: "20s" });
  assert.equal((await ask(stage, votes(first, vote(stage, 703)), 2 * slotMs)).status, 400);
  await stage.advance(30_000);
  assert.match((await ask(stage, votes(vote(stage, 700, true)))).text, /another vote/);
  stage.strike({ where: { upstream: "teku-1" }, fault: "black_hole", for: "20s" });
  assert.equal((await ask(stage, votes(vote(stage, 701, true)), 2 * slotMs)).status, 400);
  await stage.advance(30_000);
  const late = await ask(stage, votes(vote(stage, 701)));
  assert.equal(late.status, 400);
  assert.match(late.text, /another vote/);
  await stage.stop();
});

test("validators: the cloud of those who would be asked for a block goes down as they are asked, and others propose it in time", async () => {
  const nodes: StageOptions["nodes"] = [
    ["lighthouse", "aws"],
    ["teku", "aws"],
    ["nimbus", "aws"],
    ["lighthouse", "hetzner"],
    ["teku", "google"],
  ];
  // The one who would be asked stands in one of them.
  for (const provider of ["aws", "hetzner", "google"]) {
    for (const fault of ["black_hole", "refuse"]) {
      const stage = new ValidatorStage({ nodes, validators: "{ proposers: 1 }" });
      await stage.start();
      await stage.advance(epochMs);
      let slot = stage.chain.slotAt(stage.clock.epoch()) + 2;
      while (!stage.validators.includes(stage.chain.proposer(slot))) slot++;
      // Nobody can know of it yet when the block is asked for.
      await stage.advance(stage.chain.startOf(slot) - 1 - stage.clock.epoch());
      stage.strike({ where: { provider }, fault, for: "384s" });
      await stage.advance(slotMs);
      await stage.stop();
      const block = stage.chain.blockAt(slot);
      const ms = (block?.at ?? Number.NaN) - stage.chain.startOf(slot);
      assert.ok(ms < 1_500, `${provider} ${fault}: ${ms} ms`);
    }
  }
});

const registration = (pubkey: string) => ({
  path: "/eth/v1/validator/register_validator",
  body: [{ message: { pubkey, fee_recipient: feeRecipient, gas_limit: "1", timestamp: "1" }, signature: "0x" }],
});

test("validators: one node alone is told of registrations, and when it dies another is, of all of them", async () => {
  const stage = new ValidatorStage({ nodes: three, validators: "{ registration: one }" });
  await stage.start();
  await stage.advance(2 * slotMs);
  const told = () => stage.registered.map(({ upstream, pubkeys }) => `${upstream} ${pubkeys.join()}`);
  assert.equal((await ask(stage, registration("0xa1"))).status, 200);
  await stage.advance(2 * slotMs);
  assert.deepEqual(told(), ["lighthouse-0 0xa1"], "and the others never, not again either");
  stage.strike({ where: { upstream: "lighthouse-0" }, fault: "refuse", for: "1h" });
  assert.equal((await ask(stage, registration("0xa2"))).status, 200, "within the call");
  await stage.advance(3 * slotMs);
  const later = told().slice(1);
  const heir = later[0]?.split(" ")[0];
  assert.notEqual(heir, "lighthouse-0");
  assert.ok(
    later.every((one) => one.startsWith(`${heir} `)),
    `${later}`,
  );
  assert.deepEqual(
    [...new Set(later.flatMap((one) => one.split(" ")[1]?.split(",")))].sort(),
    ["0xa1", "0xa2"],
    "what the dead one was told, too",
  );
  await stage.stop();
});

test("validators: committees are subscribed to where that is wanted, and where it is wanted nowhere nobody is refused", async () => {
  const subscription = {
    path: "/eth/v1/validator/beacon_committee_subscriptions",
    body: [{ validator_index: "3", committee_index: "0", committees_at_slot: "1", slot: "3250", is_aggregator: true }],
  };
  const no = "{ subscribe: false }";
  const some = new ValidatorStage({ nodes: three, roles: { "lighthouse-0": no, "teku-1": no } });
  await some.start();
  await some.advance(slotMs);
  const before = some.attempts.length;
  assert.equal((await ask(some, subscription)).status, 200);
  const asked = some.attempts.slice(before).filter(({ method }) => method === "beacon_committee_subscriptions");
  assert.deepEqual(
    asked.map(({ upstream }) => upstream),
    ["nimbus-2"],
  );
  await some.stop();
  const none = new ValidatorStage({ nodes: three, roles: { "lighthouse-0": no, "teku-1": no, "nimbus-2": no } });
  await none.start();
  assert.equal((await ask(none, subscription)).status, 200);
  await none.stop();
});

test("validators: a test net that is begun anew while Breakwater runs meets none of its old votes", async () => {
  let root: string | undefined;
  const stage = new ValidatorStage({
    nodes: three,
    wrap: (_, transport) =>
      lying(transport, {
        body: ({ path }, told) =>
          root !== undefined && path.endsWith("/beacon/genesis")
            ? { data: { ...(told["data"] as object), genesis_validators_root: root } }
            : undefined,
      }),
  });
  await stage.start();
  await stage.advance(epochMs + 2_000);
  assert.equal((await ask(stage, votes(vote(stage, 700)))).status, 200);
  assert.match((await ask(stage, votes(vote(stage, 700, true)))).text, /another vote/);
  root = `0x${"cd".repeat(32)}`;
  stage.strike({ where: {}, fault: "refuse", for: "30s" });
  stage.strike({ where: {}, fault: "sse_death", for: "30s" });
  await stage.advance(20 * slotMs);
  const other = await ask(stage, votes(vote(stage, 700, true)));
  assert.doesNotMatch(other.text, /another vote/, "it is for the nodes to judge");
  assert.equal((await ask(stage, votes(vote(stage, 700)))).status, 200);
  await stage.stop();
});
