import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, three } from "./validator-asking.ts";
import { epochMs, feeRecipient, losses, nothing, slotMs, ValidatorStage } from "./validator-stage.ts";
import { type Lies, lying } from "./validator-tamper.ts";

/** One of the nodes, or a client, wants to cost validators money. */

/** Three nodes of which one lies. */
function withLiar(liar: string, lies: (stage: () => ValidatorStage) => Lies): ValidatorStage {
  const stage: ValidatorStage = new ValidatorStage({
    nodes: three,
    wrap: (id, transport) =>
      id === liar
        ? lying(
            transport,
            lies(() => stage),
          )
        : transport,
  });
  return stage;
}

async function unharmed(stage: ValidatorStage, epochs = 2): Promise<void> {
  await stage.start();
  await stage.advance(epochs * epochMs);
  const told = stage.played.complaints.map(({ what, status, detail }) => `${what} ${status} ${detail}`);
  await stage.stop();
  assert.deepEqual(losses(stage.judge(1, epochs * 32 - 2)), nothing, told.slice(0, 10).join("\n"));
  assert.equal(stage.played.backwards, 0);
}

for (const liar of ["lighthouse-0", "nimbus-2"]) {
  test(`hostile: duties do not depend on what ${liar} alone says that they depend on`, async () => {
    const stage = withLiar(liar, () => ({
      events: (event) => {
        if (event.event !== "head") return [event];
        const wrong = {
          current_duty_dependent_root: `0x${"66".repeat(32)}`,
          previous_duty_dependent_root: `0x${"67".repeat(32)}`,
        };
        return [{ event: "head", data: JSON.stringify({ ...JSON.parse(event.data), ...wrong }) }];
      },
    }));
    await unharmed(stage);
    assert.deepEqual(stage.played.complaints, []);
  });

  test(`hostile: many heads of one slot that ${liar} makes up push out nobody's block`, async () => {
    const stage = withLiar(liar, (live) => ({
      events: (event) => {
        if (event.event !== "head") return [event];
        const told = JSON.parse(event.data);
        const made = Array.from({ length: 40 }, (_, index) => {
          const block = `0x${"6".repeat(46)}${index.toString(16).padStart(2, "0")}${told.block.slice(50)}`;
          return {
            event: "head",
            data: JSON.stringify({ ...told, slot: `${live().chain.slotAt(live().clock.epoch())}`, block }),
          };
        });
        return [...made, event];
      },
    }));
    await unharmed(stage);
  });

  test(`hostile: heads of times to come, told by ${liar} each time, lead nobody astray`, async () => {
    const stage = withLiar(liar, () => ({
      events: (event) => {
        if (event.event !== "head") return [event];
        const told = JSON.parse(event.data);
        return [
          {
            event: "head",
            data: JSON.stringify({ ...told, slot: `${Number(told.slot) + 10_000}`, block: `0x${"66".repeat(32)}` }),
          },
          event,
        ];
      },
      body: ({ path }, told) =>
        path.endsWith("/node/syncing")
          ? { data: { ...(told["data"] as object), head_slot: "99999999", sync_distance: "0" } }
          : undefined,
    }));
    await unharmed(stage);
  });

  test(`hostile: an identity that is another each second costs ${liar} alone`, async () => {
    let count = 0;
    const stage = withLiar(liar, () => ({
      body: ({ path }) =>
        path.endsWith("/node/identity") ? { data: { peer_id: `16U${count++}`, enr: "" } } : undefined,
    }));
    await unharmed(stage);
  });

  test(`hostile: bodies of megabytes from ${liar} in answer to everything are not read`, async () => {
    const body = JSON.stringify({ data: "x".repeat(3_000_000) });
    const stage = withLiar(liar, () => ({ instead: () => ({ status: 200, body }) }));
    await unharmed(stage, 1);
  });
}

test("hostile: a node and a client that agree on times to come keep nobody from what is due now", async () => {
  const far = 3_200 + 32 * 50;
  const stage: ValidatorStage = new ValidatorStage({
    nodes: [["lighthouse", "aws"]],
    wrap: (_, transport) =>
      lying(transport, {
        instead({ path }) {
          const head = stage.chain.head(stage.clock.epoch() - 1_000).root;
          const checkpoint = (epoch: number) => ({ epoch: `${epoch}`, root: `0x${"66".repeat(32)}` });
          const data = path.includes("attestation_data")
            ? {
                slot: `${far}`,
                index: "0",
                beacon_block_root: head,
                source: checkpoint(1),
                target: checkpoint(far / 32),
              }
            : { slot: `${far}`, proposer_index: "1", parent_root: head, state_root: head, body: {} };
          return path.includes(`${far}`) ? { status: 200, body: JSON.stringify({ data }) } : undefined;
        },
      }),
  });
  await stage.start();
  await stage.advance(epochMs);
  for (const path of [`attestation_data?slot=${far}&committee_index=0`, `blocks/${far}?randao_reveal=0x`]) {
    const version = path.startsWith("blocks") ? "v3" : "v1";
    const told = await ask(stage, { path: `/eth/${version}/validator/${path}` });
    assert.equal(told.status, 503, told.text);
    assert.match(told.text, /far ahead/);
  }
  await stage.advance(epochMs);
  await stage.stop();
  assert.deepEqual(losses(stage.judge(1, 62)), nothing);
});

test("hostile: a preparation that nodes refuse does not keep them from hearing the others when they restart", async () => {
  const refuses = (body: Uint8Array | undefined) =>
    Buffer.from(body ?? [])
      .toString()
      .includes("0xbad");
  const stage = new ValidatorStage({
    nodes: three,
    // Nodes refuse a list of which they cannot read one entry.
    wrap: (_, transport) =>
      lying(transport, {
        instead: ({ path, body }) =>
          path.endsWith("/prepare_beacon_proposer") && refuses(body)
            ? { status: 400, body: JSON.stringify({ code: 400, message: "invalid address" }) }
            : undefined,
      }),
  });
  await stage.start();
  await stage.advance(epochMs + 3 * slotMs);
  const path = "/eth/v1/validator/prepare_beacon_proposer";
  const bad = [
    { validator_index: "700", fee_recipient: "0xbad" },
    { validator_index: "701", fee_recipient: feeRecipient },
  ];
  assert.equal((await ask(stage, { path, body: bad })).status, 400);
  stage.strike({ where: {}, fault: "lost_preparation", for: "2s" });
  await stage.advance(epochMs);
  await stage.stop();
  assert.deepEqual(losses(stage.judge(1, 62)), nothing);
});

test("hostile: when the only node dies that took the preparation, others propose, and whom they pay is looked at", async () => {
  let deaf = true;
  const stage = new ValidatorStage({
    nodes: three,
    wrap: (id, transport) =>
      id === "lighthouse-0"
        ? transport
        : lying(transport, {
            instead: ({ path }) =>
              deaf && path.endsWith("/prepare_beacon_proposer") ? { status: 500, body: "{}" } : undefined,
          }),
  });
  // They know whom to pay by other ways.
  deaf = false;
  await stage.start();
  await stage.advance(epochMs / 2);
  deaf = true;
  await stage.advance(4 * epochMs);
  const unfit = () => stage.assembly.network("beacon")?.upstreams.map(({ status }) => status.unfit?.propose);
  const why = /^it does not know the fee recipients/;
  assert.match(unfit()?.[1] ?? "", why);
  assert.match(unfit()?.[2] ?? "", why);
  stage.strike({ where: { upstream: "lighthouse-0" }, fault: "refuse", for: "1h" });
  await stage.advance(epochMs);
  await stage.stop();
  assert.ok(stage.judge(146, 176).proposals > 1);
  const after = losses(stage.judge(146, 176));
  assert.deepEqual({ missedBlocks: after.missedBlocks, unpaid: after.unpaid }, { missedBlocks: 0, unpaid: 0 });
});
