import assert from "node:assert/strict";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Running, startBreakwater } from "../support/breakwater.ts";
import { RawClient, requestBytes } from "../support/raw-client.ts";
import { type Exchange, RawUpstream } from "../support/raw-upstream.ts";

const key = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/** Every attempt is seen by itself: nothing is asked twice. */
function configFor(upstream: RawUpstream): string {
  return `log: { level: debug, sampleCalls: 100% }
limits: { requestBytes: 64KiB }
networks:
  ethereum:
    chain: 1
    policies: { retry: false, hedge: false, deadline: 5s }
    breaker: false
    upstreams:
      - { id: raw, url: "${upstream.url}/v2/${key}", provider: home }
`;
}

const call = (id: string, method = "eth_call", params = "[]") =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
const answered = (id: string, result: string) => `{"jsonrpc":"2.0","id":${id},"result":${result}}`;

/** Looks again until it is so; a test that waits for what never comes runs into the runner's time limit. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("ingress end to end, over real sockets", { timeout: 60_000 }, () => {
  let upstream: RawUpstream;
  let proxy: Running;

  before(async () => {
    upstream = await RawUpstream.start();
    proxy = await startBreakwater(configFor(upstream));
  });

  after(async () => {
    await proxy?.stop();
    upstream?.stop();
  });

  async function inFlight(): Promise<number> {
    const status = await (await fetch(`${proxy.admin}/api/status`)).text();
    return Number(/"inFlight":(\d+)/.exec(status)?.[1]);
  }

  /** Begins a call with node's own client, which reads the response when the test says so. */
  function begin(body: string): { sent: ClientRequest; response: Promise<IncomingMessage> } {
    const sent = request(proxy.url, { method: "POST" });
    const response = new Promise<IncomingMessage>((resolve, reject) =>
      sent.on("response", resolve).on("error", reject),
    );
    sent.end(body);
    return { sent, response };
  }

  test("framing: one connection carries refusals and calls of every shape, and stays usable", async () => {
    const client = new RawClient(proxy.url);
    const plain = call("7", "eth_call", '["x"]');
    const good = answered("7", '["x","0x64"]');
    const gzip = { "content-encoding": "gzip" };
    const chunked = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    const cases: [string, string | Uint8Array, number, string | RegExp][] = [
      ["a call", requestBytes(plain), 200, good],
      ["no JSON", requestBytes("{"), 200, /-32700/],
      ["a byte order mark and space before a batch", requestBytes(`\xef\xbb\xbf \n[${plain}]`), 200, `[${good}]`],
      ["gzip", requestBytes(gzipSync(plain), { headers: gzip }), 200, good],
      ["gzip that is none", requestBytes("hello", { headers: gzip }), 400, /bad_gzip/],
      ["gzip that bursts", requestBytes(gzipSync(Buffer.alloc(70_000)), { headers: gzip }), 413, /request_too_large/],
      ["a body over the limit", requestBytes("x".repeat(70_000)), 413, /request_too_large/],
      [
        "chunks",
        `${chunked}5\r\n${plain.slice(0, 5)}\r\n${(plain.length - 5).toString(16)}\r\n${plain.slice(5)}\r\n0\r\n\r\n`,
        200,
        good,
      ],
      ["a query and a slash", requestBytes(plain, { path: "/ethereum/?key=1" }), 200, good],
      ["an unknown network", requestBytes(plain, { path: "/nope" }), 404, /unknown_network/],
      ["another method", requestBytes(plain, { method: "PUT" }), 405, /method_not_allowed/],
      ["a notification", requestBytes('{"jsonrpc":"2.0","method":"eth_call","params":["x"]}'), 204, ""],
      ["a page asking first", requestBytes("", { method: "OPTIONS", headers: { origin: "https://a.b" } }), 204, ""],
      ["the call again", requestBytes(plain), 200, good],
    ];
    for (const [name, bytes, status, expected] of cases) {
      const reply = await client.ask(bytes);
      assert.equal(reply?.status, status, name);
      if (typeof expected === "string") assert.equal(reply?.body, expected, name);
      else assert.match(reply?.body ?? "", expected, name);
    }
    client.socket.destroy();
  });

  test("pipelining: answers come in the order of the questions, however long each takes", async () => {
    upstream.scripts.set("eth_call", ({ params, result }) => setTimeout(() => result(params), 20));
    upstream.scripts.set("eth_getCode", ({ result }) => result("fast"));
    const client = new RawClient(proxy.url);
    client.socket.write(
      Buffer.concat([call("1"), call("2", "eth_getCode"), "{", call("3")].map((body) => requestBytes(body))),
    );
    const replies = await client.replies(4);
    assert.deepEqual(
      replies.map(({ body }) => /"id":(\w+)/.exec(body)?.[1]),
      ["1", "2", "null", "3"],
    );
    client.socket.destroy();
    upstream.scripts.clear();
  });

  const ok = '{"jsonrpc":"2.0","id":1,"result":"0x1"}';
  const html = { headers: { "content-type": "text/html" } };
  const quirks: [string, (exchange: Exchange) => void, string][] = [
    ["a batch of one", ({ reply }) => reply(`[${ok}]`), '"0x1"'],
    [
      "error: null behind the result",
      ({ reply }) => reply('{"jsonrpc":"2.0","id":1,"result":"0x1","error":null}'),
      '"0x1"',
    ],
    ["the id last, and a new line", ({ reply }) => reply('{"jsonrpc":"2.0","result":"0x1","id":1}\n'), '"0x1"'],
    ["no id", ({ reply }) => reply('{"jsonrpc":"2.0","result":"0x1"}'), '"0x1"'],
    ["a byte order mark", ({ reply }) => reply(`\ufeff${ok}`), '"0x1"'],
    ["gzip unasked", ({ reply }) => reply(gzipSync(ok), { headers: { "content-encoding": "gzip" } }), '"0x1"'],
    ["a result with HTTP 500", ({ reply }) => reply(ok, { status: 500 }), '"0x1"'],
    [
      "early hints",
      ({ socket, reply }) => [socket.write("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"), reply(ok)],
      '"0x1"',
    ],
    ["no length, but an end", ({ socket }) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${ok}`), '"0x1"'],
    ["a page with HTTP 200", ({ reply }) => reply("<html>", html), "malformed"],
    ["nothing", ({ reply }) => reply(""), "malformed"],
    ["a body cut, its length right", ({ reply }) => reply(ok.slice(0, -3)), "malformed"],
    [
      "a body cut, its length wrong",
      ({ socket }) => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${ok}`),
      "interrupted",
    ],
    [
      "a redirect",
      ({ reply }) => reply("", { status: 302, headers: { location: "http://127.0.0.1:1/" } }),
      "malformed",
    ],
    ["no HTTP", ({ socket }) => socket.end("SSH-2.0-x\r\n"), "malformed"],
    ["a reset", ({ socket }) => socket.resetAndDestroy(), "interrupted"],
    ["its own key in an error", ({ reply }) => reply(`{"id":1,"error":{"code":7,"message":"no ${key}"}}`), "no ***"],
  ];

  test("quirks: what upstreams write is read for what it means, and told with a reason when it means nothing", async () => {
    const client = new RawClient(proxy.url);
    for (const [name, script, expected] of quirks) {
      upstream.scripts.set("eth_call", script);
      const { body = "" } = (await client.ask(requestBytes(call('"q"')))) ?? {};
      const { result, error } = JSON.parse(body);
      assert.equal(error?.data?.reason ?? error?.message ?? JSON.stringify(result), expected, `${name}: ${body}`);
      assert.equal(error?.data?.retryable ?? true, true, name);
    }
    client.socket.destroy();
    upstream.scripts.clear();
  });

  test("large answers: of every size around the bound of streaming they come whole, the id of the client in front", async () => {
    for (const size of [65_000, 65_480, 65_500, 65_536, 65_600, 66_000, 131_000, 131_072, 200_000, 3_000_000]) {
      const text = "a".repeat(size);
      upstream.scripts.set("eth_call", ({ result }) => result(text));
      const { response } = begin(call('"big"'));
      let body = "";
      for await (const chunk of await response) body += chunk;
      assert.ok(body === answered('"big"', `"${text}"`), `size ${size}, got ${body.length}`);
    }
    upstream.scripts.clear();
  });

  test("streaming: a client that pauses stops the upstream, and one that leaves frees it", async () => {
    let written = 0;
    const endless = ({ socket }: Exchange) => {
      const chunk = "a".repeat(65_536);
      socket.write('HTTP/1.1 200 OK\r\n\r\n{"jsonrpc":"2.0","id":1,"result":"');
      const more = () => {
        for (let flows = true; flows && !socket.destroyed; written += chunk.length) flows = socket.write(chunk);
      };
      socket.on("drain", more);
      more();
    };
    upstream.scripts.set("eth_call", endless);
    const { sent, response } = begin(call("1"));
    const incoming = await response;
    incoming.on("error", () => {}).pause();
    let before = -1;
    await until(async () => {
      if (before === written) return true;
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return false;
    });
    assert.ok(written < 60_000_000, `${written} bytes wait for a client that reads none`);
    assert.equal(await inFlight(), 1);
    incoming.resume();
    await until(() => written > before + 1_000_000);
    sent.destroy();
    await until(async () => (await inFlight()) === 0);
    upstream.scripts.clear();
  });

  test("streaming: an upstream that breaks off amid its body breaks the client's off too, and never ends it well", async () => {
    upstream.scripts.set("eth_call", ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n${answered("1", `"${"a".repeat(200_000)}`)}`);
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    const { response } = begin(call("1"));
    const incoming = (await response).resume();
    await assert.rejects(new Promise((resolve, reject) => incoming.on("end", resolve).on("error", reject)), /aborted/);
    assert.equal(await inFlight(), 0);
    upstream.scripts.clear();
  });

  test("leaving: upstreams are freed, whoever shares the call keeps it, and a batch left alone asks no further", async () => {
    const held: Exchange[] = [];
    for (const method of ["eth_call", "eth_sendRawTransaction"]) upstream.scripts.set(method, (one) => held.push(one));
    const leaver = begin(call("1"));
    leaver.response.catch(() => {});
    await until(() => held.length === 1);
    const stayer = new RawClient(proxy.url);
    stayer.socket.write(Buffer.concat([call("2"), call("3", "eth_mining")].map((body) => requestBytes(body))));
    await until(() => upstream.calls.has("eth_mining"));
    leaver.sent.destroy();
    const writes = Array.from({ length: 60 }, (_, index) =>
      call(`${index}`, "eth_sendRawTransaction", `["0x${index}"]`),
    );
    const batch = begin(`[${writes}]`);
    batch.response.catch(() => {});
    await until(() => held.length === 33);
    batch.sent.destroy();
    await until(async () => (await inFlight()) === 1);
    held[0]?.result("0x1");
    assert.equal((await stayer.replies(1))[0]?.body, answered("2", '"0x1"'));
    assert.equal(await inFlight(), 0);
    assert.equal(held.length, 33, "one call for two clients, and none for those who had left");
    stayer.socket.destroy();
    upstream.scripts.clear();
  });

  test("secrets: the key of the upstream is nowhere to be read", async () => {
    upstream.scripts.set("eth_call", ({ reply }) =>
      reply(`{"id":1,"error":{"code":-32000,"message":"dial /v2/${key}"}}`),
    );
    const explained = await fetch(proxy.url, {
      method: "POST",
      body: call("1"),
      headers: { "x-breakwater-explain": "1" },
    });
    const texts = [JSON.stringify([...explained.headers]), await explained.text(), proxy.output()];
    for (const path of ["/metrics", "/api/status", "/", "/readyz"])
      texts.push(await (await fetch(proxy.admin + path)).text());
    assert.deepEqual(
      texts.filter((text) => text.includes(key)),
      [],
    );
    assert.match(texts[0] as string, /dial \/v2\/\*\*\*/, "the error was there to be hidden");
    upstream.scripts.clear();
  });

  test("SIGTERM: what is under way is answered, a stream to its end, and no silent client holds the process up", async () => {
    const own = await startBreakwater(configFor(upstream));
    const held: Exchange[] = [];
    upstream.scripts.set("eth_getCode", (one) => held.push(one));
    upstream.scripts.set("eth_call", (one) => {
      held.push(one);
      one.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 200036\r\n\r\n{"jsonrpc":"2.0","id":1,"result":"');
      one.socket.write("a".repeat(100_000));
    });
    const silent = connect(Number(new URL(own.url).port), "127.0.0.1").on("error", () => {});
    const idle = new RawClient(own.url);
    await idle.ask(requestBytes(call("1", "eth_gasPrice")));
    const waiting = new RawClient(own.url);
    waiting.socket.write(requestBytes(call("1", "eth_getCode")));
    const streaming = fetch(own.url, { method: "POST", body: call("1") });
    await until(() => held.length === 2);
    const reader = (await streaming).text();
    const ended = own.stop();
    await until(() => idle.socket.closed && silent.closed);
    for (const { method, socket, result } of held) {
      if (method === "eth_getCode") result("late");
      else socket.write(`${"a".repeat(100_000)}"}`);
    }
    assert.match((await waiting.replies(1))[0]?.body ?? "", /"late"/);
    assert.equal((await reader).length, 200_036);
    assert.equal(await ended, 0);
    upstream.scripts.clear();
  });
});
