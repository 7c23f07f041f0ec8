import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { anvilBinary } from "../support/anvil.ts";
import { Reader, root } from "../support/reader.ts";

const anvil = anvilBinary();
const curl = spawnSync("curl", ["--version"]).status === 0;
const skip = "missing" in anvil ? anvil.missing : curl ? false : "there is no curl on this machine";

const head = "eth_blockNumber";
const home = /^aws-[123]$/;

/** What is known of who answers: at home as a rule, and not at all where a region is silent. */
async function assertMoved(reader: Reader, upstreams: readonly (string | null | undefined)[]): Promise<void> {
  if (reader.served === "elsewhere") {
    for (const upstream of upstreams) assert.doesNotMatch(upstream ?? "aws-1", home);
  }
  if (reader.served !== "home") return;
  const some = [...upstreams];
  while (some.length < 8) some.push((await reader.ask(head)).upstream);
  assert.ok(some.filter((upstream) => home.test(upstream ?? "")).length >= 4, `served by ${some}`);
}

/** Simulations take seconds, so each is run once for all pages. */
const simulations = new Map<string, Promise<void>>();

async function simulate(reader: Reader, file: string): Promise<void> {
  // As few calls as a scenario comes with, and the picture not into the repository.
  const args = ["simulate", join(root, file), "--rate", "10", "--out", "pictures"];
  const { code, stdout } = await reader.breakwater(args);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^ +availability +[\d.]+ % +[\d.]+ %$/m);
  assert.match(stdout, /^ +as expected$/m);
  const pictures = await readdir(join(reader.folder, "pictures"));
  assert.deepEqual(pictures, [`${/([\w-]+)\.yaml$/.exec(file)?.[1]}-10.svg`]);
}

/**
 * The lines of shell on the pages, by what they look like: how each is run, and what must come of it. A line that no
 * entry knows fails the test, so that readers are told nothing that was not tried.
 */
const steps: readonly (readonly [RegExp, (reader: Reader, line: string) => Promise<void>])[] = [
  // The one has led to this test, and every reader here begins with what the other does after installing.
  [/^npm ci && npm (start|test)$/, async () => {}],
  [
    /eth_blockNumber/,
    async (reader, line) => {
      const printed = await reader.shell(line);
      const upstreams = [...printed.matchAll(/^x-breakwater-upstream: (\S+)/gm)].map(([, upstream]) => upstream);
      assert.equal(upstreams.length, line.startsWith("for i in 1 2 3 4 5 6 7 8;") ? 8 : 1, printed);
      if (line.endsWith(" -i")) assert.match(printed, /^HTTP\/1\.1 200 OK[\s\S]*"result":"0x[0-9a-f]+"\}$/);
      await assertMoved(reader, upstreams);
    },
  ],
  [
    /-d '\[\{.*\}\]'$/,
    async (reader, line) => {
      const replies = JSON.parse(await reader.shell(line)) as { id: number; result?: unknown }[];
      assert.deepEqual(
        replies.map(({ id, result }) => `${id}: ${typeof result}`),
        ["1: string", "2: object"],
      );
    },
  ],
  [
    /x-breakwater-explain: 1/,
    async (reader, line) => {
      const printed = await reader.shell(line);
      const text = /^x-breakwater-explain: (.*)$/m.exec(printed)?.[1] ?? "null";
      const { attempts, picks } = JSON.parse(text) as Record<string, { outcome: string; passedOver: object[] }[]>;
      assert.ok(attempts?.some(({ outcome }) => outcome === "answer"));
      assert.equal(picks?.[0]?.passedOver.length, 11);
    },
  ],
  [
    /"fault":"black_hole"/,
    async (reader, line) => {
      const { affected } = JSON.parse(await reader.shell(line)) as { affected: string[] };
      assert.deepEqual(affected, ["aws-1", "aws-2", "aws-3"]);
      reader.served = "elsewhere";
      const asked = await Promise.all([1, 2, 3].map(() => reader.ask(head)));
      for (const { text } of asked) assert.match(text, /"result":"0x[0-9a-f]+"/);
      const upstreams = asked.map(({ upstream }) => upstream);
      await assertMoved(reader, upstreams);
    },
  ],
  [
    /-X DELETE .*\/api\/simulator\/faults/,
    async (reader, line) => {
      assert.match(await reader.shell(line), /^\{"healed":\[\{.*"fault":"black_hole"/);
      reader.served = "anywhere";
    },
  ],
  [
    /\/api\/status$/,
    async (reader, line) => {
      const status = JSON.parse(await reader.shell(line)) as { simulated: boolean; ready: boolean };
      assert.deepEqual([status.simulated, status.ready], [true, true]);
    },
  ],
  [
    /\/api\/failover$/,
    async (reader, line) => {
      const { domains, orders } = JSON.parse(await reader.shell(line)) as { domains: unknown[]; orders: unknown[] };
      assert.ok(Array.isArray(domains) && Array.isArray(orders));
    },
  ],
  [
    /\/api\/decisions(\?limit=\d+)?'?$/,
    async (reader, line) => {
      const { decisions } = JSON.parse(await reader.shell(line)) as { decisions: unknown[] };
      assert.ok(Array.isArray(decisions));
    },
  ],
  [
    /\/api\/failover\/orders .*-d '\{"target":"[^"]+"\}'$/,
    async (reader, line) => assert.match(await reader.shell(line), /"what":"drain"/),
  ],
  [
    /\/api\/failover\/orders .*"what":"drain"/,
    async (reader, line) => assert.match(await reader.shell(line), /"target":"[^"]+","what":"drain"/),
  ],
  [
    /^npm run breakwater -- drill --domain \S+/,
    async (reader, line) => {
      // A drill needs traffic, and a page more time than a test has.
      let asking = true;
      const clients = (async () => {
        while (asking) await reader.ask(head);
      })();
      const domain = line.split(" ")[6] as string;
      const args = ["drill", "--domain", domain, "--for", "10s", "--slo-p99", "5s", "--admin", reader.proxy.admin];
      const { code, stdout, stderr } = await reader.breakwater(args);
      asking = false;
      await clients;
      assert.match(stdout, new RegExp(`^${domain}: `, "m"), stderr);
      assert.equal(code, 0, stdout + stderr);
    },
  ],
  [/"summary"/, async (reader, line) => assert.match(await reader.shell(line), /^"summary":"Serving\. .*12 upstreams/)],
  [
    /breakwater_upstream_verdict/,
    async (reader, line) => assert.equal((await reader.shell(line)).match(/verdict="\w+"\} 1/g)?.length, 12),
  ],
  [/\/livez$/, async (reader, line) => assert.equal(await reader.shell(line), "alive\n")],
  [/\/readyz$/, async (reader, line) => assert.match(await reader.shell(line), /^\{"ready":true,"draining":false/)],
  [
    /^npm run breakwater -- simulate \S+\.yaml/,
    async (reader, line) => {
      const file = line.split(" ")[5] as string;
      const run = simulations.get(file) ?? simulate(reader, file);
      simulations.set(file, run);
      await run;
    },
  ],
  [/^npx anvil --port 18545$/, (reader) => reader.haveNodes(1)],
  [
    /^npm start -- --upstream/,
    async (reader, line) => {
      const count = line.split("--upstream").length - 1;
      await reader.haveNodes(count);
      await reader.serve(reader.nodes.flatMap(({ url }) => ["--upstream", url]));
      assert.match(reader.proxy.output(), new RegExp(`serves evm from ${count} upstream`));
      assert.match(reader.proxy.output(), /not known: kind, region/);
      assert.match((await reader.ask("eth_chainId")).text, /"result":"0x7a69"/);
    },
  ],
  [
    /eth_chainId/,
    async (reader, line) => assert.equal(await reader.shell(line), '{"jsonrpc":"2.0","id":1,"result":"0x7a69"}'),
  ],
  [
    /^export \w+=\S+$/,
    async ({ env }, line) => {
      const [name = "", value = ""] = line.replace("export ", "").split("=");
      env[name] = value;
    },
  ],
  [
    /^npm run breakwater -- check breakwater\.yaml$/,
    async (reader) => {
      const config = reader.config ?? readFileSync(join(root, "config/two-nodes.yaml"), "utf8");
      await writeFile(join(reader.folder, "breakwater.yaml"), config);
      const { code, stdout, stderr } = await reader.breakwater(["check", "breakwater.yaml"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^breakwater\.yaml is fine\n/);
    },
  ],
  // Both are run beside the rules, where a machine without Prometheus skips them.
  [/^promtool (check config dashboards\/prometheus\.yml|test rules dashboards\/alerts\.test\.yml)$/, async () => {}],
  // Its nodes are the reader's own; that `serve` reads what `check` accepts is tested beside the commands.
  [/^npm start -- --config breakwater\.yaml$/, async () => {}],
];

/** Does what a page says, from top to bottom. */
async function follow(page: string, reader: Reader): Promise<void> {
  const text = readFileSync(join(root, page), "utf8");
  for (const [, language, body = ""] of text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (language === "yaml") reader.config = body;
    if (language === "js") {
      const { stdout, stderr } = await reader.script(body);
      assert.match(stdout, /^\d+\n$/, stderr);
    }
    if (language !== "sh") continue;
    for (const line of body.trim().split("\n")) {
      const step = steps.find(([pattern]) => pattern.test(line));
      assert.ok(step, `${page}: nobody knows how to try: ${line}`);
      await step[1](reader, line);
    }
  }
}

for (const page of ["README.md", "docs/quick-start.md", "docs/operations.md"]) {
  test(`${page}: every command does what the page says`, { skip }, async () => {
    const reader = await Reader.start();
    try {
      await follow(page, reader);
    } finally {
      await reader.leave();
    }
  });
}

test("README.md: shows the commands that a start without arguments prints", { skip }, async () => {
  const reader = await Reader.start();
  try {
    const commands = [...reader.proxy.output().matchAll(/^ +(curl .*)$/gm)].map(([, command]) => command as string);
    const shown = reader.here(readFileSync(join(root, "README.md"), "utf8"));
    assert.equal(commands.length, 3);
    for (const command of commands) assert.ok(shown.includes(`\n${command}\n`), command);
  } finally {
    await reader.leave();
  }
});
