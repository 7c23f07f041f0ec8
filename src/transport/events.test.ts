import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { WireRequest } from "../core/call.ts";
import type { Fault } from "../core/outcome.ts";
import type { EventReader, Subscription } from "../core/stream.ts";
import type { Transport } from "../core/transport.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createHttpTransport } from "./http.ts";
import { closeAfter, serve, serveRaw } from "./testing.ts";

function transportTo(url: string, clock: Clock = systemClock): Transport {
  const transport = createHttpTransport(
    { url, headers: {}, connections: 1, connectTimeoutMs: 1_000, stallMs: 50, responseBytes: 1_000 },
    clock,
  );
  closeAfter(() => void transport.close());
  return transport;
}

const request: WireRequest = {
  method: "GET",
  path: "/eth/v1/events?topics=head",
  headers: { accept: "text/event-stream" },
  body: undefined,
};

/** Everything that a reader hears, one line each, and a way to wait for a line. */
function listen(transport: Transport, onEvent: (subscription: Subscription) => void = () => {}) {
  const lines: string[] = [];
  const waiting: { readonly line: RegExp; readonly resolve: () => void }[] = [];
  let why: Fault | undefined;
  const say = (line: string): void => {
    lines.push(line);
    for (const one of waiting) if (one.line.test(line)) one.resolve();
  };
  const reader: EventReader = {
    opened: () => say("opened"),
    event({ event, data }) {
      say(`${event} ${data}`);
      onEvent(subscription);
    },
    alive: () => {},
    ended(fault) {
      why = fault;
      say(`ended ${fault.kind}`);
    },
  };
  const subscription = transport.subscribe(request, reader);
  const heard = (line: RegExp): Promise<void> =>
    lines.some((one) => line.test(one)) ? Promise.resolve() : new Promise((resolve) => waiting.push({ line, resolve }));
  return { subscription, lines, heard, why: () => why };
}

const open = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { "content-type": "text/event-stream;charset=utf-8" });

test("events: what a node tells is heard in order, with the endpoint's own path, credentials and key", async () => {
  const seen: unknown[] = [];
  const url = await serve((incoming, response) => {
    seen.push([incoming.method, incoming.url, incoming.headers.authorization, incoming.headers.accept]);
    open(response).write(":\n\nevent: head\nda");
    setImmediate(() => response.end('ta: {"slot":"1"}\n\nevent: block\ndata: 2\n\nevent: cut off\ndata'));
  });
  const { heard, lines } = listen(transportTo(`${url.replace("//", "//user:pass@")}/secret?apikey=k`));
  await heard(/ended/);
  assert.deepEqual(lines, ["opened", 'head {"slot":"1"}', "block 2", "ended interrupted"]);
  const authorization = `Basic ${Buffer.from("user:pass").toString("base64")}`;
  assert.deepEqual(seen, [["GET", "/secret/eth/v1/events?topics=head&apikey=k", authorization, "text/event-stream"]]);
});

test("events: whatever is no event stream ends with a fault that says why, and names neither address nor key", async () => {
  const answering = (status: number, headers: Record<string, string> = {}, body: string | Buffer = "secret") =>
    serve((_, response) => response.writeHead(status, headers).end(body));
  const stream = { "content-type": "text/event-stream" };
  const table: [name: string, url: string, kind: string, retryAfterMs?: number][] = [
    ["topics that it does not have", await answering(400), "doubtful_request"],
    ["a path that it does not have", await answering(404), "doubtful_request"],
    ["no event streams", await answering(501), "unsupported"],
    ["a wrong key", await answering(401), "unauthorized"],
    ["too many", await answering(429, { "retry-after": "7" }), "rate_limited", 7_000],
    ["a node that starts", await answering(503), "not_ready"],
    ["a node in trouble", await answering(500), "server_error"],
    ["a redirection", await answering(302, { ...stream, location: "http://127.0.0.1:1/" }), "malformed"],
    ["another kind of success", await answering(202, stream), "malformed"],
    ["a page", await answering(200, { "content-type": "text/html" }), "malformed"],
    [
      "what nobody asked to be packed",
      await answering(200, { ...stream, "content-encoding": "gzip" }, gzipSync("data: 1\n\n")),
      "malformed",
    ],
    ["nobody there", "http://127.0.0.1:1", "unreachable"],
    ["an unknown host", "http://no-such-host.invalid", "unreachable"],
    [
      "a hang-up instead of an answer",
      await serveRaw((socket) => socket.once("data", () => socket.destroy())),
      "interrupted",
    ],
    [
      "what is not HTTP",
      await serveRaw((socket) => socket.once("data", () => socket.end("SSH-2.0-x\r\n"))),
      "malformed",
    ],
    [
      "a hang-up in the middle",
      await serveRaw((socket) =>
        socket.once("data", () =>
          socket.end(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n3\r\n:\n\n\r\n",
          ),
        ),
      ),
      "interrupted",
    ],
  ];
  for (const [name, url, kind, retryAfterMs] of table) {
    const { heard, lines, why } = listen(transportTo(`${url}/secret`));
    await heard(/ended/);
    assert.equal(lines.at(-1), `ended ${kind}`, name);
    assert.equal(lines.filter((line) => line.startsWith("ended")).length, 1, `${name}: told once`);
    assert.doesNotMatch(why()?.detail ?? "", /127\.0\.0\.1|invalid|secret/, name);
    assert.equal(why()?.retryAfterMs, retryAfterMs, name);
  }
});

test("events: streams take none of the connections that calls have, and each goes on beyond every limit of a call", async () => {
  const streams: ServerResponse[] = [];
  const url = await serve((incoming, response) => {
    incoming.resume();
    if (incoming.url?.startsWith("/eth/v1/events")) streams.push(open(response));
    else response.end("{}");
    streams.at(-1)?.write(":\n\n");
  });
  const clock = new ManualClock();
  const transport = transportTo(url, clock);
  const first = listen(transport);
  const second = listen(transport);
  await Promise.all([first.heard(/opened/), second.heard(/opened/)]);
  const reply = await transport.send({ ...request, path: "" }, new Cancellation(), Number.POSITIVE_INFINITY);
  assert.ok(reply.ok, "a call finds its connection");
  // More than a call's answer may have, after more silence than its answer may have.
  await clock.advance(3_600_000);
  for (const stream of streams) stream.write(`data: ${"x".repeat(5_000)}\n\ndata: last\n\n`);
  await Promise.all([first.heard(/last/), second.heard(/last/)]);
  assert.deepEqual([first.why(), second.why()], [undefined, undefined]);
});

test("events: whoever closes a stream hears nothing more, not even the rest of the same chunk, and the node sees the end", async () => {
  const hungUp = Promise.withResolvers<void>();
  const url = await serve((_, response) => {
    response.on("close", hungUp.resolve);
    open(response).write("data: 1\n\ndata: 2\n\n");
  });
  const { heard, lines } = listen(transportTo(url), (subscription) => subscription.close());
  await heard(/message 1/);
  await hungUp.promise;
  assert.deepEqual(lines, ["opened", "message 1"]);
});

test("events: a stream that is closed at once is never opened, and one that a transport is closed over is let go", async () => {
  let asked = 0;
  const hungUp = Promise.withResolvers<void>();
  const url = await serve((_, response) => {
    asked++;
    response.on("close", hungUp.resolve);
    open(response).write(":\n\n");
  });
  const transport = transportTo(url);
  const never = listen(transport);
  never.subscription.close();
  const { heard, lines } = listen(transport);
  await heard(/opened/);
  await transport.close();
  await hungUp.promise;
  assert.deepEqual([asked, never.lines, lines], [1, [], ["opened"]]);
});
