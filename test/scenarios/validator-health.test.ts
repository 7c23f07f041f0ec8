import assert from "node:assert/strict";
import { test } from "node:test";
import { three } from "./validator-asking.ts";
import { epochMs, losses, nothing, type StageOptions, slotMs, ValidatorStage } from "./validator-stage.ts";
import { lying } from "./validator-tamper.ts";

/** What health makes of beacon nodes, whose blocks may fail to come, and who say no for good reasons. */

/** Who was taken out of service from now on, and why, looked at each second. */
function watch(stage: ValidatorStage) {
  const out: string[] = [];
  const look = () => {
    for (const { id, status } of stage.assembly.network("beacon")?.upstreams ?? []) {
      const { verdict, because } = status;
      const told = `${id} ${verdict}: ${because}`;
      if ((verdict === "ejected" || verdict === "quarantined") && !out.includes(told)) out.push(told);
    }
    timer = stage.clock.schedule(1_000, look);
  };
  let timer = stage.clock.schedule(1_000, look);
  return { out, stop: () => timer.cancel() };
}

test("health: a chain on which seven of eight slots are empty takes nobody out of service", async () => {
  for (const seed of [1, 2, 3]) {
    const stage = new ValidatorStage({ nodes: three, seed });
    // Blocks come only from those who are played, and they propose for 64 of 512.
    stage.chain.play(Array.from({ length: 512 }, (_, index) => index));
    const { out, stop } = watch(stage);
    await stage.start();
    await stage.advance(2 * epochMs);
    stop();
    await stage.stop();
    assert.deepEqual(out, []);
    const { missed, wrong, slashable, missedBlocks, unpaid } = losses(stage.judge(1, 62));
    assert.deepEqual(
      { missed, wrong, slashable, missedBlocks, unpaid },
      { missed: 0, wrong: 0, slashable: 0, missedBlocks: 0, unpaid: 0 },
    );
  }
});

test("health: a node that is a slot behind now and then, or whose chain skips slots, stays in service", async () => {
  const nodes: StageOptions["nodes"] = [...three, ["prysm", "ovh"]];
  const stage = new ValidatorStage({ nodes });
  await stage.start();
  await stage.advance(epochMs);
  const { out, stop } = watch(stage);
  for (let round = 0; round < 6; round++) {
    stage.strike({ where: { upstream: "teku-1" }, fault: "stale_head", for: "18s" });
    await stage.advance(4 * slotMs);
  }
  stop();
  await stage.stop();
  assert.deepEqual(out, []);
});

test("health: a node that stands still while the others go on is out of service, and back when it has caught up", async () => {
  const stage = new ValidatorStage({ nodes: three });
  await stage.start();
  await stage.advance(epochMs);
  const { out, stop } = watch(stage);
  stage.strike({ where: { upstream: "teku-1" }, fault: "stale_head", for: "120s" });
  await stage.advance(10 * slotMs);
  assert.match(out.join("\n"), /^teku-1 ejected: .*behind/);
  await stage.advance(epochMs);
  stop();
  assert.equal(stage.assembly.network("beacon")?.upstreams[1]?.status.verdict, "healthy");
  await stage.stop();
  assert.deepEqual(losses(stage.judge(1, 72)), nothing);
});

for (const status of [503, 404, 400]) {
  test(`health: a node that answers ${status} to what validators ask, and is well otherwise, stays in service`, async () => {
    const body = JSON.stringify({ code: status, message: "Beacon node is currently syncing" });
    const stage = new ValidatorStage({
      nodes: three,
      wrap: (id, transport) =>
        id !== "teku-1"
          ? transport
          : lying(transport, {
              instead: ({ path }) => (/\/validator\/(?!prepare)/.test(path) ? { status, body } : undefined),
            }),
    });
    await stage.start();
    const { out, stop } = watch(stage);
    await stage.advance(2 * epochMs);
    stop();
    await stage.stop();
    assert.deepEqual(out, []);
    assert.deepEqual(losses(stage.judge(1, 60)), nothing);
  });
}

test("health: a node that says that it syncs is out of service for what is signed, and still gets what was signed", async () => {
  const stage = new ValidatorStage({ nodes: three });
  await stage.start();
  await stage.advance(epochMs);
  stage.strike({ where: { upstream: "teku-1" }, fault: "syncing", for: "1h" });
  await stage.advance(2 * slotMs);
  const before = stage.attempts.length;
  await stage.advance(epochMs / 2);
  const asked = stage.attempts.slice(before).filter(({ upstream }) => upstream === "teku-1");
  const methods = new Set(asked.map(({ method }) => method));
  assert.ok(methods.has("attestations"), [...methods].join());
  assert.ok(!methods.has("attestation_data") && !methods.has("produce_block_v3"), [...methods].join());
  await stage.stop();
});

test("health: finality that stands still is no reason to take anybody out of service", async () => {
  const stage = new ValidatorStage({
    nodes: three,
    wrap: (_, transport) =>
      lying(transport, {
        body: ({ path }, told) => {
          if (!path.endsWith("/finality_checkpoints")) return undefined;
          const { data } = told as { data: Record<string, unknown> };
          return { ...told, data: { ...data, finalized: { epoch: "90", root: `0x${"99".repeat(32)}` } } };
        },
      }),
  });
  await stage.start();
  const { out, stop } = watch(stage);
  await stage.advance(3 * epochMs);
  stop();
  await stage.stop();
  assert.deepEqual(out, []);
  assert.deepEqual(losses(stage.judge(1, 90)), nothing);
});

test("health: a node that gets blocks two seconds late is not out of service for the first one after empty slots", async () => {
  const late = 2_000;
  let stage: ValidatorStage | undefined;
  const made = new ValidatorStage({
    nodes: three,
    wrap: (id, transport, clock) =>
      id !== "teku-1"
        ? transport
        : lying(transport, {
            body: ({ path }, told) => {
              const chain = stage?.chain;
              if (!path.endsWith("/node/syncing") || !chain) return undefined;
              const head = chain.head(clock.epoch() - late).slot;
              const distance = chain.slotAt(clock.epoch()) - head;
              const data = { ...(told["data"] as object), head_slot: `${head}`, sync_distance: `${distance}` };
              return { ...told, data };
            },
          }),
  });
  stage = made;
  made.chain.play(Array.from({ length: 512 }, (_, index) => index));
  await made.start();
  await made.advance(epochMs);
  const { out, stop } = watch(made);
  await made.advance(2 * epochMs);
  stop();
  await made.stop();
  assert.deepEqual(out, []);
});
