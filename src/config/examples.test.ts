import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { findingText } from "./finding.ts";
import { loadConfig } from "./load.ts";

const folder = new URL("../../config/", import.meta.url);
const files = globSync("*.yaml", { cwd: folder });

function example(file: string) {
  const text = readFileSync(new URL(file, folder), "utf8");
  const env = Object.fromEntries([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, standIn(name ?? "")]));
  return { text, loaded: loadConfig(text, { file: `config/${file}`, env }) };
}

function standIn(name: string): string {
  return name.endsWith("_URL") ? "https://node.example.com" : `${name.toLowerCase()}-0123456789abcdef`;
}

test("examples: each loads without a problem or a warning, and names its schema for editors", () => {
  assert.deepEqual(files.sort(), [
    "beacon-simulated.yaml",
    "default.yaml",
    "ethereum.yaml",
    "multi-network.yaml",
    "two-nodes.yaml",
    "validators.yaml",
  ]);
  for (const file of files) {
    const { text, loaded } = example(file);
    assert.ok(text.startsWith("# yaml-language-server: $schema=./schema.json\n"), file);
    const findings = "problems" in loaded ? loaded.problems : loaded.warnings;
    assert.deepEqual(findings.map(findingText), []);
  }
});

test("examples: the fleet of a start without configuration is what it is said to be", () => {
  const { loaded } = example("default.yaml");
  assert.ok("config" in loaded);
  const upstreams = loaded.config.networks.flatMap((network) => network.upstreams);
  assert.equal(upstreams.length, 12);
  assert.equal(new Set(upstreams.map(({ provider }) => provider)).size, 8);
  assert.equal(new Set(upstreams.flatMap(({ region }) => region ?? [])).size, 6);
  assert.equal(upstreams.filter(({ region }) => region === "aws/us-east-1").length, 3);
  assert.ok(loaded.config.simulator);
});

test("examples: no cloud and no client of the fleets for validators decides alone", () => {
  for (const file of ["beacon-simulated.yaml", "validators.yaml"]) {
    const { loaded } = example(file);
    assert.ok("config" in loaded);
    const [network] = loaded.config.networks;
    assert.ok(network);
    for (const part of ["provider", "client"] as const) {
      const names = network.upstreams.map((upstream) => upstream[part]);
      const most = Math.max(...names.map((name) => names.filter((other) => other === name).length));
      assert.ok(most <= names.length / 2, `${file}: ${part}`);
    }
    assert.equal(network.validators.quorum, 2);
  }
});
