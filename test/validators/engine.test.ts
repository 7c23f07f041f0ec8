import assert from "node:assert/strict";
import { test } from "node:test";
import { startEngine } from "./engine.ts";

const hash = (digit: string) => `0x${digit.repeat(64)}`;

test("engine: it builds for whom it was told to on what it knows, and takes what was built for valid", async () => {
  const engine = await startEngine();
  const call = async (method: string, ...params: unknown[]) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    return (await (await fetch(engine.url, { method: "POST", body })).json()) as {
      result: Record<string, never>;
      error?: { code: number };
    };
  };
  try {
    const attributes = { timestamp: "0x1", prevRandao: hash("2"), suggestedFeeRecipient: "0xaa", withdrawals: [] };
    const genesis = { headBlockHash: hash("1") };
    const { payloadId } = (await call("engine_forkchoiceUpdatedV2", genesis, attributes)).result;
    assert.match(payloadId ?? "", /^0x[0-9a-f]{16}$/);
    const payload = (await call("engine_getPayloadV2", payloadId)).result["executionPayload"] as unknown as Record<
      string,
      unknown
    >;
    assert.deepEqual(
      [payload["parentHash"], payload["blockNumber"], payload["feeRecipient"], payload["withdrawals"]],
      [hash("1"), "0x1", "0xaa", []],
    );
    assert.equal((await call("engine_newPayloadV2", payload)).result["status"], "VALID");
    const head = { headBlockHash: payload["blockHash"] };
    assert.equal((await call("engine_forkchoiceUpdatedV2", head)).result["payloadStatus"]?.["status"], "VALID");
    const stray = { ...payload, parentHash: hash("9"), blockHash: hash("8") };
    assert.equal((await call("engine_newPayloadV2", stray)).result["status"], "SYNCING");
    assert.equal((await call("engine_getPayloadV2", "0x99")).error?.code, -38001);
    assert.equal((await call("engine_unheardOf")).error?.code, -32601);
  } finally {
    await engine.close();
  }
});
