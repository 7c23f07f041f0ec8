import { z } from "zod";
import { dimensions } from "../../core/upstream.ts";
import type { AdminClient } from "../admin-client.ts";

const label = z.union([z.string(), z.number()]).nullish();

/** What a drill reads of `GET /api/status`. */
const statusSchema = z.object({
  startedAt: z.string(),
  impaired: z.string().optional(),
  durationBoundsMs: z.array(z.number()),
  networks: z.array(
    z.object({
      network: z.string(),
      unreadyBecause: z.string().nullable(),
      calls: z.object({ total: z.number(), unserved: z.number(), durations: z.array(z.number()) }),
      upstreams: z.array(
        z.object({
          id: z.string(),
          answers: z.number(),
          eligible: z.boolean(),
          ...(Object.fromEntries(dimensions.map((dimension) => [dimension, label])) as Record<
            (typeof dimensions)[number],
            typeof label
          >),
        }),
      ),
    }),
  ),
  failover: z.object({
    domains: z.array(z.object({ domain: z.string(), phase: z.string() })),
    orders: z.array(z.object({ id: z.number(), target: z.string(), by: z.string() })),
  }),
});

/** How a proxy is at one moment; calls and answers are counted since its start. */
export interface Reading extends z.output<typeof statusSchema> {
  /** The clock's milliseconds. */
  readonly at: number;
}

/** Asks a proxy how it is, or says in a sentence why that is not known. */
export async function readStatus(
  client: AdminClient,
  now: () => number,
): Promise<Reading | { readonly problem: string }> {
  const answer = await client.ask("GET", "/api/status");
  if ("problem" in answer) return answer;
  if (answer.status !== 200) return { problem: `/api/status answers ${answer.status}${detailOf(answer.body)}` };
  const read = statusSchema.safeParse(answer.body);
  if (read.success) return { ...read.data, at: now() };
  const [issue] = read.error.issues;
  return { problem: `/api/status is not as expected: ${issue?.path.join(".")}: ${issue?.message}` };
}

/** What an answer of the operators' listener says of itself, to append: `: send authorization: ...`; or nothing. */
export function detailOf(body: unknown): string {
  const read = z.object({ error: z.string() }).safeParse(body);
  return read.success ? `: ${read.data.error}` : "";
}

type Upstream = Reading["networks"][number]["upstreams"][number];

/** The labels of an upstream, as orders name them: `provider:aws`, ..., `upstream:aws-1`. */
function labelsOf(upstream: Upstream): readonly string[] {
  const labels = dimensions.flatMap((dimension) => {
    const value = upstream[dimension];
    return value === null || value === undefined ? [] : [`${dimension}:${value}`];
  });
  return [...labels, `upstream:${upstream.id}`];
}

/** Does an upstream belong to a target: one label, or two joined by ` & `? */
export function belongs(upstream: Upstream, target: string): boolean {
  const labels = labelsOf(upstream);
  return target.split(" & ").every((wanted) => labels.includes(wanted));
}

/** Every single label of a fleet. */
export function allLabels({ networks }: Reading): ReadonlySet<string> {
  return new Set(networks.flatMap(({ upstreams }) => upstreams.flatMap(labelsOf)));
}
