import assert from "node:assert/strict";
import { test } from "node:test";
import { endpoints } from "../../src/protocols/beacon/endpoints.ts";
import { severalSituations } from "./validator-endpoints-several.ts";
import { situations } from "./validator-endpoints-situations.ts";
import { rows } from "./validator-endpoints-table.ts";

for (const row of rows) {
  for (const situation of [...situations, ...severalSituations]) {
    if (!situation.fits(row)) continue;
    test(`validators' endpoints, row ${row.row} (${row.what}): ${situation.name}`, () => situation.play(row));
  }
}

test("validators' endpoints: the table leaves no row and no endpoint out", () => {
  assert.deepEqual(
    [...new Set(rows.map(({ row }) => row))],
    Array.from({ length: 36 }, (_, index) => index + 1),
  );
  const tried = rows.flatMap(({ ways }) => ways.flatMap(({ endpoint, verb }) => `${endpoint} ${verb}`));
  const wanted = endpoints.flatMap(({ name, verbs }) => verbs.map((verb) => `${name} ${verb}`));
  assert.deepEqual(
    wanted.filter((one) => !tried.includes(one)),
    [],
  );
});
