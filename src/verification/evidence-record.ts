import { hash } from "node:crypto";
import { z } from "zod";
import type { EvidenceRecord, Testimony } from "../core/verification.ts";
import { parseJson } from "../lib/json-text.ts";

/** How much of an answer and of a request each record shows, in characters. */
const excerptLength = 400;
export const requestLength = 1_000;

export type NewEvidence = Omit<EvidenceRecord, "id" | "at">;

const testimonySchema = z.object({ upstream: z.string(), digest: z.string(), excerpt: z.string() });

const recordSchema = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  network: z.string(),
  upstream: z.string(),
  check: z.string(),
  finding: z.string(),
  because: z.string(),
  request: z.object({ method: z.string(), params: z.string() }),
  answer: testimonySchema,
  references: z.array(testimonySchema),
  header: z
    .looseObject({ number: z.number(), hash: z.string(), stateRoot: z.string(), receiptsRoot: z.string() })
    .optional(),
  truth: z.string().optional(),
});

/** A record that was kept; `undefined` where that is none. */
export function recordIn(text: string): EvidenceRecord | undefined {
  const { data } = recordSchema.safeParse(parseJson(text));
  return data && { ...data, header: data.header, truth: data.truth };
}

/** An answer as evidence shows it; `form` is what it was compared by. */
export function testimony(upstream: string, form: string): Testimony {
  return { upstream, digest: hash("sha256", form), excerpt: form.slice(0, excerptLength) };
}
