import assert from "node:assert/strict";
import { Agent, request as ask, get, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { ByteReader, ByteStream } from "../core/bytes.ts";
import { fault } from "../core/outcome.ts";
import type { Inbound, Reply } from "../core/protocol.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { boundClosing } from "./drain.ts";
import { createIngress, type FastifyInstance } from "./ingress.ts";

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers) await close();
});

type Handle = (inbound: Inbound, cancellation: Cancellation) => Reply;

/** An ingress with a network without paths at `/` and one with paths, `beacon`, which does what the test says. */
function ingress(handle: Handle, stallMs = 5_000): FastifyInstance {
  const beacon = {
    paths: true,
    handle: async (inbound: Inbound, cancellation: Cancellation) => handle(inbound, cancellation),
  };
  const chain = { handle: async () => reply("chain") };
  return createIngress({
    requestBytes: 100,
    stallMs,
    network: (name) => (name === "beacon" ? beacon : name === undefined || name === "chain" ? chain : undefined),
    beacon: () => beacon,
    names: () => ["chain", "beacon"],
    traffic: { bytesIn: 0, bytesOut: 0 },
    failed(bug) {
      throw bug;
    },
  });
}

function reply(body: string, headers: Record<string, string> = {}): Reply {
  return { status: 200, headers, body, rest: undefined, tail: "" };
}

/** Event streams as the ingress gets them, and who reads them. */
function streams() {
  const readers: ByteReader[] = [];
  const cancelled: number[] = [];
  const open = (): Reply => {
    const index = readers.length;
    let over = false;
    return {
      ...reply(":\n\n", { "content-type": "text/event-stream" }),
      rest: {
        read: (reader) => void readers.push(reader),
        resume() {},
        cancel() {
          if (over) return;
          over = true;
          cancelled.push(index);
          readers[index]?.fail(fault("cancelled", "the client left"));
        },
      },
    };
  };
  return { readers, cancelled, open };
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: "127.0.0.1", port: 0 });
  closers.push(() => app.close());
  return (app.server.address() as AddressInfo).port;
}

/** Opens an event stream, and resolves with the response when it has begun. */
function openEvents(port: number, agent?: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", path: "/eth/v1/events?topics=head", agent }, resolve).on("error", reject);
  });
}

/** Resolves with what came so far, once it is at least so much. */
function read(response: IncomingMessage, least: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    response.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.length >= least) resolve(text);
    });
    response.on("end", () => resolve(text));
  });
}

test("beacon paths: the network gets method, path, query, headers and body as they were sent, whatever their type", async () => {
  const seen: Inbound[] = [];
  const app = ingress((inbound) => {
    seen.push(inbound);
    return reply("yes");
  });
  const block = Buffer.from([0, 1, 2, 255]);
  const table: [method: "GET" | "POST", url: string, path: string, type?: string | undefined, payload?: Buffer][] = [
    ["GET", "/eth/v1/node/syncing?x=%2F&y", "/eth/v1/node/syncing?x=%2F&y"],
    ["GET", "/beacon/eth/v1/node/syncing", "/eth/v1/node/syncing"],
    ["GET", "/eth/v1/beacon/headers/", "/eth/v1/beacon/headers/"],
    ["POST", "/eth/v2/beacon/blocks", "/eth/v2/beacon/blocks", "application/octet-stream", block],
    ["POST", "/eth/v2/beacon/blocks", "/eth/v2/beacon/blocks", "application/json; charset=utf-8", block],
    ["POST", "/beacon/any/thing", "/any/thing", "text/odd", block],
    ["POST", "/beacon/any/thing", "/any/thing", undefined, block],
  ];
  for (const [method, url, path, type, payload] of table) {
    const headers = { "eth-consensus-version": "electra", ...(type && { "content-type": type }) };
    const { statusCode } = await app.inject({ method, url, headers, ...(payload && { payload }) });
    const inbound = seen.pop();
    assert.equal(statusCode, 200, url);
    assert.deepEqual(
      [inbound?.method, inbound?.path, inbound?.headers["content-type"], inbound?.headers["eth-consensus-version"]],
      [method, path, type, "electra"],
      url,
    );
    assert.deepEqual(Buffer.from(inbound?.body ?? []), payload ?? Buffer.alloc(0), url);
  }
});

test("beacon paths: a block with many blobs fits, plain or packed, where a call to a chain of the same size does not", async () => {
  const app = ingress(({ body }) => reply(`${body.length}`));
  const block = Buffer.alloc(11_000_000, "0123456789");
  const url = "/eth/v2/beacon/blocks";
  const packed = (encoding: string, payload: Buffer) => ({ payload, headers: { "content-encoding": encoding } });
  for (const sent of [{ payload: block }, packed("gzip", gzipSync(block)), packed("zstd", zstdCompressSync(block))]) {
    assert.equal((await app.inject({ method: "POST", url, ...sent })).payload, "11000000");
  }
  const larger = Buffer.alloc(16 * 1024 * 1024 + 1);
  for (const sent of [
    { payload: larger },
    packed("gzip", gzipSync(larger)),
    packed("zstd", zstdCompressSync(larger)),
  ]) {
    const { statusCode, payload } = await app.inject({ method: "POST", url, ...sent });
    assert.deepEqual([statusCode, JSON.parse(payload).code], [413, 413]);
  }
  assert.equal((await app.inject({ method: "POST", url: "/chain", payload: block })).statusCode, 413);
  assert.equal((await app.inject({ method: "POST", url: "/unknown/x", payload: block })).statusCode, 404);
});

test("beacon paths: what goes wrong is told in the shape of beacon errors, to those who call paths and to no others", async () => {
  const app = ingress(() => reply("yes"));
  const table: [method: "GET" | "PUT" | "DELETE", url: string, status: number, code: number | undefined][] = [
    ["PUT", "/eth/v1/node/health", 405, 405],
    ["DELETE", "/beacon/eth/v1/keystores", 405, 405],
    ["PUT", "/chain", 405, undefined],
    ["GET", "/chain/eth/v1/node/health", 404, undefined],
  ];
  for (const [method, url, status, code] of table) {
    const { statusCode, payload } = await app.inject({ method, url });
    assert.deepEqual([statusCode, JSON.parse(payload).code], [status, code], `${method} ${url}`);
  }
});

test("beacon paths: HEAD gets the headers of what GET would get, and no body; a stream is not kept open for it", async () => {
  const { open, readers, cancelled } = streams();
  const methods: string[] = [];
  const app = ingress((inbound) => {
    methods.push(inbound.method);
    return inbound.path.startsWith("/eth/v1/events") ? open() : reply("12345", { "eth-consensus-version": "fulu" });
  });
  const { statusCode, headers, payload } = await app.inject({ method: "HEAD", url: "/eth/v1/x" });
  assert.deepEqual([statusCode, headers["content-length"], headers["eth-consensus-version"]], [200, "5", "fulu"]);
  assert.equal(payload, "");
  assert.equal((await app.inject({ method: "HEAD", url: "/eth/v1/events" })).statusCode, 200);
  assert.deepEqual([methods, readers.length, cancelled], [["GET", "GET"], 0, [0]]);
});

test("beacon paths: a page can read every eth- header of a reply", async () => {
  const app = ingress(() => reply("", { "eth-consensus-version": "fulu", "eth-builder-url": "x", "x-other": "y" }));
  const { headers } = await app.inject({ url: "/eth/v1/x", headers: { origin: "https://explorer.example" } });
  const exposed = String(headers["access-control-expose-headers"]).split(", ");
  for (const name of [
    "eth-consensus-version",
    "eth-builder-url",
    "content-type",
    "retry-after",
    "x-breakwater-upstream",
  ]) {
    assert.ok(exposed.includes(name), name);
  }
  assert.ok(!exposed.includes("x-other"));
});

test("event streams: a client gets the headers and the first comment at once, events one by one, and is missed when it leaves", async () => {
  const { open, readers, cancelled } = streams();
  const left = Promise.withResolvers<void>();
  const app = ingress((_, cancellation) => {
    cancellation.onCancel({ cancel: left.resolve });
    return open();
  });
  const response = await openEvents(await listen(app));
  assert.equal(response.headers["content-type"], "text/event-stream");
  assert.equal(response.headers["content-length"], undefined);
  const event = "event: head\ndata: 1\n\n";
  assert.equal(await read(response, 3), ":\n\n");
  const next = read(response, event.length);
  readers[0]?.data(Buffer.from(event));
  assert.equal(await next, event);
  response.destroy();
  await left.promise;
  assert.deepEqual(cancelled, [0]);
});

test("event streams: one that is silent for longer than a large reply may be goes on", async () => {
  const { open, readers } = streams();
  const app = ingress(open, 20);
  const silent = new Promise<void>((resolve) => {
    app.server.on("connection", (socket: Socket) => socket.once("timeout", resolve));
  });
  const response = await openEvents(await listen(app));
  await silent;
  const next = read(response, 6);
  readers[0]?.data(Buffer.from("data\n\n"));
  assert.ok((await next).endsWith("data\n\n"));
  response.destroy();
});

test("event streams: of what a client does not read little is taken in, and it is given up when it takes nothing for long", async () => {
  const chunk = Buffer.alloc(1_000_000, "x");
  let sent = 0;
  let reader: ByteReader | undefined;
  const pump = (): void => {
    while (reader?.data(chunk)) sent++;
  };
  const left = Promise.withResolvers<void>();
  const rest: ByteStream = {
    read(one) {
      reader = one;
      pump();
    },
    resume: pump,
    cancel() {
      reader = undefined;
      left.resolve();
    },
  };
  const app = ingress(() => ({ ...reply(":\n\n", { "content-type": "text/event-stream" }), rest }), 50);
  const client = connect(await listen(app), "127.0.0.1").on("error", () => {});
  client.pause().write("GET /eth/v1/events HTTP/1.1\r\nhost: x\r\n\r\n");
  await left.promise;
  assert.ok(sent < 30, `${sent} MB were taken in`);
  client.destroy();
});

test("event streams: a server that closes ends them at once, so that clients come back elsewhere and the drain does not wait", async () => {
  const { open, cancelled, readers } = streams();
  const app = ingress(open);
  const clock = new ManualClock();
  boundClosing(app, clock, 10_000);
  const port = await listen(app);
  const agent = new Agent({ keepAlive: true });
  // One at a time, so that it is known whose reader is whose.
  const [plain, kept, behind] = [await openEvents(port), await openEvents(port, agent), await openEvents(port)];
  const backlog = Buffer.alloc(8_000_000, "x");
  readers[2]?.data(backlog);
  const texts = Promise.all([read(plain, Number.POSITIVE_INFINITY), read(kept, Number.POSITIVE_INFINITY)]);
  const closed = app.close();
  assert.deepEqual(await texts, [":\n\n", ":\n\n"], "whole to the end, not broken off");
  assert.deepEqual(cancelled.toSorted(), [0, 1, 2]);
  const rest = await read(behind, Number.POSITIVE_INFINITY);
  assert.deepEqual([rest.length, behind.complete], [3 + backlog.length, true], "who is behind still gets its events");
  // Connections that became idle are closed with the next sweep.
  await clock.advance(250);
  await closed;
  agent.destroy();
});

test("event streams: one that is asked for while the server closes is sent elsewhere", async () => {
  const { open, readers } = streams();
  const asked = Promise.withResolvers<void>();
  const wait = Promise.withResolvers<void>();
  const app = createIngress({
    requestBytes: 100,
    stallMs: 1_000,
    network: () => ({
      paths: true,
      handle: () => {
        asked.resolve();
        return wait.promise.then(open);
      },
    }),
    names: () => [],
    traffic: { bytesIn: 0, bytesOut: 0 },
    failed: (error) => assert.fail(error as Error),
  });
  const port = await listen(app);
  const answered = new Promise<IncomingMessage>((resolve) => {
    ask({ port, host: "127.0.0.1", path: "/eth/v1/events" }, resolve).end();
  });
  await asked.promise;
  const closed = app.close();
  while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
  wait.resolve();
  const response = await answered;
  response.resume();
  assert.deepEqual(
    [response.statusCode, response.headers["retry-after"], response.headers.connection, readers.length],
    [503, "1", "close", 0],
  );
  await closed;
});
