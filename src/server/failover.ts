import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { duration, percentage } from "../core/options.ts";
import { nearest } from "../lib/nearest.ts";
import { readBody } from "./body.ts";
import { decisionStatus, failoverStatus, orderStatus } from "./failover-status.ts";
import { type DrainEffects, effectsOfDrain } from "./order-effects.ts";
import type { Runtime } from "./runtime.ts";

/** Below this path orders are given. */
export const ordersPath = "/api/failover/orders";

const target = z
  .string({ error: 'must be a failure domain such as "region:aws/us-east-1", or "upstream:ID"' })
  .max(300);

/** Who gives an order: for whoever reads it later. */
const by = z.string().trim().min(1, { error: "must not be empty" }).max(80).default("an operator");

const orderSchema = z
  .strictObject({
    target,
    what: z.enum(["drain", "force"], { error: 'must be "drain" or "force"' }),
    share: percentage().optional(),
    for: duration("1h"),
    by,
    confirm: z.boolean({ error: "must be true or false" }).default(false),
  })
  .refine(({ what, share }) => what === "drain" || share === undefined, {
    path: ["share"],
    error: "goes with drain only: what is forced may have all of its traffic",
  });

const liftSchema = z.strictObject({ target, by });

/** How many decisions are listed when nobody says how many, and at most. */
const usualLimit = 50;
const mostLimit = 1_000;

/** How many names are offered in place of one that is not known. */
const offered = 5;

/** Adds what operators see of failover, and what they may order. */
export function addFailover(app: FastifyInstance, runtime: Runtime): void {
  const { failover, redact } = runtime;
  app.get("/api/failover", (request, reply) => {
    const { all } = request.query as { all?: unknown };
    return reply.send(failoverStatus(runtime, all === "true" || all === "1"));
  });
  app.get("/api/decisions", (request, reply) => {
    const { limit = usualLimit } = request.query as { limit?: unknown };
    const count = Number(limit);
    if (!Number.isInteger(count) || count < 1 || count > mostLimit) {
      return reply.code(400).send({ error: `limit: must be a whole number between 1 and ${mostLimit}` });
    }
    return reply.send({ decisions: failover.decisions().slice(0, count).map(decisionStatus(redact)) });
  });
  app.get(ordersPath, (_, reply) =>
    reply.send({ orders: failover.orders().map((order) => orderStatus(order, runtime)) }),
  );
  app.post(ordersPath, (request, reply) => give(runtime, bodyOf(request), reply));
  app.delete(ordersPath, (request, reply) => lift(runtime, bodyOf(request), reply));
}

function bodyOf(request: FastifyRequest): string {
  return (request.body as string | undefined) ?? "";
}

function give(runtime: Runtime, body: string, reply: FastifyReply): FastifyReply {
  const read = readBody(orderSchema, body);
  if (!read.ok) return reply.code(400).send({ error: read.problem });
  const { what, share = what === "drain" ? 0 : 1, for: forMs, by, confirm } = read.value;
  const targets = targetsOf(runtime);
  const target = [read.value.target, turned(read.value.target)].find((one) => targets.has(one));
  if (target === undefined) return reply.code(404).send(unknownTarget(read.value.target, targets));
  const { unserved, strained } = share === 0 ? effectsOfDrain(target, runtime.networks) : noEffects;
  if (unserved.length > 0 && !confirm) {
    return reply.code(409).send({ error: `${unserved.join("; ")}. To drain it nonetheless, say "confirm": true` });
  }
  const order = runtime.failover.order({ target, what, share, forMs, by });
  if ("problem" in order) return reply.code(400).send({ error: runtime.redact(order.problem) });
  const warnings = [...unserved, ...strained];
  const warning = warnings.length > 0 ? { warning: warnings.join("; ") } : {};
  return reply.code(201).send({ ...orderStatus(order, runtime), ...warning });
}

const noEffects: DrainEffects = { unserved: [], strained: [] };

function lift(runtime: Runtime, body: string, reply: FastifyReply): FastifyReply {
  const read = readBody(liftSchema, body);
  if (!read.ok) return reply.code(400).send({ error: read.problem });
  const { target, by } = read.value;
  const order = runtime.failover.lift(target, by) ?? runtime.failover.lift(turned(target), by);
  if (order) return reply.send({ lifted: orderStatus(order, runtime) });
  const orders = runtime.failover.orders().map((one) => one.target);
  const standing = orders.length === 0 ? "there is none at all" : `there are orders for ${orders.join(", ")}`;
  return reply.code(404).send({ error: `there is no order for this target; ${standing}` });
}

/** Whatever an order may name: each label that an upstream carries, each domain of several labels, each upstream. */
function targetsOf({ networks, failover }: Runtime): ReadonlySet<string> {
  const upstreams = networks.flatMap((network) => network.upstreams);
  return new Set([
    ...upstreams.flatMap(({ failureDomains }) => failureDomains),
    ...failover.domains(true).map(({ domain }) => domain),
    ...upstreams.map(({ id }) => `upstream:${id}`),
  ]);
}

/** A domain of two labels, with the other one first. */
function turned(target: string): string {
  return target.split(" & ").reverse().join(" & ");
}

/** Says that a target is not there, and which ones were probably meant: those spelt alike, else those of the same kind. */
function unknownTarget(target: string, targets: ReadonlySet<string>) {
  const left = new Set(targets);
  const alike: string[] = [];
  for (let one = nearest(target, left); one !== undefined && alike.length < offered; one = nearest(target, left)) {
    alike.push(one);
    left.delete(one);
  }
  const kind = `${target.split(":")[0]}:`;
  const same = [...targets].filter((one) => one.startsWith(kind) || one.endsWith(`:${target}`)).slice(0, offered);
  const meant = alike.length > 0 ? alike : same;
  const hint = meant.length > 0 ? `did you mean ${meant.join(", ")}?` : "see /api/failover?all=true and /api/status";
  return { error: `no failure domain and no upstream has this name; ${hint}`, nearest: meant };
}
