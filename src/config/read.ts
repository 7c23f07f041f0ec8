import { z } from "zod";
import type { Environment } from "./environment.ts";
import { explain } from "./explain.ts";
import { byPlace, type Finding, type Path } from "./finding.ts";
import type { JsonSchema } from "./json-schema.ts";
import { readSource, type Source } from "./source.ts";

/** A document that is as its type wants it, or all that is wrong with it. */
export type Read<Value> =
  | { readonly value: Value; readonly source: Source }
  | { readonly problems: readonly Finding[] };

/**
 * Reads a YAML text as a value of `type`, with `${NAME}` replaced from `env` before it is checked. Problems say where,
 * what was expected and the nearest valid word; they quote no value. `file` is how they name the text.
 */
export function readDocument<Type extends z.ZodType>(
  type: Type,
  text: string,
  { file, env }: { readonly file: string; readonly env: Environment },
): Read<z.output<Type>> {
  const source = readSource(text, file, env);
  if (source.value === undefined) {
    return { problems: source.findings.length > 0 ? source.findings : [source.find([], "is empty")] };
  }
  const result = check(type, source);
  const problems = [...source.findings];
  if (!result.success) {
    const placed = new Set(problems.map((finding) => finding.path));
    const schema = z.toJSONSchema(type, { io: "input", unrepresentable: "any" }) as JsonSchema;
    const explained = explain(result.error.issues, source.value, schema, source.find);
    problems.push(...explained.filter((finding) => !placed.has(finding.path)));
  }
  if (problems.length > 0 || !result.success) return { problems: problems.sort(byPlace) };
  return { value: result.data, source };
}

/**
 * Checks a value. Variables are text, so where text from the environment does not fit but reads as a number or a
 * boolean, that is tried instead.
 */
function check<Type extends z.ZodType>(type: Type, source: Source): z.ZodSafeParseResult<z.output<Type>> {
  const result = type.safeParse(source.value);
  if (result.success) return result;
  const copy = structuredClone(source.value);
  let changed = false;
  for (const { path } of result.error.issues) {
    if (source.variables(path).length > 0) changed = convert(copy, path) || changed;
  }
  return changed ? type.safeParse(copy) : result;
}

function convert(root: unknown, path: Path): boolean {
  const parent = path.slice(0, -1).reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)[step], root);
  const holder = parent as Record<PropertyKey, unknown>;
  const key = path.at(-1) ?? "";
  const text = holder[key];
  if (typeof text !== "string" || !/^(true|false|-?\d+(\.\d+)?)$/.test(text)) return false;
  holder[key] = JSON.parse(text);
  return true;
}
