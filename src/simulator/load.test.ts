import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findingText } from "../config/finding.ts";
import { loadScenario } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "breakwater-scenario-"));
after(() => rmSync(folder, { recursive: true }));

const rest = "timeline:\n  - { at: 5s, for: 5s, where: { provider: aws }, fault: errors }\n";
const upstream = "{ id: a, provider: aws, simulated: { latency: { median: 5ms } } }";
const fleet = `simulator: {}\nnetworks: { ethereum: { upstreams: [${upstream}] } }\n`;

async function load(text: string) {
  const file = join(folder, "scenario.yaml");
  writeFileSync(file, text);
  const loaded = await loadScenario(file, {});
  return "problems" in loaded ? loaded.problems.map(findingText).map((one) => one.replaceAll(folder, "")) : loaded;
}

test("scenario: its fleet is a file beside it, or written within", async () => {
  writeFileSync(join(folder, "fleet.yaml"), fleet);
  for (const where of ["fleet.yaml", `{ simulator: {}, networks: { ethereum: { upstreams: [${upstream}] } } }`]) {
    const play = await load(`name: x\nfleet: ${where}\n${rest}`);
    assert.ok("config" in play, JSON.stringify(play));
    assert.equal(play.config.networks[0]?.upstreams[0]?.simulated?.latency.median, 5);
    assert.deepEqual([play.name, play.scenario.timeline[0]?.at], ["scenario", 5_000]);
  }
});

test("scenario: puts the proxy where it says, or where it prefers nobody", async () => {
  writeFileSync(
    join(folder, "fleet.yaml"),
    fleet.replace("simulator: {}", "simulator: {}\nself: { region: aws/us-east-1 }"),
  );
  const homeOf = async (line: string) => {
    const play = await load(`name: x\nfleet: fleet.yaml\n${line}${rest}`);
    assert.ok("config" in play, JSON.stringify(play));
    return [play.config.self.region, play.config.networks[0]?.routing.home];
  };
  assert.deepEqual(await homeOf(""), ["aws/us-east-1", "aws/us-east-1"]);
  assert.deepEqual(await homeOf("home: gcp/us-central1\n"), ["gcp/us-central1", "gcp/us-central1"]);
  assert.deepEqual(await homeOf("home: none\n"), [undefined, undefined]);
});

test("scenario: what is wrong is told with its place", async () => {
  writeFileSync(join(folder, "fleet.yaml"), fleet);
  const missing = await load(`name: x\nfleet: nowhere.yaml\n${rest}`);
  assert.deepEqual(missing, ["/nowhere.yaml:1:1  the document cannot be read: ENOENT"]);
  const misspelt = await load(`name: x\nfleet: fleet.yaml\n${rest.replace("errors", "error")}`);
  assert.match(String(misspelt), /scenario.yaml:4:.*timeline\[0\].fault .*Did you mean "errors"\?/);
  const table: [text: string, told: RegExp][] = [
    [`name: x\nnetwork: solana\nfleet: fleet.yaml\n${rest}`, /:2:10 {2}network is not a network of the fleet/],
    [`name: x\nfleet: fleet.yaml\n${rest.replace("aws", "ovh")}`, /:4:31 {2}timeline\[0\].where matches no upstream/],
    [`name: x\nfleet: { networks: { a: { upstreams: [{ url: http://h }] } } }\n${rest}`, /:2:8 {2}fleet has upstreams/],
  ];
  for (const [text, told] of table) assert.match(String(await load(text)), told);
});
