import assert from "node:assert/strict";
import type { Caller } from "../../src/core/call.ts";
import type { Reply } from "../../src/core/protocol.ts";
import { Cancellation } from "../../src/lib/cancellation.ts";
import { type StageOptions, slotMs, type ValidatorStage } from "./validator-stage.ts";

/** Three clients in three clouds. */
export const three: StageOptions["nodes"] = [
  ["lighthouse", "aws"],
  ["teku", "hetzner"],
  ["nimbus", "google"],
];

interface Asked {
  readonly path: string;
  readonly body?: unknown;
  readonly caller?: Caller;
}

/** Asks as a client would, and lets at most `waitMs` pass until the answer is there. */
export async function ask(stage: ValidatorStage, { path, body, caller }: Asked, waitMs = slotMs, by = stage.assembly) {
  const beganAt = stage.clock.now();
  let reply: Reply | undefined;
  const inbound = {
    method: body === undefined ? "GET" : "POST",
    path,
    headers: { "content-type": "application/json", "eth-consensus-version": "electra" },
    body: body === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(body)),
    caller,
  };
  by.network("beacon")
    ?.handle(inbound, new Cancellation())
    .then((told) => {
      reply = told;
    })
    .catch((bug: unknown) => stage.bugs.push(bug));
  while (reply === undefined && stage.clock.now() < beganAt + waitMs) await stage.advance(5);
  assert.ok(reply, `${path}: not answered within ${waitMs} ms`);
  const { status } = reply as Reply;
  const text = Buffer.from((reply as Reply).body as Uint8Array).toString();
  return { status, text, ms: stage.clock.now() - beganAt };
}

/** A vote of the present slot; for a head that nobody knows when `forged`. */
export function vote({ chain, clock }: ValidatorStage, validator: number, forged = false) {
  const slot = chain.slotAt(clock.epoch());
  const epoch = chain.epochOf(slot);
  const shown = ({ epoch: number, root }: { epoch: number; root: string }) => ({ epoch: `${number}`, root });
  const data = {
    slot: `${slot}`,
    index: "0",
    beacon_block_root: forged ? `0x${"66".repeat(32)}` : chain.head(clock.epoch() - 1_000).root,
    source: shown(chain.checkpoint(epoch - 1)),
    target: shown(chain.checkpoint(epoch)),
  };
  return { committee_index: "0", attester_index: `${validator}`, data, signature: `0x${"ab".repeat(96)}` };
}

export const votes = (...body: unknown[]) => ({ path: "/eth/v2/beacon/pool/attestations", body });
