import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { timestamp } from "../lib/clock.ts";
import { readBody } from "./body.ts";
import type { Runtime } from "./runtime.ts";

const releaseSchema = z.strictObject({
  upstream: z.string().min(1).max(300),
  network: z.string().min(1).max(40).optional(),
});

const off = { error: "answers are not checked here: set verification.mode in the configuration" };

/** Adds what operators see of the checks of answers, and how they let a quarantined upstream go. */
export function addEvidence(app: FastifyInstance, { verification, redact }: Runtime): void {
  app.get("/api/verification", (_, reply) => {
    if (!verification) return reply.code(404).send(off);
    const upstreams = verification.upstreams().map(({ since, until, because, ...rest }) => ({
      ...rest,
      because: redact(because),
      since: since === 0 ? undefined : timestamp(since),
      until: until === undefined ? undefined : timestamp(until),
    }));
    const lightClients = verification.lightClients().map(({ trouble, ...rest }) => ({
      ...rest,
      trouble: trouble === undefined ? undefined : redact(trouble),
    }));
    return reply.send({ mode: verification.mode, upstreams, lightClients, effort: verification.effort() });
  });
  app.get("/api/evidence", (request, reply) => {
    if (!verification) return reply.code(404).send(off);
    const { upstream, network, as } = request.query as { upstream?: unknown; network?: unknown; as?: unknown };
    const records = verification
      .evidence()
      .filter((one) => upstream === undefined || one.upstream === upstream)
      .filter((one) => network === undefined || one.network === network);
    if (as === "json") return reply.send({ evidence: JSON.parse(redact(JSON.stringify(records))) });
    const lines = records.map((record) => `${redact(JSON.stringify(record))}\n`);
    return reply.type("application/x-ndjson").send(lines.join(""));
  });
  app.post("/api/verification/release", (request, reply) => {
    if (!verification) return reply.code(404).send(off);
    const read = readBody(releaseSchema, (request.body as string | undefined) ?? "");
    if (!read.ok) return reply.code(400).send({ error: read.problem });
    const { upstream, network } = read.value;
    if (verification.release(upstream, network)) return reply.send({ released: upstream });
    return reply.code(404).send({ error: "no upstream of this name is quarantined for what it said" });
  });
}
