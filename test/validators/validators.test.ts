import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { installLodestar } from "./lodestar.ts";
import { formatReport } from "./report.ts";
import { runTrial } from "./trial.ts";
import { judge } from "./verdict.ts";

const software = await installLodestar(() => {});
const missing = "missing" in software ? software.missing : undefined;

// What is missing on somebody's machine is said and left out; where changes are judged nothing is.
const skip = missing !== undefined && process.env["CI"] === undefined ? missing : false;

test("validators behind Breakwater lose nothing while real beacon nodes are killed, restarted and hang", {
  skip,
  timeout: 300_000,
}, async () => {
  if ("missing" in software) throw new Error(software.missing);
  // Three nodes behind Breakwater and the control's; two epochs of 16 s are judged, with a fault in each.
  const settings = { nodes: 3, validators: 32, secondsPerSlot: 2, epochs: 2 };
  const evidence = await runTrial(software, { ...settings, target: "breakwater", faults: true }, () => {});
  const verdict = judge(evidence);
  assert.deepEqual(verdict.failures, [], formatReport(evidence, verdict));
  await rm(evidence.logs, { recursive: true });
});
