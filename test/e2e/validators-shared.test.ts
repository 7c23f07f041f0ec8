import assert from "node:assert/strict";
import { test } from "node:test";
import { type Running, startBreakwater } from "../support/breakwater.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis.ts";
import { smallBeaconFleet } from "../support/small-beacon-fleet.ts";

function post({ url }: Running, path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json", "eth-consensus-version": "electra" };
  return fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

interface Data {
  readonly slot: string;
  readonly beacon_block_root: string;
}

/** What to attest to in the last slot before the present. */
async function attestationData({ url }: Running): Promise<Data | undefined> {
  const syncing = await fetch(`${url}/eth/v1/node/syncing`).then((response) => response.json());
  const slot = (syncing as { data?: { head_slot: string } }).data?.head_slot;
  const answer = await fetch(`${url}/eth/v1/validator/attestation_data?slot=${slot}&committee_index=0`);
  return answer.status === 200 ? ((await answer.json()) as { data: Data }).data : undefined;
}

test("validators: what went out through one instance stops what contradicts it at the other, through a real Redis", async (context) => {
  const redis = await startRedis();
  if (!redis) {
    context.skip("there is no redis-server on this machine");
    return;
  }
  const both: Running[] = [];
  try {
    const text = `state: { redis: "${redis.url}" }${smallBeaconFleet}`;
    for (let count = 0; count < 2; count++) both.push(await startBreakwater(text));
    const [one, other] = both as [Running, Running];
    const data = await eventually(() => attestationData(one), "it is known what to attest to");
    await eventually(() => attestationData(other), "and to the other, too");
    const vote = (root: string) => ({
      committee_index: "0",
      attester_index: "7",
      data: { ...data, beacon_block_root: root },
      signature: `0x${"ab".repeat(96)}`,
    });
    const path = "/eth/v2/beacon/pool/attestations";
    assert.equal((await post(one, path, [vote(data.beacon_block_root)])).status, 200);
    const preparation = [{ validator_index: "7", fee_recipient: `0x${"aa".repeat(20)}` }];
    assert.equal((await post(one, "/eth/v1/validator/prepare_beacon_proposer", preparation)).status, 200);
    await eventually(async () => {
      const shown = await (await fetch(`${other.admin}/api/validators`)).text();
      return shown.includes('"prepare_beacon_proposer":1') ? true : undefined;
    }, "the other knows whom to pay");
    const stopped = await post(other, path, [vote(`0x${"66".repeat(32)}`)]);
    assert.equal(stopped.status, 400);
    assert.match(await stopped.text(), /validator 7 has sent another vote/);
    // With the store gone nobody waits for it.
    await redis.kill();
    const beganAt = performance.now();
    assert.equal((await post(one, path, [vote(data.beacon_block_root)])).status, 200);
    assert.ok(performance.now() - beganAt < 400);
  } finally {
    for (const running of both) assert.equal(await running.stop(), 0, running.output());
    await redis.close();
  }
});
