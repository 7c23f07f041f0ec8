import type { Path } from "./finding.ts";

/** The part of JSON Schema (draft 2020-12) that zod writes for our options. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** The schemas that a value at a path may follow: several where there are alternatives, none where the path leads nowhere. */
export function schemaAt(schema: JsonSchema, path: Path): readonly JsonSchema[] {
  return path.reduce<readonly JsonSchema[]>(
    (schemas, step) => schemas.flatMap(alternatives).flatMap((one) => below(one, step)),
    [schema],
  );
}

/** The keys that maps of these schemas may have. */
export function keysOf(schemas: readonly JsonSchema[]): readonly string[] {
  return [...new Set(schemas.flatMap(alternatives).flatMap((one) => Object.keys(one.properties ?? {})))];
}

/** In words, what these schemas want: `text`, `a map`, `one of debug, info`, `a map or false`. */
export function describe(schemas: readonly JsonSchema[]): string {
  return [...new Set(schemas.flatMap(alternatives).map(word))].join(" or ") || "something else";
}

const words: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "a map",
  array: "a list",
  null: "empty",
};

function word(schema: JsonSchema): string {
  if (schema.enum) return `one of ${schema.enum.map(String).join(", ")}`;
  if (schema.const !== undefined) return String(schema.const);
  return words[schema.type ?? ""] ?? "something else";
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ? schema.anyOf.flatMap(alternatives) : [schema];
}

function below(schema: JsonSchema, step: PropertyKey): readonly JsonSchema[] {
  if (typeof step === "number") return schema.items ? [schema.items] : [];
  const { properties = {} } = schema;
  if (Object.hasOwn(properties, step)) return [properties[String(step)] as JsonSchema];
  return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
}
