import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { metrics } from "./metrics.ts";

const dashboards = new URL("../../dashboards/", import.meta.url);
const runbooks = new URL("../../docs/runbooks/", import.meta.url);

interface Alert {
  readonly alert: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Case {
  readonly alertname: string;
  readonly exp_alerts: readonly object[];
}

const read = (file: string): unknown => parse(readFileSync(new URL(file, dashboards), "utf8"));

const alerts = (read("alerts.yml") as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);

const cases = (read("alerts.test.yml") as { tests: { alert_rule_test: Case[] }[] }).tests.flatMap(
  ({ alert_rule_test }) => alert_rule_test,
);

/** `docs/runbooks/error-budget-burns.md` for BreakwaterErrorBudgetBurns. */
function runbookOf(alert: string): string {
  const words = alert.replace(/^Breakwater/, "").replaceAll(/(?!^)([A-Z])/g, "-$1");
  return `docs/runbooks/${words.toLowerCase()}.md`;
}

test("alerts: each is shown to fire and to keep silent", () => {
  const named = (which: (one: Case) => boolean) => new Set(cases.filter(which).map(({ alertname }) => alertname));
  const firing = named(({ exp_alerts }) => exp_alerts.length > 0);
  const silent = named(({ exp_alerts }) => exp_alerts.length === 0);
  assert.ok(alerts.length > 40);
  assert.deepEqual(
    alerts.filter(({ alert }) => !firing.has(alert) || !silent.has(alert)).map(({ alert }) => alert),
    [],
  );
});

test("alerts: whoever is woken finds a page, and no page is about an alert that is not there", () => {
  for (const { alert, annotations } of alerts) assert.equal(annotations["runbook_url"], runbookOf(alert));
  assert.deepEqual(
    readdirSync(runbooks)
      .map((file) => `docs/runbooks/${file}`)
      .sort(),
    alerts.map(({ alert }) => runbookOf(alert)).sort(),
  );
});

test("runbooks: each says what it means, what users feel, how to check, what to do, and when to ignore it", () => {
  for (const { alert } of alerts) {
    const page = readFileSync(new URL(runbookOf(alert).replace("docs/runbooks/", ""), runbooks), "utf8");
    assert.equal(page.split("\n")[0], `# ${alert}`);
    const sections = page.split(/^## /m).slice(1);
    assert.deepEqual(
      sections.map((section) => section.split("\n")[0]),
      ["What it means", "What users feel", "How to check", "What to do", "When to ignore it"],
      alert,
    );
    for (const section of sections) assert.ok(section.split("\n").slice(1).join("").trim().length > 5, alert);
    assert.match(page, /^(curl|breakwater) /m, alert);
  }
});

test("runbooks: they name alerts and metrics that exist", () => {
  const known = new Set(alerts.map(({ alert }) => alert));
  for (const file of readdirSync(runbooks)) {
    const page = readFileSync(new URL(file, runbooks), "utf8");
    for (const [name] of page.matchAll(/\bBreakwater[A-Z]\w+/g)) assert.ok(known.has(name), `${file}: ${name}`);
    for (const [name] of page.matchAll(/\bbreakwater_\w+/g)) {
      // A command may look for a family by the beginning of its names.
      const found = Object.keys(metrics).some((metric) => metric.startsWith(name.replace(/_sum$/, "")));
      assert.ok(found, `${file}: ${name}`);
    }
  }
});
