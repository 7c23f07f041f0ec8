import assert from "node:assert/strict";
import { test } from "node:test";
import { three } from "./validator-asking.ts";
import { losses, nothing, type StageOptions, ValidatorStage } from "./validator-stage.ts";

/** Fleets and chains of all sizes: what is proven with three nodes and slots of twelve seconds must hold for them, too. */

const slotsPerEpoch = 32;

/** Plays an epoch in peace and two with what befalls the fleet; tells what was lost in both parts. */
async function play(options: StageOptions, befall: (stage: ValidatorStage) => void | Promise<void> = () => {}) {
  const stage = new ValidatorStage(options);
  const epochMs = slotsPerEpoch * 1_000 * (options.slotSeconds ?? 12);
  await stage.start();
  const offset = stage.chain.slotAt(stage.clock.epoch() + 1_000) - 3_200;
  await stage.advance(epochMs);
  await befall(stage);
  await stage.advance(2 * epochMs + 1_000);
  await stage.stop();
  const [before, after] = [
    stage.judge(offset + 1, offset + slotsPerEpoch - 1),
    stage.judge(offset + slotsPerEpoch, offset + 3 * slotsPerEpoch - 1),
  ];
  const told = stage.played.complaints.map(({ what, status, detail }) => `${what} ${status} ${detail}`).join("\n");
  return { stage, before: losses(before), after: losses(after), told };
}

for (const slotSeconds of [1, 5, 6]) {
  test(`fleets: with slots of ${slotSeconds} s one of three nodes may be down`, async () => {
    const { before, after, told } = await play({ nodes: three, slotSeconds }, (stage) =>
      stage.strike({ where: { upstream: "teku-1" }, fault: "black_hole", for: "1h" }),
    );
    for (const losses of [before, after]) {
      if (slotSeconds > 1) assert.deepEqual(losses, nothing, told);
      // Blocks reach the simulated network 300 ms into their slot, and these votes are due 33 ms later.
      else assert.deepEqual({ ...losses, wrongHeads: 0, missed: Math.max(0, losses.missed - 4) }, nothing, told);
    }
  });
}

test("fleets: one node alone is served by as it is", async () => {
  const { before, after, told } = await play({ nodes: [["nimbus", "aws"]] }, (stage) =>
    stage.strike({ where: {}, fault: "lost_preparation", for: "5s" }),
  );
  assert.deepEqual(before, nothing, told);
  assert.deepEqual(after, nothing, told);
});

test("fleets: one node alone that is away for ten minutes is asked again at once when it is back", async () => {
  const { stage, after, told } = await play({ nodes: [["nimbus", "aws"]] }, async (playing) => {
    playing.strike({ where: {}, fault: "refuse", for: "600s" });
    await playing.advance(600_000);
  });
  assert.equal(after.slashable + after.wrong + after.unpaid, 0, told);
  // Duties are learned at the start of an epoch.
  assert.deepEqual(losses(stage.judge(97, 144)), nothing, told);
});

test("fleets: one of two nodes is down for hours, and comes back to say what to sign when the other goes", async () => {
  const nodes: StageOptions["nodes"] = [
    ["lighthouse", "aws"],
    ["teku", "hetzner"],
  ];
  // More than blocks are remembered for.
  const slots = 560;
  const { stage, told } = await play({ nodes }, async (playing) => {
    const [lighthouse, teku] = [{ upstream: "lighthouse-0" }, { upstream: "teku-1" }];
    playing.strike({ where: teku, fault: "refuse", for: `${12 * slots}s` });
    playing.strike({ where: teku, fault: "sse_death", for: `${12 * slots}s` });
    await playing.advance((slots + 40) * 12_000);
    playing.strike({ where: lighthouse, fault: "refuse", for: "1h" });
    playing.strike({ where: lighthouse, fault: "sse_death", for: "1h" });
  });
  const last = losses(stage.judge(slots + 40, slots + 40 + 95));
  assert.deepEqual(last, nothing, told.slice(0, 2_000));
});

test("fleets: thirty nodes of five clients, of which a third goes down", async () => {
  const clients = ["lighthouse", "teku", "nimbus", "prysm", "lodestar"];
  const providers = ["aws", "hetzner", "google"];
  const nodes = Array.from(
    { length: 30 },
    (_, index) => [clients[index % 5] as string, providers[index % 3] as string] as const,
  );
  const { before, after, told } = await play({ nodes }, (stage) =>
    stage.strike({ where: { provider: "aws" }, fault: "black_hole", for: "1h" }),
  );
  assert.deepEqual(before, nothing, told);
  assert.deepEqual(after, nothing, told);
});

for (const [what, wrongBy] of [
  ["two seconds back", -2_000],
  ["a second forth", 1_000],
  ["an hour back", -3_600_000],
  ["a day forth", 86_400_000],
] as const) {
  test(`fleets: a clock that is set ${what} and right again some minutes later leaves nothing behind`, async () => {
    let skew = 0;
    const { stage, after, told } = await play({ nodes: three, skewMs: () => skew }, async (playing) => {
      skew = wrongBy;
      await playing.advance(10 * 12_000);
      skew = 0;
    });
    const { wrong, slashable, conflicting, unpaid } = after;
    assert.deepEqual({ wrong, slashable, conflicting, unpaid }, { wrong: 0, slashable: 0, conflicting: 0, unpaid: 0 });
    // Four slots are for nodes to be watched again.
    assert.deepEqual(losses(stage.judge(32 + 14, 32 + 70)), nothing, told);
    if (Math.abs(wrongBy) <= 2_000) assert.ok(after.missed <= 6, `${after.missed} missed\n${told}`);
  });
}
