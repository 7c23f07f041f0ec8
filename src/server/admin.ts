import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Log } from "../observe/log.ts";
import { readBody } from "./body.ts";
import { addConcentration } from "./concentration.ts";
import { addEvidence } from "./evidence.ts";
import { addFailover, ordersPath } from "./failover.ts";
import { bears, isLoopbackAddress, isLoopbackName, nameIn } from "./guard.ts";
import { readinessOf } from "./health.ts";
import type { Runtime, SimulatorControl } from "./runtime.ts";
import { faultStatus, statusOf } from "./status.ts";
import { statusPage } from "./status-page.ts";
import { addStream } from "./stream.ts";
import { addSurvivability } from "./survivability.ts";
import { addValidators } from "./validators.ts";

export interface AdminOptions {
  readonly runtime: Runtime;
  /** What whoever changes something must present; without one nothing can be changed but a simulated fleet. */
  readonly token: string | undefined;
  /** The name or address that is listened on, as configured. */
  readonly host: string;
  readonly log: Pick<Log, "error">;
}

/** More than any request here has to say, in bytes. */
const bodyLimit = 65_536;

/** Builds the listener for operators: metrics, health, status, and what may be changed while running. */
export function createAdmin(options: AdminOptions): FastifyInstance {
  const { runtime } = options;
  const app = fastify({ logger: false, bodyLimit, forceCloseConnections: "idle" });
  app.removeAllContentTypeParsers();
  // People post with curl -d, which says that it is a form. What browsers may not send, `refusalOf` refuses.
  app.addContentTypeParser("*", { parseAs: "string" }, (_, body, done) => done(null, body));
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(alwaysSent);
    const refusal = refusalOf(request, options);
    if (refusal === undefined) done();
    else reply.code(refusal.status).send({ error: refusal.because });
  });
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send({ error: "there is nothing here; see /, /api/status, /metrics" }),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) options.log.error("admin request failed", { path: request.url, detail: error.stack });
    return reply.code(status).send({ error: status < 500 ? error.message : "a bug; the log says more" });
  });

  app.get("/", (_, reply) => reply.type("text/html; charset=utf-8").headers(statusPage.headers).send(statusPage.html));
  app.get("/livez", (_, reply) => reply.type("text/plain").send("alive\n"));
  app.get("/readyz", (request, reply) => readyz(runtime, request, reply));
  app.get("/metrics", async (_, reply) =>
    reply.type(runtime.exposition.contentType).send(await runtime.exposition.render()),
  );
  app.get("/api/status", async (_, reply) => reply.send(await statusOf(runtime)));
  addStream(app, runtime, ({ stack }) => options.log.error("admin stream failed", { detail: stack }));
  addFailover(app, runtime);
  addSurvivability(app, runtime);
  addConcentration(app, runtime);
  addValidators(app, runtime);
  addEvidence(app, runtime);
  addSimulator(app, runtime);
  return app;
}

const alwaysSent = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

interface Refusal {
  readonly status: number;
  readonly because: string;
}

/**
 * Why a request is not heard. A page from elsewhere that has its name point to this machine (DNS rebinding) is told by
 * its Host header, one that posts here by its Origin; what changes something needs the token.
 */
function refusalOf(request: FastifyRequest, { runtime, token, host }: AdminOptions): Refusal | undefined {
  const { headers, method } = request;
  const asked = nameIn(headers.host);
  const asLoopback = asked !== undefined && isLoopbackName(asked);
  if (isLoopbackName(host) && !asLoopback && asked !== host) {
    return { status: 403, because: `ask for localhost or ${host}: no other Host is heard on a loopback listener` };
  }
  if (method === "GET" || method === "HEAD") return undefined;
  if (headers.origin !== undefined && headers.origin.replace(/^https?:\/\//, "") !== headers.host) {
    return { status: 403, because: "pages from elsewhere may not change anything here" };
  }
  const rehearsal = runtime.simulator !== undefined && rehearsed.some((path) => request.url.startsWith(path));
  if (rehearsal && asLoopback && isLoopbackAddress(request.ip)) return undefined;
  if (token === undefined) return { status: 403, because: "set admin.token in the configuration to allow changes" };
  if (!bears(headers.authorization, token)) {
    return { status: 401, because: "send authorization: Bearer TOKEN, with the admin.token of the configuration" };
  }
  return undefined;
}

function readyz(runtime: Runtime, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { network } = request.query as { network?: unknown };
  if (network === undefined) {
    const readiness = readinessOf(runtime);
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  }
  const known = runtime.networks.some(({ view }) => view.network === network);
  if (!known) return reply.code(404).send({ error: "no network has this name" });
  const readiness = readinessOf(runtime, String(network));
  return reply.code(readiness.ready ? 200 : 503).send(readiness);
}

const simulatorPath = "/api/simulator/";

/** What may be changed of a simulated fleet from the same machine without a token. */
const rehearsed = [simulatorPath, ordersPath];

function addSimulator(app: FastifyInstance, { simulator, clock }: Runtime): void {
  const path = `${simulatorPath}faults`;
  const shown = (fault: Parameters<typeof faultStatus>[0]) => faultStatus(fault, clock.now());
  const route = (
    method: "GET" | "POST" | "DELETE",
    handle: (simulator: SimulatorControl, body: string, reply: FastifyReply) => unknown,
  ) =>
    app.route({
      method,
      url: path,
      handler: (request, reply) =>
        simulator
          ? handle(simulator, (request.body as string | undefined) ?? "", reply)
          : reply.code(404).send({ error: "the upstreams are real: faults can only be injected into simulated ones" }),
    });

  route("GET", ({ list }, _, reply) => reply.send({ faults: list().map(shown) }));
  route("POST", ({ faultSchema, inject }, body, reply) => {
    const spec = readBody(faultSchema, body);
    if (!spec.ok) return reply.code(400).send({ error: spec.problem });
    const fault = inject(spec.value);
    if (fault.affected.length > 0) return reply.code(201).send(shown(fault));
    return reply.code(404).send({ error: "no upstream is where this fault should strike; see /api/status" });
  });
  route("DELETE", ({ healSchema, heal }, body, reply) => {
    const spec = readBody(healSchema, body === "" ? "{}" : body);
    if (!spec.ok) return reply.code(400).send({ error: spec.problem });
    return reply.send({ healed: heal(spec.value).map(shown) });
  });
}
