import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import type { Answer } from "../core/outcome.ts";
import { KeptAnswers } from "./kept-answers.ts";

const call = (path: string, body = "", accept = "application/json") =>
  ({
    wire: { method: body === "" ? "GET" : "POST", path, headers: { accept }, body: Buffer.from(body) },
  }) as unknown as Call;

const answer = (text: string, bytes = text.length): Answer => ({
  ok: true,
  status: 200,
  failed: false,
  payload: Buffer.alloc(bytes, text),
  rest: undefined,
  height: undefined,
});

test("kept answers: an epoch's duties are answered again for as long as they depend on the same block", () => {
  const kept = new KeptAnswers();
  kept.keep(call("/duties/5", '["1"]'), answer("one"), 5, "0xa");
  assert.equal(kept.get(call("/duties/5", '["1"]'), "0xa")?.payload.toString(), "one");
  assert.equal(kept.get(call("/duties/5", '["2"]'), "0xa"), undefined, "other validators");
  assert.equal(kept.get(call("/duties/5", '["1"]', "application/octet-stream"), "0xa"), undefined, "another encoding");
  assert.equal(kept.get(call("/duties/5", '["1"]'), undefined), undefined, "nobody knows what it depends on now");
  const german = { ...call("/duties/5", '["1"]'), residency: [{ allow: ["de"], deny: [] }] };
  assert.equal(kept.get(german, "0xa"), undefined, "it may be from a node that this client's calls must not go to");
});

test("kept answers: a reorg of the block that duties depend on makes the nodes be asked again", () => {
  const kept = new KeptAnswers();
  kept.keep(call("/duties/5"), answer("one"), 5, "0xa");
  assert.equal(kept.get(call("/duties/5"), "0xb"), undefined);
  assert.equal(kept.size, 0);
});

test("kept answers: neither old epochs nor too many nor too large answers stay", () => {
  const kept = new KeptAnswers();
  kept.keep(call("/old"), answer("x"), 1, "0xa");
  kept.keep(call("/huge"), answer("x", 9 * 1_024 * 1_024), 5, "0xa");
  assert.equal(kept.size, 1);
  kept.keep(call("/new"), answer("x"), 5, "0xa");
  assert.equal(kept.get(call("/old"), "0xa"), undefined);
  for (let index = 0; index < 600; index++) kept.keep(call(`/${index}`), answer("x"), 5, "0xa");
  assert.equal(kept.size, 512);
  for (let index = 0; index < 20; index++) kept.keep(call(`/big/${index}`), answer("x", 7 * 1_024 * 1_024), 5, "0xa");
  assert.ok(kept.size <= 9);
});
