import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { publishedSchema, publishedSchemaText } from "./published-schema.ts";

test("published schema: config/schema.json is what the code says (else run: breakwater schema > config/schema.json)", () => {
  assert.equal(readFileSync(new URL("../../config/schema.json", import.meta.url), "utf8"), publishedSchemaText());
});

test("published schema: every option says what it is for", () => {
  const silent: string[] = [];
  let options = 0;
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties, ...rest } = node as Record<string, unknown>;
    for (const [key, option] of Object.entries(properties ?? {})) {
      options++;
      if (!(option as { description?: string }).description) silent.push(`${path}.${key}`);
      visit(option, `${path}.${key}`);
    }
    for (const [key, part] of Object.entries(rest)) if (key !== "default") visit(part, path);
  };
  visit(publishedSchema(), "");
  assert.ok(options > 50, "options were found");
  assert.deepEqual(silent, []);
});

test("published schema: references pass where text is checked by its form", () => {
  const { properties } = publishedSchema() as { properties: Record<string, { pattern?: string }> };
  const pattern = new RegExp(properties["listen"]?.pattern ?? "never");
  for (const text of ["127.0.0.1:8545", "[::1]:80", "${HOST}:8545", "${LISTEN:-127.0.0.1:8545}"])
    assert.match(text, pattern);
  assert.doesNotMatch("8545", pattern);
});
