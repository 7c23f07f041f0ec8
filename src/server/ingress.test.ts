import assert from "node:assert/strict";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { InjectOptions } from "fastify";
import type { ByteStream } from "../core/bytes.ts";
import type { Reply } from "../core/protocol.ts";
import { createIngress } from "./ingress.ts";

function unexpected(bug: unknown): never {
  throw bug;
}

/** An ingress whose one network, `known`, does with a request's text what the test says. */
function ingress(
  handle: (text: string) => Promise<Reply>,
  failed: (bug: unknown) => void = unexpected,
  stallMs = 5_000,
) {
  return createIngress({
    requestBytes: 100,
    stallMs,
    network: (name) =>
      name === undefined || name === "known"
        ? { handle: ({ body }) => handle(Buffer.from(body).toString()) }
        : undefined,
    names: () => ["known"],
    traffic: { bytesIn: 0, bytesOut: 0 },
    failed,
  });
}

const echo = (text: string): Promise<Reply> =>
  Promise.resolve({ status: 200, headers: {}, body: text, rest: undefined, tail: "" });

test("ingress: what cannot be a call is refused in the shape of an error, with a status, a reason and what is allowed", async () => {
  const app = ingress(echo);
  const plain = "x".repeat(100);
  const cases: [string, InjectOptions, number, string][] = [
    ["a body at the limit", { payload: plain }, 200, plain],
    ["a body over it", { payload: `${plain}x` }, 413, "request_too_large"],
    ["gzip in capitals", { payload: gzipSync("yes"), headers: { "content-encoding": "GZIP" } }, 200, "yes"],
    [
      "gzip that grows over the limit",
      { payload: gzipSync(`${plain}x`), headers: { "content-encoding": "gzip" } },
      413,
      "request_too_large",
    ],
    ["zstd", { payload: zstdCompressSync("yes"), headers: { "content-encoding": "zstd" } }, 200, "yes"],
    [
      "zstd that grows over the limit",
      { payload: zstdCompressSync(`${plain}x`), headers: { "content-encoding": "zstd" } },
      413,
      "request_too_large",
    ],
    ["what is no zstd", { payload: "yes", headers: { "content-encoding": "zstd" } }, 400, "bad_zstd"],
    ["a path behind a name that has none", { url: "/known/eth/v1/node/health" }, 404, "unknown_network"],
    ["what is no gzip", { payload: "yes", headers: { "content-encoding": "gzip" } }, 400, "bad_gzip"],
    ["another encoding", { payload: "yes", headers: { "content-encoding": "br" } }, 415, "unsupported_encoding"],
    ["no body", {}, 200, ""],
    ["a name that is known", { url: "/known/?x=1", payload: "yes" }, 200, "yes"],
    ["a name that is not", { url: "/constructor" }, 404, "unknown_network"],
    ["a path that cannot be decoded", { url: "/%zz" }, 404, "unknown_network"],
    ["a path longer than any name", { url: `/${"a".repeat(200)}` }, 404, "unknown_network"],
    ["another method", { method: "PUT", payload: "yes" }, 405, "method_not_allowed"],
  ];
  for (const [name, options, status, expected] of cases) {
    const { statusCode, payload, headers } = await app.inject({ method: "POST", url: "/", ...options });
    assert.equal(statusCode, status, name);
    if (status === 200) {
      assert.equal(payload, expected, name);
      continue;
    }
    const { id, error } = JSON.parse(payload);
    assert.deepEqual([id, error.code, error.data.reason, error.data.retryable], [null, -32600, expected, false], name);
    assert.equal(headers["allow"] !== undefined, status === 405, name);
  }
});

test("ingress: a streamed reply of a known length is not cut into frames, and one that turns out shorter is filled up with spaces", async () => {
  const app = ingress((text) => {
    const rest: ByteStream = {
      read(reader) {
        reader.data(Buffer.from("23"));
        reader.end();
      },
      resume() {},
      cancel() {},
    };
    return Promise.resolve({
      status: 200,
      headers: {},
      body: "[1",
      rest,
      tail: "]",
      length: Number(text) || undefined,
    });
  });
  const table: [length: string, header: string | undefined, payload: string][] = [
    ["5", "5", "[123]"],
    ["9", "9", "[123]    "],
    ["", undefined, "[123]"],
  ];
  for (const [length, header, expected] of table) {
    const { headers, payload } = await app.inject({ method: "POST", url: "/", payload: length });
    assert.deepEqual([headers["content-length"], payload], [header, expected], `length ${length}`);
  }
});

test("ingress: pages from anywhere may call, with whatever headers they ask for, and read what is said in ours", async () => {
  const app = ingress(echo);
  const origin = "https://dapp.example";
  const asking = {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "x-any, content-type",
  };
  for (const url of ["/", "/known"]) {
    const preflight = await app.inject({ method: "OPTIONS", url, headers: asking });
    assert.equal(preflight.statusCode, 204);
    assert.equal(preflight.headers["access-control-allow-origin"], "*");
    assert.match(String(preflight.headers["access-control-allow-methods"]), /POST/);
    assert.equal(preflight.headers["access-control-allow-headers"], "x-any, content-type");
  }
  for (const url of ["/", "/unknown"]) {
    const { headers } = await app.inject({ method: "POST", url, headers: { origin }, payload: "yes" });
    assert.equal(headers["access-control-allow-origin"], "*", "refusals can be read too");
    assert.match(String(headers["access-control-expose-headers"]), /x-breakwater-upstream.*retry-after/);
  }
});

test("ingress: a bug that one request meets is told, answered with 500 and does not hurt the next", async () => {
  const bugs: unknown[] = [];
  const app = ingress(
    (text) => {
      if (text === "throw") throw new Error("secret detail");
      return text === "reject" ? Promise.reject(new Error("secret detail")) : echo(text);
    },
    (bug) => bugs.push(bug),
  );
  for (const payload of ["throw", "reject"]) {
    const reply = await app.inject({ method: "POST", url: "/", payload });
    assert.equal(reply.statusCode, 500);
    assert.equal(JSON.parse(reply.payload).error.data.reason, "internal_error");
    assert.doesNotMatch(reply.payload, /secret/);
  }
  assert.equal(bugs.length, 2);
  assert.equal((await app.inject({ method: "POST", url: "/", payload: "yes" })).payload, "yes");
});

test("ingress: a client that does not read its large reply is given up, one that reads gets all of it", async () => {
  const body = Buffer.alloc(30_000_000, "x");
  const large = () => Promise.resolve({ status: 200, headers: {}, body, rest: undefined, tail: "" });
  const strict = ingress(large, unexpected, 50);
  const gone = new Promise((resolve) => {
    strict.server.once("connection", (socket) => socket.once("close", resolve));
  });
  const url = await strict.listen({ host: "127.0.0.1", port: 0 });
  const client = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
  client.pause().write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
  await gone;
  client.destroy();
  await strict.close();
  const lenient = ingress(large);
  const reply = await fetch(await lenient.listen({ host: "127.0.0.1", port: 0 }), { method: "POST" });
  assert.equal((await reply.arrayBuffer()).byteLength, body.length);
  await lenient.close();
});

test("ingress: a call under way when it closes is answered, and its connection is not kept alive", async () => {
  let answer: (reply: Reply) => void = () => {};
  const app = createIngress({
    requestBytes: 1_024,
    stallMs: 1_000,
    network: () => ({
      handle: () => {
        queueMicrotask(() => asked.resolve());
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    }),
    names: () => [],
    traffic: { bytesIn: 0, bytesOut: 0 },
    failed: (error) => assert.fail(error as Error),
  });
  const asked = Promise.withResolvers<void>();
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const agent = new Agent({ keepAlive: true });
  const answered = Promise.withResolvers<string | undefined>();
  request(url, { method: "POST", agent }, (response) => {
    response.resume().on("end", () => answered.resolve(response.headers.connection));
  }).end("{}");
  await asked.promise;
  const closed = app.close();
  while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
  answer({ status: 200, headers: {}, body: "{}", rest: undefined, tail: "" });
  assert.equal(await answered.promise, "close");
  await closed;
  agent.destroy();
});

test("ingress: a large reply on its way to a slow client when it closes comes whole", async () => {
  const body = Buffer.alloc(30_000_000, "x");
  const app = ingress(() => Promise.resolve({ status: 200, headers: {}, body, rest: undefined, tail: "" }));
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const response = await new Promise<IncomingMessage>((resolve) => {
    request(url, { method: "POST", agent: false }, resolve).end();
  });
  const closed = app.close();
  while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
  let bytes = 0;
  const ended = new Promise((resolve) => response.on("close", resolve));
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  response.on("error", () => {});
  await ended;
  assert.deepEqual([bytes, response.complete], [body.length, true]);
  await closed;
});
