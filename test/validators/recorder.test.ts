import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { freePort } from "../support/anvil.ts";
import { lineReader, startRecorder } from "./recorder.ts";

/** A recorder before a target that answers as the test says, in slot 7.25. */
async function recorded(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  play: (url: string) => Promise<void>,
) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const recorder = await startRecorder(`http://127.0.0.1:${port}`, () => 7.25);
  try {
    await play(recorder.url);
  } finally {
    await recorder.close();
    server.close();
    server.closeAllConnections();
  }
  return recorder.recording;
}

const send = (url: string, path: string, body: unknown) =>
  fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("recorder: requests and answers pass as they are, and are counted by route and status", async () => {
  const recording = await recorded(
    async (request, response) => {
      const body = await text(request);
      response.writeHead(request.url === "/eth/v1/node/health" ? 503 : 200, { "x-seen": "yes" });
      response.end(`${request.method} ${request.url} ${body}`);
    },
    async (url) => {
      const answer = await send(url, "/eth/v1/validator/duties/attester/12?x=1", ["3"]);
      assert.equal(answer.headers.get("x-seen"), "yes");
      assert.equal(await answer.text(), 'POST /eth/v1/validator/duties/attester/12?x=1 ["3"]');
      assert.equal((await fetch(`${url}/eth/v1/node/health`)).status, 503);
    },
  );
  assert.deepEqual(Object.fromEntries(recording.answers), {
    "POST /eth/v1/validator/duties/attester/{n} 200": 1,
    "GET /eth/v1/node/health 503": 1,
  });
  assert.deepEqual(recording.failures, [{ slot: 7.25, what: "GET /eth/v1/node/health 503" }]);
});

test("recorder: what a client signed is kept, in the forms before and from Electra on", async () => {
  const data = { slot: "7" };
  const message = { slot: "7", proposer_index: "1", state_root: "0x1" };
  const recording = await recorded(
    (_, response) => response.end(),
    async (url) => {
      await send(url, "/eth/v1/beacon/pool/attestations", [{ aggregation_bits: "0x03", data }]);
      await send(url, "/eth/v2/beacon/pool/attestations", [{ attester_index: "5", data }]);
      await send(url, "/eth/v1/beacon/blocks", { message });
      await send(url, "/eth/v2/beacon/blocks", { signed_block: { message }, blobs: [] });
    },
  );
  assert.deepEqual(recording.attestations, [{ aggregation_bits: "0x03", data }]);
  assert.deepEqual(recording.singleAttestations, [{ attester_index: "5", data }]);
  assert.deepEqual(recording.blocks, [message, message]);
});

test("recorder: heads are noted with their lateness, and a stream that the target ends is cut", async () => {
  const event = (slot: number) => `event: head\ndata: {"slot":"${slot}","state":"0x1"}\n\n`;
  const recording = await recorded(
    (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`${event(6)}${event(7)}`);
    },
    async (url) => {
      assert.equal(await (await fetch(`${url}/eth/v1/events?topics=head`)).text(), `${event(6)}${event(7)}`);
    },
  );
  assert.deepEqual(recording.heads, [
    { slot: 6, after: 1.25 },
    { slot: 7, after: 0.25 },
  ]);
  assert.deepEqual(recording.streams, { opened: 1, cut: 1 });
});

test("recorder: a target that cannot be reached is a connection that breaks, not an answer", async () => {
  const recorder = await startRecorder(`http://127.0.0.1:${await freePort()}`, () => 3);
  try {
    await assert.rejects(fetch(`${recorder.url}/eth/v1/node/version`));
    assert.deepEqual([...recorder.recording.answers.keys()], ["GET /eth/v1/node/version failed (ECONNREFUSED)"]);
  } finally {
    await recorder.close();
  }
});

test("event lines: they are found however the stream is cut, also within a character", () => {
  const found: string[] = [];
  const read = lineReader((line) => found.push(line));
  const bytes = Buffer.from("event: head\r\ndata: é1\n\ndata:2\n");
  for (const byte of bytes) read(Buffer.of(byte));
  assert.deepEqual(found, [" é1", "2"]);
});
