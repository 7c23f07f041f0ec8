import type { z } from "zod";
import { nearest } from "../lib/nearest.ts";
import type { Finding, Path } from "./finding.ts";
import { describe, type JsonSchema, keysOf, schemaAt } from "./json-schema.ts";

type Issue = z.core.$ZodIssue;

/** Makes a finding about the value at a path, or about its key. */
export type Find = (path: Path, message: string, at?: "key" | "value") => Finding;

/**
 * Says in words what zod found wrong with `value`: one finding for each wrong thing, with what was expected and the
 * nearest valid word. `schema` is the JSON schema of the document, where the valid words are looked up.
 */
export function explain(issues: readonly Issue[], value: unknown, schema: JsonSchema, find: Find): readonly Finding[] {
  const one = (issue: Issue, path: Path): readonly Finding[] => {
    if (issue.code === "unrecognized_keys") {
      const known = keysOf(schemaAt(schema, path));
      return issue.keys.map((key) => find([...path, key], unknownKey(key, known), "key"));
    }
    if (issue.code === "invalid_key") return [find(path, reason(issue.issues[0]), "key")];
    const branch = issue.code === "invalid_union" ? meantBranch(issue.errors) : undefined;
    if (branch) return branch.flatMap((inner) => one(inner, [...path, ...inner.path]));
    return [find(path, sentence(issue, valueAt(value, path), describe(schemaAt(schema, path))))];
  };
  return issues.flatMap((issue) => one(issue, issue.path));
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  if (meant !== undefined) return `is not known. Did you mean "${meant}"?`;
  return known.length === 0 ? "is not known" : `is not known. Known here: ${known.join(", ")}`;
}

/** The alternative that the author had in mind: the one that fails within, not at its very type. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const near = branches.filter((issues) =>
    issues.some((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys"),
  );
  return near.sort((a, b) => a.length - b.length)[0];
}

function sentence(issue: Issue, value: unknown, expected: string): string {
  const wanted = hasOwnWords(issue) ? issue.message : `must be ${expected}`;
  if (value === undefined) return `is missing: it ${wanted}`;
  if (value === null) return `is empty: it ${wanted}`;
  if (hasOwnWords(issue)) return issue.message;
  switch (issue.code) {
    case "invalid_value":
      return `${wanted}${hint(value, issue.values)}`;
    case "too_small":
      if (value === "") return "must not be empty";
      return bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "invalid_format":
      return issue.format === "url" ? "must be a URL" : `must be ${issue.pattern ? `like ${issue.pattern}` : expected}`;
    default:
      return wanted;
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === "number" || origin === "int") return `must be ${relation} ${limit}`;
  if (origin === "string") return `must have ${relation} ${limit} characters`;
  return `must have ${relation} ${limit} ${limit === 1 ? "entry" : "entries"}`;
}

function hint(value: unknown, allowed: readonly unknown[]): string {
  const meant = typeof value === "string" ? nearest(value, allowed.map(String)) : undefined;
  return meant === undefined ? "" : `. Did you mean "${meant}"?`;
}

/** zod's own messages begin with these words; all others were written for the option. */
function hasOwnWords(issue: Issue): boolean {
  return !/^(Invalid|Too |Unrecognized)/.test(issue.message);
}

function reason(issue: Issue | undefined): string {
  return issue && hasOwnWords(issue) ? issue.message : "is not a valid name";
}

/** What stands at a path; `undefined` where it leads nowhere. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | null | undefined)?.[step], value);
}
