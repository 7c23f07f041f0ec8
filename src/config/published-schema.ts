import { z } from "zod";
import { documentSchema } from "./schema.ts";

type Node = Record<string, unknown>;

/**
 * The JSON schema (draft 2020-12) of the configuration document as people write it: for editors, and kept as
 * `config/schema.json`. Text with a `${` in it is let through, for what it will become is known only at load.
 */
export function publishedSchema(): Node {
  const { $schema, ...rest } = z.toJSONSchema(documentSchema, { io: "input", unrepresentable: "any" });
  return { $schema, title: "Breakwater configuration", ...(relaxed(rest) as Node) };
}

/** The same as the text of a file. */
export function publishedSchemaText(): string {
  return `${JSON.stringify(publishedSchema(), null, 2)}\n`;
}

/** Lets references pass where text is checked by its form, and drops bounds that are only those of the number type. */
function relaxed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(relaxed);
  if (typeof node !== "object" || node === null) return node;
  const { format: _, default: fallback, properties, ...rest } = node as Node;
  if (rest["maximum"] === Number.MAX_SAFE_INTEGER) delete rest["maximum"];
  if (rest["minimum"] === Number.MIN_SAFE_INTEGER) delete rest["minimum"];
  if (typeof rest["pattern"] === "string") rest["pattern"] = `(?:${rest["pattern"]})|\\$\\{`;
  return {
    ...(fallback === undefined ? {} : { default: fallback }),
    ...mapped(rest),
    ...(properties === undefined ? {} : { properties: mapped(properties as Node) }),
  };
}

function mapped(nodes: Node): Node {
  return Object.fromEntries(Object.entries(nodes).map(([key, value]) => [key, relaxed(value)]));
}
