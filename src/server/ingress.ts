import type { IncomingHttpHeaders } from "node:http";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Reply } from "../core/protocol.ts";
import { Cancellation } from "../lib/cancellation.ts";
import type { Identified } from "./clients.ts";
import { unpack } from "./ingress-body.ts";
import { callerOf } from "./ingress-caller.ts";
import { type Destination, type Directory, destinationOf } from "./ingress-paths.ts";
import {
  allowedMethods,
  bug,
  methodNotAllowed,
  reasonOf,
  refusal,
  tooLarge,
  unauthorized,
} from "./ingress-refusals.ts";
import { createSender, type Sender } from "./ingress-reply.ts";

export type { FastifyInstance };

export interface IngressOptions extends Directory {
  /** The most bytes of a request body, after decompression; where paths are called {@link publishBytes} if that is more. */
  readonly requestBytes: number;
  /** A client that takes nothing of a large reply for this long, in milliseconds, is given up. */
  readonly stallMs: number;
  /** Tells who asks; anybody may when absent. */
  readonly clients?: ((headers: IncomingHttpHeaders) => Identified) | undefined;
  /** Names that a client may ask for, for the hint in a 404. */
  readonly names: () => readonly string[];
  /** Adds up the bytes of bodies from and to clients. */
  readonly traffic: { bytesIn: number; bytesOut: number };
  /** Hears of a bug that a request met. */
  readonly failed: (bug: unknown) => void;
}

/**
 * The most bytes of what a validator publishes: 40 blobs of 131,072 bytes with their proofs are 11 MB as JSON, twice what
 * they are as SSZ.
 */
const publishBytes = 16 * 1024 * 1024;

/**
 * Builds the public listener. Requests meet one content parser and one handler; nothing else runs per request but, where a
 * path follows the network's name, the question whether anybody is there.
 */
export function createIngress(options: IngressOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: options.requestBytes,
    forceCloseConnections: "idle",
    keepAliveTimeout: 75_000,
    requestTimeout: 60_000,
    routerOptions: { ignoreTrailingSlash: true },
    // Paths that cannot be read, or whose first segment is longer than any name.
    frameworkErrors: (_, request, reply) => answer(request, reply, notFound(request)),
    return503OnClosing: false,
  });
  const sender = createSender(options.traffic, options.stallMs);
  const answer = (request: FastifyRequest, reply: FastifyReply, refused: Reply): void => {
    reply.hijack();
    sender.send(reply.raw, request.raw, refused);
  };
  const hasPaths = ({ url }: FastifyRequest): boolean => destinationOf(url, options)?.network.paths === true;
  const notFound = (request: FastifyRequest): Reply => {
    const names = options.names().slice(0, 20);
    const where = names.map((name) => `POST /${name}`).join(", ");
    return refusal(404, "unknown_network", `nothing is served here; try POST / or ${where}`, hasPaths(request));
  };
  app.server.headersTimeout = 20_000;
  app.removeAllContentTypeParsers();
  // Fastify remembers which parser a named type has, and looks for that of any other type each time.
  const types = ["application/json", "application/octet-stream", "*"];
  app.addContentTypeParser(types, { parseAs: "buffer" }, (request, body, done) => {
    unpack(request.headers["content-encoding"], body as Buffer, request.routeOptions.bodyLimit, done);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { bodyLimit } = request.routeOptions;
    const wrong = error.code === "FST_ERR_CTP_BODY_TOO_LARGE" ? tooLarge(bodyLimit) : error;
    const { statusCode = 500 } = wrong;
    if (statusCode >= 500) options.failed(error);
    const paths = hasPaths(request);
    answer(request, reply, statusCode >= 500 ? bug(paths) : refusal(statusCode, reasonOf(wrong), wrong.message, paths));
  });
  app.setNotFoundHandler((request, reply) => {
    const known = request.method === "POST" || request.method === "GET";
    answer(request, reply, known ? notFound(request) : methodNotAllowed(request.method, hasPaths(request)));
  });
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const { network: name, "*": rest } = request.params as { network?: string; "*"?: string };
    // The common case: a network that is called at its name alone.
    const direct = rest === undefined ? options.network(name) : undefined;
    const simple = direct && !direct.paths ? { network: direct, path: request.url } : undefined;
    const destination = simple ?? destinationOf(request.url, options);
    if (destination) serve(destination, request, reply, sender, options);
    else answer(request, reply, notFound(request));
  };
  app.route({ method: ["POST", "GET"], url: "/", handler });
  app.route({ method: ["POST", "GET"], url: "/:network", handler });
  app.route({
    method: ["POST", "GET"],
    url: "/:network/*",
    bodyLimit: Math.max(options.requestBytes, publishBytes),
    // Before the body is taken in, which may be large.
    onRequest(request, reply, done) {
      if (destinationOf(request.url, options)) done();
      else answer(request, reply, notFound(request));
    },
    handler,
  });
  app.options("/*", (request, reply) => {
    const asked = request.headers["access-control-request-headers"];
    const headers: Record<string, string> = { ...preflight };
    // No header of a client's changes what its call may do, so a page may send what it likes.
    if (asked !== undefined) headers["access-control-allow-headers"] = asked;
    answer(request, reply, { status: 204, headers, body: "", rest: undefined, tail: "" });
  });
  app.addHook("preClose", (done) => {
    sender.endStreams();
    done();
  });
  return app;
}

function serve(
  { network, path }: Destination,
  request: FastifyRequest,
  reply: FastifyReply,
  sender: Sender,
  options: IngressOptions,
): void {
  const client = options.clients?.(request.headers);
  if (client && "refused" in client) {
    reply.hijack();
    sender.send(reply.raw, request.raw, unauthorized(client.refused, network.paths === true));
    return;
  }
  const residency = client?.residency;
  reply.hijack();
  const raw = reply.raw;
  const cancellation = new Cancellation();
  // Fires after a complete reply too, when there is nothing left to cancel.
  raw.on("close", () => cancellation.cancel());
  const body = (request.body as Buffer | undefined) ?? empty;
  options.traffic.bytesIn += body.length;
  // Whoever asks for the head of a reply gets that of the one to GET.
  const method = request.method === "HEAD" && network.paths ? "GET" : request.method;
  // One request that meets a bug must not end the process, and so all others.
  const failed = (error: unknown): void => {
    options.failed(error);
    cancellation.cancel();
    if (raw.headersSent) raw.destroy();
    else sender.send(raw, request.raw, bug(network.paths === true));
  };
  try {
    const caller = network.paths ? callerOf(request.raw) : undefined;
    network.handle({ method, path, headers: request.headers, body, residency, caller }, cancellation).then((answer) => {
      // A connection kept alive after the last call would hold up the end of the process.
      if (!request.server.server.listening) raw.shouldKeepAlive = false;
      sender.send(raw, request.raw, answer);
    }, failed);
  } catch (error) {
    failed(error);
  }
}

const empty = Buffer.alloc(0);

const preflight = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": allowedMethods,
  "access-control-max-age": "86400",
};
