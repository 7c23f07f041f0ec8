import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { panelExpressions } from "./prometheus-panels.ts";

const missing = spawnSync("promtool", ["--version"]).error
  ? "promtool is not installed; apt install prometheus"
  : undefined;

const dashboards = join(import.meta.dirname, "../../dashboards");

/** What promtool says, and whether it is content. */
function promtool(...args: readonly string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: dashboards, encoding: "utf8" });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

function there(context: TestContext): boolean {
  if (missing !== undefined) context.skip(missing);
  return missing === undefined;
}

/** The expressions of all panels, each as a rule, which promtool parses. */
function panelRules(): { count: number; text: string } {
  const rules = panelExpressions().map((expr, index) => ({ record: `panel:${index}`, expr }));
  return { count: rules.length, text: JSON.stringify({ groups: [{ name: "panels", rules }] }) };
}

/** Whether promtool takes a file of rules with this text. */
function taken(text: string): { ok: boolean; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "breakwater-panels-"));
  try {
    writeFileSync(join(folder, "rules.yml"), text);
    return promtool("check", "rules", join(folder, "rules.yml"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("promtool: Prometheus takes the configuration, the rules and the alerts", (context) => {
  if (!there(context)) return;
  const { ok, output } = promtool("check", "config", "prometheus.yml");
  assert.ok(ok, output);
  assert.match(output, /2 rule files found/);
});

test("promtool: alerts fire and keep silent as they should", { timeout: 120_000 }, (context) => {
  if (!there(context)) return;
  const { ok, output } = promtool("test", "rules", "alerts.test.yml");
  assert.ok(ok, output);
});

test("promtool: what every panel asks for can be asked", (context) => {
  if (!there(context)) return;
  const { count, text } = panelRules();
  assert.ok(count > 150);
  const { ok, output } = taken(text);
  assert.ok(ok, output);
  assert.ok(!taken(text.replace("sum(", "summ(")).ok, "a mistake is found");
});
