import assert from "node:assert/strict";
import { test } from "node:test";
import { readArguments } from "./command.ts";

const options = {
  config: { type: "string" },
  upstream: { type: "string", multiple: true },
  strict: { type: "boolean" },
} as const;

test("arguments: options and words are told apart", () => {
  const parsed = readArguments(
    ["a.yaml", "--strict", "--upstream", "http://x", "--upstream=http://y", "b.yaml"],
    options,
  );
  assert.ok(!("problem" in parsed));
  assert.deepEqual(parsed.positionals, ["a.yaml", "b.yaml"]);
  assert.deepEqual({ ...parsed.values }, { strict: true, upstream: ["http://x", "http://y"] });
});

test("arguments: a line that is not understood is explained", () => {
  const table: [string[], string][] = [
    [["--confg", "x"], "there is no option --confg; did you mean --config?"],
    [["--colour"], "there is no option --colour"],
    [["-q"], "there is no option -q"],
    [["--config"], "--config needs a value"],
    [["--config="], "--config needs a value"],
    [["--config", "--strict"], "--config needs a value"],
    [["--strict=yes"], "--strict takes no value"],
  ];
  for (const [args, problem] of table) assert.deepEqual(readArguments(args, options), { problem }, args.join(" "));
});
