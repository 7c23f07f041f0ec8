import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { FanOut } from "../../core/duty.ts";
import { statuses } from "./encode.ts";
import { type Endpoint, endpoints } from "./endpoints.ts";
import { closedPaths } from "./paths-access.ts";

const page = readFileSync(new URL("../../../docs/validators.md", import.meta.url), "utf8");

const asked: Readonly<Record<FanOut, string>> = {
  one: "one node, another when it fails",
  best: "several nodes, the best answer",
  quorum: "several nodes, what most agree on",
  broadcast: "all nodes, the first success",
  producer: "the node that made it, then others",
  union: "all nodes, their answers put together",
};

const own: Readonly<Record<NonNullable<Endpoint["own"]>, string>> = {
  health: "answered by Breakwater",
  syncing: "answered by Breakwater",
  primary: "one node, the fleet's face",
  events: "one stream of all nodes' events",
};

/** A row of the page for an endpoint. */
function rowOf({ verbs, paths, ssz, traits, atProducer, own: kind, kept, never }: Endpoint): string {
  const { duty, fanOut, budget } = traits.duty as NonNullable<typeof traits.duty>;
  const where = paths.map((path) => `\`${verbs.join(", ")} ${path}\``).join(", ");
  const policy = [
    kind ? own[kind] : asked[fanOut],
    ...(atProducer ? ["without its blobs: the node that made it"] : []),
    ...(kept ? ["kept until what it depends on changes"] : []),
  ].join("; ");
  const percent = (share: number) => `${Number((share * 100).toFixed(1))} %`;
  const time = duty === "read" ? "" : `${percent(budget.soft)}, ${percent(budget.hard)}`;
  return `| ${where} | ${ssz ?? ""} | ${policy} | ${duty} | ${time} | ${never ?? ""} |`;
}

function rowsBelow(heading: string): string[] {
  const section = page.split(`\n${heading}\n`)[1]?.split(/^#/m)[0] ?? "";
  return section.split("\n").filter((line) => line.startsWith("| `"));
}

test("docs/validators.md: lists each endpoint with what is done for it, in the order of the table", () => {
  assert.deepEqual(rowsBelow("## Endpoints"), endpoints.map(rowOf));
});

test("docs/validators.md: lists what is closed by default, with the pattern that opens it", () => {
  assert.deepEqual(
    rowsBelow("### Closed by default"),
    closedPaths.map(({ pattern, what }) => `| \`${pattern}\` | ${what} |`),
  );
});

test("docs/validators.md: says with which status each kind of fault ends", () => {
  const rows = rowsBelow("### When no node can answer");
  const told = rows.flatMap((row) => {
    const [, status, kinds] = row.split("|").map((cell) => cell.trim());
    return [...(kinds ?? "").matchAll(/`(\w+)`/g)].map(([, kind]) => [kind, Number(status?.replaceAll("`", ""))]);
  });
  assert.deepEqual(Object.fromEntries(told), { ...statuses });
});
