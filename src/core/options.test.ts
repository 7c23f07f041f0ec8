import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { duration, percentage, rate, size } from "./options.ts";

test("options: what people write becomes one unit for the code", () => {
  const table: [z.ZodType, unknown, number][] = [
    [duration(), "5s", 5_000],
    [duration("2m"), undefined, 120_000],
    [size(), "64KiB", 65_536],
    [size(), 4_096, 4_096],
    [size("1MiB"), undefined, 1_048_576],
    [rate(), "600/m", 10],
    [rate("100/s"), undefined, 100],
    [percentage(), "20%", 0.2],
    [percentage(), 0.2, 0.2],
    [percentage("0.1%"), undefined, 0.001],
  ];
  for (const [type, input, output] of table) assert.equal(type.parse(input), output, String(input));
});

test("options: what is refused says what to write instead", () => {
  const table: [z.ZodType, unknown, RegExp][] = [
    [duration(), 5, /^needs a unit: 5s$/],
    [duration(), "5 sec", /^must be a duration/],
    [duration(), "0s", /more than 0/],
    [duration(), "30d", /at most 24 days/],
    [duration(), true, /^must be a duration/],
    [size(), "1mib", /^must be a size/],
    [size(), 0, /^must be a size/],
    [size(), "0.5B", /out of range/],
    [size(), "0", /more than 0/],
    [rate(), 100, /^must say per what: 100\/s/],
    [rate(), "100", /^must be a rate/],
    [rate(), "0/s", /more than 0/],
    [percentage(), "120%", /between 0% and 100%/],
    [percentage(), "a fifth", /^must be a share/],
    [percentage(), 20, /between/],
  ];
  for (const [type, input, message] of table) {
    const result = type.safeParse(input);
    assert.equal(result.success, false, String(input));
    assert.equal(result.error.issues.length, 1, String(input));
    assert.match(result.error.issues[0]?.message ?? "", message, String(input));
  }
});

test("options: the JSON schema shows what people write, with the default", () => {
  const schema = z.toJSONSchema(z.object({ wait: duration("5s"), share: percentage() }), { io: "input" });
  const properties = schema.properties as Record<string, Record<string, unknown>>;
  assert.equal(properties["wait"]?.["type"], "string");
  assert.equal(properties["wait"]?.["default"], "5s");
  assert.deepEqual(schema.required, ["share"]);
});
