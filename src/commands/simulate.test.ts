import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { simulateCommand } from "./simulate.ts";

const folder = mkdtempSync(join(tmpdir(), "breakwater-simulate-"));
after(() => rmSync(folder, { recursive: true }));

/** Two upstreams, of which those that match fail for five of ten seconds. */
function scenario(where: string): string {
  const upstreams = ["aws", "gcp"].map((provider) => `{ provider: ${provider}, simulated: {} }`).join(", ");
  const file = join(folder, "small.yaml");
  const text = `
name: Small
fleet: { simulator: {}, networks: { ethereum: { upstreams: [${upstreams}] } } }
duration: 10s
traffic: { rates: [20/s] }
timeline: [{ at: 2s, for: 5s, where: ${where}, fault: errors }]
expect: { availability: 90% }
`;
  writeFileSync(file, text);
  return file;
}

const simulate = (...args: string[]) => simulateTo(true, ...args);

/** Runs the command with a terminal before it, or not. */
async function simulateTo(isTTY: boolean, ...args: string[]) {
  const io = { out: "", err: "" };
  const code = await simulateCommand.run(args, {
    stdout: { write: (text) => (io.out += text) },
    stderr: { isTTY, write: (text) => (io.err += text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, ...io };
}

test("simulate: prints the figures, draws the picture, and exits with 0 when all is as expected", async () => {
  const { code, out, err } = await simulate(scenario("{ provider: aws }"), "--out", folder, "--seeds", "2");
  assert.match(out, /Small, 20 calls a second, 2 seeds[\s\S]*availability[\s\S]*as expected/);
  assert.match(err, /seed 2 of 2, Breakwater: 100 %/);
  assert.match(readFileSync(join(folder, "small-20.svg"), "utf8"), /<svg .*Small/s);
  assert.equal(code, 0);
  const piped = await simulateTo(false, scenario("{ provider: aws }"), "--out", folder);
  assert.deepEqual([piped.code, piped.err], [0, ""], "a file gets no progress");
});

test("simulate: exits with 1 when an expectation is missed, and tells which", async () => {
  const { code, out } = await simulate(scenario("{}"), "--out", folder, "--json", "--rate", "40");
  const [comparison] = JSON.parse(out);
  assert.match(comparison.misses[0], /^seed 1: availability \d\d\.\d\d %, expected at least 90.00 %$/);
  assert.deepEqual([comparison.rate, comparison.breakwater.length, comparison.plain.length], [40, 1, 1]);
  assert.equal(code, 1);
});

test("simulate: compares with the plain breakers that are asked for", async () => {
  const { out } = await simulate(scenario("{ provider: aws }"), "--out", folder, "--against", "window");
  assert.match(out, /Breakwater +sliding-window breakers/);
});

test("simulate --suite: plays everybody with all seeds, prints a table, and writes all figures", async () => {
  const file = scenario("{ provider: aws }");
  const { code, out, err } = await simulate("--suite", file, "--out", folder, "--seeds", "2");
  assert.match(out, /^2 seeds: the median/);
  assert.match(
    out,
    /\nsmall, 20\/s\n {2}Breakwater .*\n {2}five-in-a-row .*\n {2}sliding-window .*\n {2}as expected\n/,
  );
  assert.match(out, /\nall 1 as expected\n$/);
  assert.match(err, /6 of 6 runs/);
  const [result] = JSON.parse(readFileSync(join(folder, "suite.json"), "utf8"));
  assert.deepEqual([result.name, result.rate, result.seeds], ["small", 20, [1, 2]]);
  for (const server of ["breakwater", "consecutive", "window"]) assert.equal(result.figures[server].length, 2, server);
  assert.equal(code, 0);
});

test("simulate --suite: exits with 1 when something is missed, with JSON alone on stdout when that is asked for", async () => {
  const { code, out } = await simulate("--suite", scenario("{}"), "--out", folder, "--seeds", "1", "--json");
  assert.equal(JSON.parse(out)[0].misses[0].target, "availability");
  assert.equal(code, 1);
});

test("simulate: what is not understood exits with 2", async () => {
  for (const args of [
    [],
    ["--seeds", "0", "x"],
    ["--rate", "fast", "x"],
    ["nowhere.yaml"],
    ["--sed", "1"],
    ["--against", "x", "y"],
  ]) {
    assert.equal((await simulate(...args)).code, 2, args.join(" "));
  }
});
