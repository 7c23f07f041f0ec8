import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteReader, ByteStream } from "../../core/bytes.ts";
import { bytesOf, textOf } from "../../lib/latin1.ts";
import { readResponse } from "./response.ts";

const results = ['"0x1"', "null", "true", "5", '{"a":1,"id":5}', '[1,{"id":2}]', '"text with \\"id\\":1}"', "{}", '""'];
const envelopes: ((result: string) => string)[] = [
  (result) => `{"jsonrpc":"2.0","id":1,"result":${result}}`,
  (result) => `{"jsonrpc":"2.0","id":1,"result":${result}}\n`,
  (result) => `{"jsonrpc":"2.0","result":${result},"id":1}`,
  (result) => `{"result":${result},"id":1,"jsonrpc":"2.0"}`,
  (result) => `{"id":"1","jsonrpc":"2.0","result":${result}} `,
  (result) => `{ "result" : ${result} , "error" : null , "id" : 1 }`,
  (result) => `{"error":null,"result":${result},"id":null}`,
  (result) => `[{"jsonrpc":"2.0","id":1,"result":${result}}]`,
  (result) => `{"jsonrpc":"2.0","id":1,"extra":{"a":[1]},"result":${result}}`,
  (result) => `{"jsonrpc":"2.0","id":1,"result":${result},"error":null}`,
  (result) => `{"jsonrpc":"2.0","id":1,"result":${result},"error":""}`,
  (result) => `{"jsonrpc":"2.0","id":1,"result":${result},"took":1}`,
  (result) => `\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"result":${result}}`,
];

test("readResponse: the result is found in every envelope that nodes write, byte for byte", () => {
  for (const result of results) {
    for (const envelope of envelopes) {
      const text = envelope(result);
      const read = readResponse(bytesOf(text), undefined);
      assert.equal(read.kind, "result", text);
      assert.ok(read.kind === "result");
      assert.equal(textOf(read.payload).trim(), result, text);
    }
  }
});

test("readResponse: a large result comes without a copy, and is cut at the same place", () => {
  const result = `["${"a".repeat(100_000)}"]`;
  for (const envelope of envelopes) {
    const read = readResponse(bytesOf(envelope(result)), undefined);
    assert.ok(read.kind === "result");
    assert.equal(textOf(read.payload).trim(), result);
  }
});

test("readResponse: an error keeps the bytes of its object, big numbers included", () => {
  const error = '{"code":3,"message":"execution reverted","data":"0x08c379a0","n":9223372036854775809}';
  const read = readResponse(Buffer.from(`{"jsonrpc":"2.0","id":1,"error": ${error}}`), undefined);
  assert.ok(read.kind === "error");
  assert.equal(textOf(read.payload), error);
  assert.deepEqual([read.code, read.message, read.data], [3, "execution reverted", "0x08c379a0"]);
});

test("readResponse: an error is found beside a result that is null, whichever comes first", () => {
  const error = '{"code":3,"message":"execution reverted"}';
  for (const body of [
    `{"jsonrpc":"2.0","id":1,"result":null,"error":${error}}`,
    `{"result":null,"error":${error},"id":1}`,
    `{"jsonrpc":"2.0","id":1,"error":${error},"result":null}`,
  ]) {
    const read = readResponse(Buffer.from(body), undefined);
    assert.ok(read.kind === "error", body);
    assert.equal(textOf(read.payload), error);
  }
});

test("readResponse: what is no response is told apart from one", () => {
  const bodies = [
    "",
    " ",
    "<html></html>",
    "[]",
    "null",
    "1",
    "{}",
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","id":1,"result":',
  ];
  for (const body of bodies) assert.equal(readResponse(Buffer.from(body), undefined).kind, "none", body);
});

test("readResponse: a short result cut anywhere is never passed on as whole", () => {
  for (const envelope of envelopes) {
    const text = envelope('{"a":{"b":[1,"x"]},"c":"}"}').trim();
    for (let length = 0; length < text.length; length++) {
      const cut = readResponse(Buffer.from(text.slice(0, length)), undefined);
      assert.equal(cut.kind, "none", text.slice(0, length));
    }
  }
});

/** A stream of given chunks, delivered when read. */
function streamOf(chunks: readonly string[]): ByteStream {
  return {
    length: chunks.join("").length,
    read(reader) {
      for (const chunk of chunks) reader.data(Buffer.from(chunk));
      reader.end();
    },
    resume() {},
    cancel() {},
  };
}

function drain(stream: ByteStream): { text: string; failed: string | undefined; ended: boolean } {
  const seen = { text: "", failed: undefined as string | undefined, ended: false };
  const reader: ByteReader = {
    data(chunk) {
      seen.text += textOf(chunk);
      return true;
    },
    end() {
      seen.ended = true;
    },
    fail({ detail }) {
      seen.failed = detail;
    },
  };
  stream.read(reader);
  return seen;
}

test("readResponse: a streamed result ends where the result ends, however the chunks fall and wherever the id stands", () => {
  const result = JSON.stringify(Array.from({ length: 200 }, (_, index) => ({ index, id: index })));
  for (const envelope of envelopes.slice(0, 6)) {
    const text = envelope(result);
    for (const first of [64, 300, text.length - 300, text.length - 5, text.length]) {
      for (const size of [1, 7, 100, 255, 256, 257, 1_000, 100_000]) {
        const chunks = text.slice(first).match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
        const read = readResponse(Buffer.from(text.slice(0, first)), streamOf(chunks));
        assert.ok(read.kind === "result" && read.rest);
        const { text: rest, ended } = drain(read.rest);
        assert.ok(ended);
        assert.equal((textOf(read.payload) + rest).trim(), result);
        // Whoever closes the envelope with one brace has room for it in what was announced.
        assert.ok(read.payload.length + (read.rest.length ?? 0) > result.length);
      }
    }
  }
});

test("readResponse: a stream that ends before its envelope does is a failure, not a short answer", () => {
  const read = readResponse(Buffer.from('{"jsonrpc":"2.0","id":1,"result":["a'), streamOf(['","b', '","c']));
  assert.ok(read.kind === "result" && read.rest);
  const { ended, failed } = drain(read.rest);
  assert.equal(ended, false);
  assert.match(failed ?? "", /cut short/);
});
