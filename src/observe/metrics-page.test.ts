import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { disputes } from "../core/duty-status.ts";
import { actions, phases } from "../core/failover.ts";
import { alarms } from "../core/observer.ts";
import { misses, watchedDuties } from "./duty-record.ts";
import { durationBoundsMs, labels, type Metric, metrics, slotShareBounds } from "./metrics.ts";

const page = new URL("../../docs/metrics.md", import.meta.url);

const intro = `# Metrics

\`GET /metrics\` on the operators' listener (by default \`http://127.0.0.1:9545/metrics\`) answers in the Prometheus text format.
\`dashboards/prometheus.yml\` scrapes it, \`dashboards/alerts.yml\` holds the alerts ([what they need](operations.md#metrics-and-alerts)), and
\`dashboards/grafana/\` six dashboards.

Every metric begins with \`breakwater_\` and is in a base unit: seconds, bytes, calls per second, ratios between 0 and 1. Labels take
their values from closed sets only: nothing that a client sends becomes a label. A series exists from its first event on, so
that 200 networks cost what they use; those that alerts are made of begin at 0.

What Node tells about the process (\`process_*\`, \`nodejs_*\`: CPU, memory, event loop lag, garbage collection) is there too.

## What to look at first

- **Do clients get answers?** \`breakwater_calls_unserved_total\` against \`breakwater_calls_total\`: calls that ended with a fault
  that passes, HTTP 503. A revert, a limit of a node or a client that hangs up are not among them.
- **Who carries them?** \`breakwater_attempts_total\` by upstream, provider and region; \`breakwater_upstream_verdict\` says who is out.
- **Is a region or a cloud out?** \`breakwater_domain_phase\` has a series for each failure domain that is not simply in service;
  \`breakwater_failover_decisions_total\` counts what was decided, and \`/api/decisions\` tells each with its evidence.
- **Do validators get their duties?** \`breakwater_duty_missed_total\` counts what was late or not answered,
  \`breakwater_duty_slot_ratio\` says when in the slot the others were, \`breakwater_duty_fit_nodes\` who is left to ask, and
  \`breakwater_alarms_total\` what somebody should look at ([validators](validators.md#alarms)).
- **What if a provider goes?** \`breakwater_survivability_ratio\` says how much of the calls of now, and of the declared peak,
  the others could still carry ([static stability](failover.md#static-stability)). How unevenly the fleet is spread says
  \`breakwater_concentration_share_ratio\` on the basis \`capacity\`, which does not move with the
  traffic of the hour; \`breakwater_concentration_effective_entities\` says how many equal providers you really have. During an
  outage the share of *requests* is meant to concentrate on those that still serve; alerts look at the capacity.
`;

function metricRow([name, { type, unit, labels: carried, help }]: [string, Metric]): string {
  const shown = carried.map((label) => `\`${label}\``).join(", ");
  return `| \`${name}\` | ${type} | ${unit === "none" ? "" : unit} | ${shown} | ${help} |`;
}

function metricsPage(): string {
  const bounds = durationBoundsMs.map((ms) => ms / 1_000).join(", ");
  return [
    intro,
    "## Every metric\n",
    "| metric | type | unit | labels | what it tells |",
    "|---|---|---|---|---|",
    ...Object.entries(metrics).map(metricRow),
    `\nHistograms of durations have buckets up to ${bounds} seconds and without bound; those of shares of a slot up to ${slotShareBounds.join(", ")} and without.\n`,
    "## Every label\n",
    "| label | values |",
    "|---|---|",
    ...Object.entries(labels).map(([name, values]) => `| \`${name}\` | ${values} |`),
    "",
  ].join("\n");
}

test("metrics page: it says what the table says (WRITE_DOCS=1 writes it anew)", () => {
  if (process.env["WRITE_DOCS"]) writeFileSync(page, metricsPage());
  assert.equal(readFileSync(page, "utf8"), metricsPage());
});

test("metrics: every label of the list is used, and every metric says in a sentence what it tells", () => {
  const used = new Set<string>(Object.values(metrics).flatMap((metric) => [...metric.labels]));
  assert.deepEqual([...used].sort(), Object.keys(labels).sort());
  for (const [name, { help }] of Object.entries(metrics)) assert.match(help, /^[A-Z0-9].*\.$/, name);
});

test("metrics: phases and actions of failover, duties and alarms are all listed, and no others", () => {
  const listed = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, value]) => value);
  assert.deepEqual(listed(labels.duty), watchedDuties);
  assert.deepEqual(listed(labels.alarm), [...alarms]);
  assert.deepEqual(listed(labels.about), [...disputes]);
  assert.deepEqual(listed(labels.miss), [...misses]);
  assert.deepEqual(listed(labels.phase), [...phases]);
  assert.deepEqual(listed(labels.action), [...actions]);
});
