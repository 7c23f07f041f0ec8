import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { providerByKey } from "../../fleet/providers/catalogue.ts";
import { publishedOf, type Survey, surveys } from "./published.ts";

/** A survey as a row of the table in the docs. */
function rowOf({ id, chain, source, date, of, shares, url }: Survey): string {
  const held = shares.map(
    ({ entity, share, is }) => `${entity} ${is ? `${is} ` : ""}${Math.round(1_000 * share) / 10} %`,
  );
  return `| ${chain} | ${date} | ${of} | ${held.join(", ")} | [${source}](${url}) | \`${id}\` |`;
}

test("published: each survey has a row in the docs, with its date and where it can be read, and no other has", () => {
  const page = readFileSync(new URL("../../../docs/concentration.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| (Ethereum|Solana) \|/.test(line));
  assert.deepEqual(rows, surveys.map(rowOf));
});

test("published: shares are of known providers, the largest first, and no more than all together", () => {
  for (const { id, date, shares } of surveys) {
    assert.match(date, /^20\d\d-(0[1-9]|1[0-2])$/);
    assert.ok(id.endsWith(date.slice(0, 4)), id);
    for (const { entity } of shares) assert.ok(providerByKey(entity), entity);
    const held = shares.map(({ share }) => share);
    assert.deepEqual(
      held,
      held.toSorted((a, b) => b - a),
    );
    assert.ok(held.reduce((sum, share) => sum + share, 0) <= 1);
  }
});

test("published: a network is held beside surveys of its own chain only", () => {
  assert.deepEqual(
    publishedOf("1").map(({ chain }) => chain),
    ["Ethereum", "Ethereum"],
  );
  for (const chain of [undefined, "", "100", "8453", "constructor"]) assert.deepEqual(publishedOf(chain), [], chain);
});
