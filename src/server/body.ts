import type { z } from "zod";

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Reads a JSON body by a schema, or says what is wrong with it. */
export function readBody<T>(schema: z.ZodType<T>, body: string): Read<T> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, problem: "the body is not JSON" };
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "the body"}: ${message}`);
  return { ok: false, problem: problems.join("; ") };
}
