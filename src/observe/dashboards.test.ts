import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { ManualClock } from "../lib/manual-clock.ts";
import { sampleFailover } from "../server/sample-failover.ts";
import { createDutyRecorder } from "./duty-record.ts";
import { createExposition } from "./exposition.ts";
import { labels, type Metric, metrics } from "./metrics.ts";
import { createRecorder } from "./record.ts";

const folder = new URL("../../dashboards/", import.meta.url);

interface Expression {
  readonly place: string;
  readonly text: string;
}

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string };
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const rules = ["rules.yml", "alerts.yml"].flatMap((file) =>
  (
    parse(readFileSync(new URL(file, folder), "utf8")) as { groups: readonly { rules: readonly Rule[] }[] }
  ).groups.flatMap((group) => group.rules),
);

const boards = globSync("grafana/*.json", { cwd: folder }).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(new URL(file, folder), "utf8")) as {
    uid: string;
    annotations: { list: readonly { name: string; expr: string }[] };
    panels: readonly Panel[];
  }),
}));

const alertTests = parse(readFileSync(new URL("alerts.test.yml", folder), "utf8")) as {
  tests: readonly {
    input_series: readonly { series: string }[];
    alert_rule_test: readonly { alertname: string }[];
  }[];
};

const expressions: readonly Expression[] = [
  ...rules.map(({ alert, record, expr }) => ({ place: alert ?? record ?? "", text: expr })),
  ...boards.flatMap(({ file, annotations }) =>
    annotations.list.map(({ name, expr }) => ({ place: `${file}: ${name}`, text: expr })),
  ),
  ...boards.flatMap(({ file, panels }) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ place: `${file}: ${title}`, text: expr })),
    ),
  ),
  ...alertTests.tests.flatMap(({ input_series }) =>
    input_series.map(({ series }) => ({ place: "alerts.test.yml", text: series })),
  ),
];

/** What Node tells, by the names that are really scraped. */
const told = await (async () => {
  const sources = {
    recorder: createRecorder(),
    duties: createDutyRecorder(new ManualClock(), () => undefined),
    state: { store: "memory" as const, trouble: undefined },
    networks: [],
    failover: sampleFailover(new ManualClock(), []),
    simulated: false,
    version: "0",
    droppedLogLines: () => 0,
  };
  const text = (await createExposition(sources, new ManualClock(), true).render()).toString();
  return new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name as string));
})();

const recorded = new Set(rules.flatMap(({ record }) => record ?? []));

/** The metric that a name in an expression belongs to, if there is one; a histogram has three names besides its own. */
function metricOf(name: string): Metric | undefined {
  const table: Readonly<Record<string, Metric>> = metrics;
  const whole = table[name.replace(/_(bucket|sum|count)$/, "")];
  return table[name] ?? (whole?.type === "histogram" ? whole : undefined);
}

/** Names of metrics in an expression, each with the text of its selector. */
function selectors(text: string): { name: string; selector: string }[] {
  return [...text.matchAll(/\b((?:breakwater|process|nodejs)_\w+|network(?:_provider)?:\w+:\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name, selector]) => ({ name: name as string, selector: selector ?? "" }),
  );
}

/** What is wrong with an expression, as sentences. */
function mistakes({ place, text }: Expression): string[] {
  const found = selectors(text);
  if (found.length === 0 && !/\b(up|ALERTS)\{/.test(text)) return [`${place}: no metric of ours in ${text}`];
  return found.flatMap(({ name, selector }) => {
    if (recorded.has(name) || (!name.startsWith("breakwater_") && told.has(name))) return [];
    const metric = metricOf(name);
    if (!metric) return [`${place}: ${name} is not in the table`];
    return [...selector.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].flatMap(([, label, , value]) =>
      labelMistakes(name, metric, label as string, value as string).map((mistake) => `${place}: ${mistake}`),
    );
  });
}

/** Labels that an expression groups or joins by, and that none of its metrics has. */
function groupMistakes({ place, text }: Expression): string[] {
  const names = selectors(text).map(({ name }) => name);
  const known = !text.includes("ALERTS{") && names.every((name) => metricOf(name));
  const carried = new Set<string>(known ? names.flatMap((name) => metricOf(name)?.labels ?? []) : Object.keys(labels));
  for (const label of ["job", "instance", "le", "alertname", "severity"]) carried.add(label);
  return [...text.matchAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)/g)].flatMap(([, list]) =>
    (list as string)
      .split(",")
      .map((label) => label.trim())
      .filter((label) => label !== "" && !carried.has(label))
      .map((label) => `${place}: nothing has a label ${label} to group by`),
  );
}

function labelMistakes(name: string, metric: Metric, label: string, value: string): string[] {
  if (["job", "instance", "le"].includes(label)) return [];
  if (!(metric.labels as readonly string[]).includes(label)) return [`${name} has no label ${label}`];
  const set = [...labels[label as keyof typeof labels].matchAll(/`([^`]+)`/g)].map(([, one]) => one);
  const open = set.length < 2 || value.includes("$") || label === "outcome";
  const wrong = open ? [] : value.split("|").filter((one) => !set.includes(one));
  return wrong.map((one) => `${label} of ${name} is never ${one}`);
}

test("dashboards: every metric, label and value that they name exists", () => {
  assert.ok(expressions.length > 80);
  assert.deepEqual(expressions.flatMap(mistakes), []);
  assert.deepEqual(expressions.flatMap(groupMistakes), []);
});

test("dashboards: shares of different things are never mixed: who names no basis keeps them apart", () => {
  const mixing = ({ text }: Expression) =>
    !/\bby \([^)]*\bbasis\b[^)]*\)/.test(text) &&
    selectors(text).some(
      ({ name, selector }) =>
        metricOf(name)?.labels.some((label) => label === "basis") && !/\bbasis\s*(=~?|!=)/.test(selector),
    );
  assert.deepEqual(
    expressions.filter(mixing).map(({ place }) => place),
    [],
  );
  assert.ok(mixing({ place: "", text: 'max(breakwater_concentration_hhi{dimension="provider"})' }));
});

test("metrics: what Node tells is named as Prometheus wants it: only counters end in total", () => {
  assert.ok(told.has("nodejs_eventloop_lag_p99_seconds"));
  assert.deepEqual(
    [...told].filter((name) => /^nodejs_.*_total$/.test(name)),
    [],
  );
});

test("dashboards: names that do not exist are found", () => {
  const table: [text: string, mistake: RegExp][] = [
    ["rate(breakwater_call_total[5m])", /breakwater_call_total is not in the table/],
    ["breakwater_calls_total_bucket", /is not in the table/],
    ['breakwater_in_flight{provider="aws"}', /has no label provider/],
    ['breakwater_upstream_verdict{verdict="dead"}', /is never dead/],
    ['breakwater_concentration_hhi{basis=~"requests|votes"}', /is never votes/],
    ["sum(requests_total)", /no metric of ours/],
    ["network:breakwater_nothing:rate5m", /is not in the table/],
  ];
  for (const [text, mistake] of table) assert.match(mistakes({ place: "here", text }).join(), mistake, text);
  const grouped = { place: "here", text: "sum by (network, provider) (breakwater_in_flight)" };
  assert.deepEqual(groupMistakes(grouped), ["here: nothing has a label provider to group by"]);
});

test("dashboards: every expression closes what it opens", () => {
  const pairs: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
  for (const { place, text } of expressions) {
    const open: string[] = [];
    for (const sign of text.replace(/"[^"]*"/g, '""').match(/[()[\]{}]/g) ?? []) {
      if (pairs[sign]) assert.equal(open.pop(), pairs[sign], `${place}: ${text}`);
      else open.push(sign);
    }
    assert.deepEqual(open, [], `${place}: ${text}`);
  }
});

test("alerts: each says how urgent it is and what happened, and has a name of its own", () => {
  const alerts = rules.filter(({ alert }) => alert !== undefined);
  assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
  for (const { alert, labels: carried, annotations } of alerts) {
    assert.match(alert ?? "", /^Breakwater[A-Z]/);
    assert.match(carried?.severity ?? "", /^(page|ticket|info)$/, alert);
    assert.ok(annotations?.summary, alert);
  }
  for (const { alertname } of alertTests.tests.flatMap((one) => one.alert_rule_test)) {
    assert.ok(
      alerts.some(({ alert }) => alert === alertname),
      alertname,
    );
  }
});

test("dashboards: every panel shows something and stands where no other does", () => {
  for (const { file, panels } of boards) {
    const cells = new Map<string, string>();
    for (const panel of panels as readonly (Panel & { gridPos: Record<"x" | "y" | "w" | "h", number> })[]) {
      const { x, y, w, h } = panel.gridPos;
      assert.ok(panel.type === "row" || (panel.targets?.length ?? 0) > 0, `${file}: ${panel.title}`);
      assert.ok(x + w <= 24, `${file}: ${panel.title}`);
      for (let cell = 0; cell < w * h; cell++) {
        const place = `${x + (cell % w)},${y + Math.floor(cell / w)}`;
        assert.equal(cells.get(place), undefined, `${file}: ${panel.title} covers ${cells.get(place)}`);
        cells.set(place, panel.title);
      }
    }
  }
  assert.equal(new Set(boards.map(({ uid }) => uid)).size, 6);
});
