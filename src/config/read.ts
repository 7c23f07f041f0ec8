import { z } from "zod";
import type { Environment } from "./environment.ts";
import { explain, valueAt } from "./explain.ts";
import { byPlace, type Finding, type Path, pathText } from "./finding.ts";
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
    const explained = explain(result.issues, source.value, schema, source.find);
    problems.push(...explained.filter((finding) => !placed.has(finding.path)));
  }
  if (problems.length > 0 || !result.success) return { problems: problems.sort(byPlace) };
  return { value: result.value, source };
}

type Checked<Value> =
  | { readonly success: true; readonly value: Value }
  | { readonly success: false; readonly issues: readonly z.core.$ZodIssue[] };

/**
 * Checks a value. Variables are text, so where text from the environment does not fit but reads as a number or a
 * boolean, that is tried instead. A complaint about the number that would quote it gives way to the one about the text.
 */
function check<Type extends z.ZodType>(type: Type, source: Source): Checked<z.output<Type>> {
  const asText = type.safeParse(source.value);
  if (asText.success) return { success: true, value: asText.data };
  const { issues } = asText.error;
  const value = structuredClone(source.value);
  const doubtful = issues.filter(({ path }) => source.variables(path).length > 0 && convert(value, path));
  if (doubtful.length === 0) return { success: false, issues };
  const converted = type.safeParse(value);
  if (converted.success) return { success: true, value: converted.data };
  const complaints = new Map(doubtful.map((issue) => [pathText(issue.path), issue]));
  const discreet = converted.error.issues.map((issue) => {
    const quotes = issue.message.includes(String(valueAt(value, issue.path)));
    return (quotes && complaints.get(pathText(issue.path))) || issue;
  });
  return { success: false, issues: discreet };
}

function convert(root: unknown, path: Path): boolean {
  const holder = valueAt(root, path.slice(0, -1)) as Record<PropertyKey, unknown>;
  const key = path.at(-1) ?? "";
  const text = holder[key];
  if (typeof text !== "string" || !/^(true|false|-?\d+(\.\d+)?)$/.test(text)) return false;
  holder[key] = JSON.parse(text);
  return true;
}
