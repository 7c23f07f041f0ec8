import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";

const root = new URL("../../", import.meta.url);

const read = (file: string): unknown => parse(readFileSync(new URL(file, root), "utf8"));

interface Service {
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const { services } = read("compose.yaml") as { services: Readonly<Record<string, Service>> };

/** The place in the repository that a service sees at `path`, if one is mounted there. */
function mounted(service: Service | undefined, path: string): string | undefined {
  for (const volume of service?.volumes ?? []) {
    const [from = "", to = ""] = volume.split(":");
    if (path === to || path.startsWith(`${to}/`)) return from + path.slice(to.length);
  }
  return undefined;
}

test("compose: what is mounted is there, nothing is published beyond this machine, and nobody waits for who is not there", () => {
  for (const [name, { volumes = [], ports = [], depends_on = [] }] of Object.entries(services)) {
    for (const volume of volumes) {
      assert.match(volume, /^\.\/.*:\/.*:ro$/, name);
      assert.ok(existsSync(new URL(volume.split(":")[0] as string, root)), volume);
    }
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:(\d+):\1$/, name);
    for (const other of depends_on) assert.ok(services[other], other);
  }
});

test("compose: Prometheus finds its rules, who takes its alerts, and what it scrapes", () => {
  const config = read("dashboards/prometheus.yml") as {
    rule_files: readonly string[];
    alerting: { alertmanagers: readonly { static_configs: readonly { targets: readonly string[] }[] }[] };
    scrape_configs: readonly { static_configs: readonly { targets: readonly string[] }[] }[];
  };
  for (const file of config.rule_files)
    assert.equal(mounted(services["prometheus"], `/etc/prometheus/${file}`), `./dashboards/${file}`);
  const targets = [...config.alerting.alertmanagers, ...config.scrape_configs].flatMap(({ static_configs }) =>
    static_configs.flatMap((one) => one.targets),
  );
  assert.deepEqual(targets, ["alertmanager:9093", "breakwater:9545"]);
  for (const target of targets) {
    const [host = "", port] = target.split(":");
    assert.ok(services[host]?.ports?.includes(`127.0.0.1:${port}:${port}`), target);
  }
});

test("compose: Grafana finds its data source, and all dashboards by the path that it is told", () => {
  const grafana = services["grafana"];
  const provisioning = mounted(grafana, "/etc/grafana/provisioning") as string;
  const sources = read(`${provisioning}/datasources/prometheus.yml`) as { datasources: { url: string }[] };
  assert.deepEqual(
    sources.datasources.map(({ url }) => url),
    ["http://prometheus:9090"],
  );
  const { providers } = read(`${provisioning}/dashboards/breakwater.yml`) as {
    providers: { options: { path: string } }[];
  };
  for (const { options } of providers)
    assert.ok(globSync("*.json", { cwd: new URL(`${mounted(grafana, options.path)}/`, root) }).length > 2);
  const home = grafana?.environment?.["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] as string;
  assert.ok(existsSync(new URL(mounted(grafana, home) as string, root)), home);
});

test("Alertmanager: every urgency has somebody who hears of it, and what is kept back are alerts that exist", () => {
  const config = read("dashboards/alertmanager.yml") as {
    route: { receiver: string; routes: readonly { receiver: string; matchers: readonly string[] }[] };
    receivers: readonly { name: string }[];
    inhibit_rules: readonly { source_matchers: readonly string[]; target_matchers: readonly string[] }[];
  };
  const { groups } = read("dashboards/alerts.yml") as {
    groups: { rules: { alert: string; labels: { severity: string } }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules);
  const receivers = [config.route, ...config.route.routes].map(({ receiver }) => receiver);
  assert.deepEqual(receivers.sort(), config.receivers.map(({ name }) => name).sort());
  const routed = config.route.routes.flatMap(({ matchers }) => matchers);
  for (const severity of ["page", "ticket"]) assert.ok(routed.includes(`severity = ${severity}`), severity);
  const known = (name: string) => alerts.some(({ alert }) => new RegExp(`^(?:${name})$`).test(alert));
  for (const { source_matchers, target_matchers } of config.inhibit_rules)
    for (const matcher of [...source_matchers, ...target_matchers]) {
      const [, names = ""] = /^alertname =~? "?([^"]*)"?$/.exec(matcher) ?? [];
      for (const name of names.split("|")) assert.ok(known(name), matcher);
    }
});
