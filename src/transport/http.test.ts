import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { ByteStream } from "../core/bytes.ts";
import type { WireRequest } from "../core/call.ts";
import type { WireResponse } from "../core/transport.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { systemClock } from "../lib/clock.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createHttpTransport, type HttpOptions } from "./http.ts";
import { closeAfter, serve, serveRaw } from "./testing.ts";

function transportTo(url: string, options: Partial<HttpOptions> = {}, clock = systemClock) {
  const transport = createHttpTransport(
    {
      url,
      headers: {},
      connections: 4,
      connectTimeoutMs: 1_000,
      stallMs: 60_000,
      responseBytes: 1_000_000,
      ...options,
    },
    clock,
  );
  closeAfter(() => void transport.close());
  return transport;
}

const request: WireRequest = {
  method: "POST",
  path: "",
  headers: { "content-type": "application/json" },
  body: Buffer.from("{}"),
};
const never = Number.POSITIVE_INFINITY;
const send = (url: string, options: Partial<HttpOptions> = {}) =>
  transportTo(url, options).send(request, new Cancellation(), never);

const whole = (handle: (response: ServerResponse) => void): Promise<string> =>
  serve((incoming, response) => {
    incoming.resume().on("end", () => handle(response));
  });

function text(stream: ByteStream): Promise<{ text: string; failed: string | undefined }> {
  return new Promise((resolve) => {
    let read = "";
    stream.read({
      data(chunk) {
        read += Buffer.from(chunk).toString();
        return true;
      },
      end: () => resolve({ text: read, failed: undefined }),
      fail: ({ detail }) => resolve({ text: read, failed: detail }),
    });
  });
}

test("http: path, query, credentials and headers of the endpoint reach it, and the call's own path is added", async () => {
  const seen: Record<string, unknown>[] = [];
  const url = await serve((incoming, response) => {
    seen.push({ url: incoming.url, authorization: incoming.headers.authorization, key: incoming.headers["x-key"] });
    incoming.resume();
    response.end("{}");
  });
  const transport = transportTo(`${url.replace("//", "//user:pa%3Ass@")}/v2/secret?apikey=k`, {
    headers: { "x-key": "1" },
  });
  await transport.send(request, new Cancellation(), never);
  await transport.send(
    { ...request, method: "GET", path: "/eth/v1/node/syncing?x=1", body: undefined },
    new Cancellation(),
    never,
  );
  const authorization = `Basic ${Buffer.from("user:pa:ss").toString("base64")}`;
  assert.deepEqual(seen, [
    { url: "/v2/secret?apikey=k", authorization, key: "1" },
    { url: "/v2/secret/eth/v1/node/syncing?x=1&apikey=k", authorization, key: "1" },
  ]);
});

test("http: a response comes whole, with status and headers, and gzip that nobody asked for is undone", async () => {
  const plain = await send(await whole((response) => response.writeHead(429, { "retry-after": "7" }).end("slow down")));
  assert.ok(plain.ok);
  assert.deepEqual(
    [plain.status, plain.header("retry-after"), Buffer.from(plain.body).toString()],
    [429, "7", "slow down"],
  );
  const zipped = await send(
    await whole((response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("hello"))),
  );
  assert.ok(zipped.ok);
  assert.equal(Buffer.from(zipped.body).toString(), "hello");
  const shouting = await send(
    await whole((response) => response.writeHead(200, { "content-encoding": "GZIP" }).end(gzipSync("hello"))),
  );
  assert.ok(shouting.ok, "names of encodings are the same in any case");
  const odd = await send(
    await whole((response) => response.writeHead(200, { "content-encoding": "constructor" }).end()),
  );
  assert.ok(!odd.ok && odd.kind === "malformed");
  const bomb = await whole((response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(2_000_000))),
  );
  const refused = await send(bomb);
  assert.equal(refused.ok, false);
});

test("http: what goes wrong on the way is a fault of the right kind", async () => {
  const cases: [string, string, string][] = [
    ["a refused connection", "http://127.0.0.1:1", "unreachable"],
    ["an unknown host", "http://no-such-host.invalid", "unreachable"],
    [
      "a connection closed after the request",
      await serveRaw((socket) => socket.once("data", () => socket.destroy())),
      "interrupted",
    ],
    [
      "bytes that are not HTTP",
      await serveRaw((socket) => socket.once("data", () => socket.end("SSH-2.0-x\r\n"))),
      "malformed",
    ],
    [
      "a body shorter than announced",
      await serveRaw((socket) =>
        socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}")),
      ),
      "interrupted",
    ],
    [
      "a chunked body without an end",
      await serveRaw((socket) =>
        socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n")),
      ),
      "interrupted",
    ],
    ["more bytes than allowed", await whole((response) => response.end(Buffer.alloc(2_000_000))), "too_large"],
  ];
  for (const [what, url, kind] of cases) {
    const outcome = await send(url);
    assert.ok(!outcome.ok, what);
    assert.ok(
      outcome.kind === kind || (kind === "interrupted" && outcome.kind === "malformed"),
      `${what}: ${outcome.kind}`,
    );
    assert.doesNotMatch(outcome.detail, /127\.0\.0\.1|invalid/, "a detail names no address");
  }
});

test("http: a cancelled request resolves at once and hangs up on the upstream", async () => {
  let hungUp = () => {};
  const closed = new Promise<void>((resolve) => {
    hungUp = resolve;
  });
  let arrived = () => {};
  const reached = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const url = await serve((incoming, response) => {
    incoming.resume().on("end", arrived);
    response.on("close", hungUp);
  });
  const cancellation = new Cancellation();
  const waiting = transportTo(url).send(request, cancellation, never);
  await reached;
  cancellation.cancel();
  const outcome = await waiting;
  assert.ok(!outcome.ok);
  assert.equal(outcome.kind, "cancelled");
  await closed;
});

test("http: what was cancelled before it began is never sent", async () => {
  let asked = 0;
  const url = await serve((incoming, response) => {
    asked++;
    incoming.resume();
    response.end("{}");
  });
  const transport = transportTo(url);
  const cancellation = new Cancellation();
  cancellation.cancel();
  assert.equal((await transport.send(request, cancellation, never)).ok, false);
  await transport.send(request, new Cancellation(), never);
  assert.equal(asked, 1);
});

test("http: a large response is handed over when it is large, and streams to its end", async () => {
  const url = await whole((response) => {
    response.write("a".repeat(3_000));
    setImmediate(() => response.end("b".repeat(3_000)));
  });
  const response = await transportTo(url).send(request, new Cancellation(), 1_000);
  assert.ok(response.ok && response.rest);
  const rest = await text(response.rest);
  assert.equal(rest.failed, undefined);
  assert.equal(Buffer.from(response.body).toString() + rest.text, "a".repeat(3_000) + "b".repeat(3_000));
});

test("http: a response that says itself to be too large is refused before any of it is passed on", async () => {
  const url = await whole((response) => {
    response.writeHead(200, { "content-length": "1000001" });
    response.write("a".repeat(3_000));
  });
  const refused = await transportTo(url).send(request, new Cancellation(), 1_000);
  assert.ok(!refused.ok);
  assert.equal(refused.kind, "too_large");
});

test("http: a stream that breaks off, stalls or grows too large fails instead of ending", async () => {
  const broken = await serve((incoming, response) => {
    incoming.resume().on("end", () => {
      response.write("a".repeat(3_000));
      setTimeout(() => response.destroy(), 20);
    });
  });
  const stalled = await whole((response) => void response.write("a".repeat(3_000)));
  const endless = await whole((response) => {
    const more = () => {
      while (!response.destroyed && response.write("a".repeat(10_000)));
    };
    response.on("drain", more);
    more();
  });
  const clock = new ManualClock();
  const streaming = async (url: string, time = systemClock): Promise<WireResponse & { rest: ByteStream }> => {
    const response = await transportTo(url, { stallMs: 5_000 }, time).send(request, new Cancellation(), 1_000);
    assert.ok(response.ok && response.rest);
    return response as WireResponse & { rest: ByteStream };
  };
  assert.match((await text((await streaming(broken)).rest)).failed ?? "", /lost/);
  const hanging = text((await streaming(stalled, clock)).rest);
  await clock.advance(6_000);
  assert.match((await hanging).failed ?? "", /stalled/);
  assert.match((await text((await streaming(endless)).rest)).failed ?? "", /larger than/);
});
