import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzip } from "node:zlib";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Inbound, Reply } from "../core/protocol.ts";
import { Cancellation } from "../lib/cancellation.ts";

/** One network as the ingress sees it: bytes in, a reply out. */
export interface Served {
  handle(inbound: Inbound, cancellation: Cancellation): Promise<Reply>;
}

export interface IngressOptions {
  /** The most bytes of a request body, after decompression. */
  readonly requestBytes: number;
  /** A client that takes nothing of a large reply for this long, in milliseconds, is given up. */
  readonly stallMs: number;
  /** The network of a path's first segment; of `/` when undefined. */
  readonly network: (name: string | undefined) => Served | undefined;
  /** Names that a client may ask for, for the hint in a 404. */
  readonly names: () => readonly string[];
  /** Adds up the bytes of bodies from and to clients. */
  readonly traffic: { bytesIn: number; bytesOut: number };
  /** Hears of a bug that a request met. */
  readonly failed: (bug: unknown) => void;
}

export type { FastifyInstance };

/** Builds the public listener. Requests meet one content parser and one handler; nothing else runs per request. */
export function createIngress(options: IngressOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: options.requestBytes,
    forceCloseConnections: "idle",
    keepAliveTimeout: 75_000,
    requestTimeout: 60_000,
    routerOptions: { ignoreTrailingSlash: true },
    // Paths that cannot be read, or are longer than any name.
    frameworkErrors: (_, request, reply) => notFound(request, reply, options),
    return503OnClosing: false,
  });
  app.server.headersTimeout = 20_000;
  app.removeAllContentTypeParsers();
  // Fastify remembers which parser a named type has, and looks for that of any other type each time.
  app.addContentTypeParser(["application/json", "*"], { parseAs: "buffer" }, (request, body, done) => {
    const encoding = request.headers["content-encoding"]?.toLowerCase();
    if (encoding === undefined || encoding === "identity") return done(null, body);
    if (encoding !== "gzip" && encoding !== "x-gzip")
      return done(httpError(415, "unsupported_encoding", "send the body plain or in gzip"));
    gunzip(body as Buffer, { maxOutputLength: options.requestBytes }, (error, plain) => {
      if (!error) done(null, plain);
      else if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") done(tooLarge(options.requestBytes));
      else done(httpError(400, "bad_gzip", "the body is not valid gzip"));
    });
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const wrong = error.code === "FST_ERR_CTP_BODY_TOO_LARGE" ? tooLarge(options.requestBytes) : error;
    const { statusCode = 500 } = wrong;
    if (statusCode >= 500) options.failed(error);
    const answer = statusCode >= 500 ? bug() : refusal(statusCode, reasonOf(wrong), wrong.message);
    write(reply, request, answer, options);
  });
  app.setNotFoundHandler((request, reply) => {
    if (request.method === "POST" || request.method === "GET") notFound(request, reply, options);
    else write(reply, request, methodNotAllowed(request.method), options);
  });
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const name = (request.params as { network?: string }).network;
    const network = options.network(name);
    if (!network) {
      notFound(request, reply, options);
      return;
    }
    serve(network, request, reply, options);
  };
  app.route({ method: ["POST", "GET"], url: "/", handler });
  app.route({ method: ["POST", "GET"], url: "/:network", handler });
  app.options("/*", (request, reply) => {
    const asked = request.headers["access-control-request-headers"];
    const headers: Record<string, string> = { ...preflight };
    // No header of a client's changes what its call may do, so a page may send what it likes.
    if (asked !== undefined) headers["access-control-allow-headers"] = asked;
    write(reply, request, { status: 204, headers, body: "", rest: undefined, tail: "" }, options);
  });
  return app;
}

function serve(network: Served, request: FastifyRequest, reply: FastifyReply, options: IngressOptions): void {
  reply.hijack();
  const raw = reply.raw;
  const cancellation = new Cancellation();
  // Fires after a complete reply too, when there is nothing left to cancel.
  raw.on("close", () => cancellation.cancel());
  const body = (request.body as Buffer | undefined) ?? empty;
  options.traffic.bytesIn += body.length;
  const inbound: Inbound = {
    method: request.method,
    path: request.url,
    headers: request.headers,
    body,
  };
  // One request that meets a bug must not end the process, and so all others.
  const failed = (error: unknown): void => {
    options.failed(error);
    cancellation.cancel();
    if (raw.headersSent) raw.destroy();
    else send(raw, request.raw, bug(), options);
  };
  try {
    network.handle(inbound, cancellation).then((answer) => {
      // A connection kept alive after the last call would hold up the end of the process.
      if (!request.server.server.listening) raw.shouldKeepAlive = false;
      send(raw, request.raw, answer, options);
    }, failed);
  } catch (error) {
    failed(error);
  }
}

const empty = Buffer.alloc(0);

/** What fits into the buffers of any connection, in bytes: whoever does not read is not noticed before. */
const largeReply = 65_536;

/** So much of a streamed reply may wait for its client, in bytes; to stop and start for each chunk would cost more. */
const unsentBytes = 262_144;

function write(reply: FastifyReply, request: FastifyRequest, answer: Reply, options: IngressOptions): void {
  reply.hijack();
  send(reply.raw, request.raw, answer, options);
}

function send(raw: ServerResponse, request: IncomingMessage, reply: Reply, options: IngressOptions): void {
  const { status, headers, body, rest, tail } = reply;
  const { traffic, stallMs } = options;
  if (raw.destroyed) {
    rest?.cancel();
    return;
  }
  if (request.headers.origin !== undefined) {
    headers["access-control-allow-origin"] = "*";
    headers["access-control-expose-headers"] = exposed;
  }
  traffic.bytesOut += body.length;
  // Node would keep the reply, and its connection, for as long as the client likes.
  if (rest || body.length > largeReply) raw.setTimeout(stallMs, () => raw.destroy());
  if (!rest) {
    if (status !== 204) headers["content-length"] = `${body.length}`;
    raw.writeHead(status, headers);
    raw.end(body, "latin1");
    return;
  }
  if (reply.length !== undefined) headers["content-length"] = `${reply.length}`;
  // A length that is known spares the client, and us, the frame around each chunk.
  let missing = (reply.length ?? 0) - body.length - tail.length;
  raw.on("drain", () => rest.resume());
  raw.on("close", () => rest.cancel());
  raw.writeHead(status, headers);
  raw.cork();
  raw.write(body, "latin1");
  rest.read({
    data(chunk) {
      traffic.bytesOut += chunk.length;
      missing -= chunk.length;
      raw.write(chunk);
      return raw.writableLength < unsentBytes;
    },
    end() {
      const end = missing > 0 ? tail + " ".repeat(missing) : tail;
      traffic.bytesOut += end.length;
      raw.end(end, "latin1");
    },
    fail: () => raw.destroy(),
  });
  raw.uncork();
}

const exposed = "x-breakwater-upstream, x-breakwater-attempts, x-breakwater-cache, x-breakwater-explain, retry-after";

const preflight = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "POST, GET, OPTIONS",
  "access-control-max-age": "86400",
};

interface HttpError extends Error {
  readonly statusCode: number;
  readonly reason: string;
}

function httpError(statusCode: number, reason: string, message: string): HttpError {
  return Object.assign(new Error(message), { statusCode, reason });
}

function tooLarge(limit: number): HttpError {
  return httpError(413, "request_too_large", `the request is larger than ${limit} bytes`);
}

function reasonOf(error: Error): string {
  return "reason" in error && typeof error.reason === "string" ? error.reason : "bad_request";
}

/** A refusal before any protocol looked: in the shape that JSON-RPC clients show, and readable for the rest. */
function refusal(status: number, reason: string, message: string): Reply {
  const error = { code: status >= 500 ? -32603 : -32600, message, data: { reason, retryable: false } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: null, error });
  return { status, headers: { "content-type": "application/json" }, body, rest: undefined, tail: "" };
}

function bug(): Reply {
  return refusal(500, "internal_error", "a bug in Breakwater; its log says more");
}

function methodNotAllowed(method: string): Reply {
  const reply = refusal(405, "method_not_allowed", `calls are made by POST, not by ${method}`);
  reply.headers["allow"] = "POST, GET, OPTIONS";
  return reply;
}

function notFound(request: FastifyRequest, reply: FastifyReply, options: IngressOptions): void {
  const names = options.names().slice(0, 20);
  const where = names.map((name) => `POST /${name}`).join(", ");
  write(reply, request, refusal(404, "unknown_network", `nothing is served here; try POST / or ${where}`), options);
}
