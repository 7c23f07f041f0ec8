/**
 * The relays that Breakwater is measured against, each written as one would write it for speed and nothing else:
 *
 *     node bench/relay.ts bare|fastify|http-proxy PORT UPSTREAM_URL
 *
 * `bare` and `fastify` share one forward function: the request body as it came, one undici Pool, the answer buffered and
 * ended in one write. `http-proxy` is @fastify/http-proxy with no option but the upstream.
 */
import { createServer, type ServerResponse } from "node:http";
import httpProxy from "@fastify/http-proxy";
import fastify from "fastify";
import { type Dispatcher, Pool } from "undici";

/** As many connections to the upstream as each contender that can be told gets. */
const connections = 32;

const headers = { "content-type": "application/json" };

/** Receives one answer and ends the response with it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #chunks: Buffer[] = [];
  #status = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#response.writeHead(this.#status, {
      "content-type": "application/json",
      "content-length": body?.length ?? 0,
    });
    this.#response.end(body);
  }

  onResponseError(): void {
    this.#response.writeHead(502).end();
  }
}

function forwarder(upstream: string) {
  const pool = new Pool(upstream, { connections });
  return (body: Buffer, response: ServerResponse) =>
    pool.dispatch({ path: "/", method: "POST", headers, body }, new Exchange(response));
}

function bare(port: number, upstream: string): void {
  const forward = forwarder(upstream);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => forward(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), response));
  });
  server.listen(port, "127.0.0.1");
}

async function throughFastify(port: number, upstream: string): Promise<void> {
  const forward = forwarder(upstream);
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.post("/", (request, reply) => {
    reply.hijack();
    forward(request.body as Buffer, reply.raw);
  });
  await app.listen({ port, host: "127.0.0.1" });
}

async function throughHttpProxy(port: number, upstream: string): Promise<void> {
  const app = fastify();
  await app.register(httpProxy, { upstream });
  await app.listen({ port, host: "127.0.0.1" });
}

const forms = { bare, fastify: throughFastify, "http-proxy": throughHttpProxy };

const [form, port, upstream] = process.argv.slice(2) as [keyof typeof forms, string, string];
// So that a profile is written: node writes it only when the process exits by itself.
process.on("SIGTERM", () => process.exit(0));
await forms[form](Number(port), upstream);
