import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Running, run } from "../support/breakwater.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/validators.md"), "utf8");
const curl = spawnSync("curl", ["--version"]).status === 0;

interface Shown {
  readonly networks: readonly {
    readonly nodes: readonly {
      readonly voter: string;
      readonly duties: { readonly attest: { readonly asked: boolean } };
    }[];
  }[];
}

function askedToAttest(printed: string): readonly string[] {
  const { networks } = JSON.parse(printed) as Shown;
  return (networks[0]?.nodes ?? []).flatMap(({ voter, duties }) =>
    duties.attest.asked ? [voter.split("+")[0] as string] : [],
  );
}

/**
 * The lines of shell on the page, by what they look like, and what must come of each; `again` says that it may take a
 * moment. A line that no entry knows fails the test.
 */
const steps: readonly (readonly [RegExp, (printed: string) => void, again?: true])[] = [
  [
    /\/eth\/v1\/node\/syncing$/,
    (printed) => assert.match(printed, /^\{"data":\{"head_slot":"\d+","sync_distance":"[01]","is_syncing":false/),
    true,
  ],
  [/\/headers\/head'$/, (printed) => assert.match(printed, /^HTTP\/1\.1 200 OK[\s\S]*x-breakwater-attempts: \d/), true],
  [
    /events\?topics=head'$/,
    (printed) => assert.match(printed, /^event: head\ndata: \{"slot":"\d+","block":"0x[0-9a-f]{64}"/m),
    true,
  ],
  [
    /\/api\/validators$/,
    (printed) => assert.deepEqual(new Set(askedToAttest(printed)), new Set(["lighthouse", "teku", "nimbus", "prysm"])),
    true,
  ],
  [/"fault":"forked"/, (printed) => assert.equal(JSON.parse(printed).affected.length, 2)],
  [
    /\/api\/validators\?network=ethereum-beacon'$/,
    (printed) => assert.deepEqual(new Set(askedToAttest(printed)), new Set(["teku", "nimbus", "prysm"])),
    true,
  ],
  [/-X DELETE/, (printed) => assert.match(printed, /^\{"healed":\[\{.*"fault":"forked"/)],
];

/** What is running already, or would serve from the nodes of a reader. */
const untried = /^(npm start -- --config config\/beacon-simulated\.yaml|breakwater serve --config breakwater\.yaml)$/;

/** Checks the configuration of the page: nothing is wrong with it, and one instance is not enough. */
function checkConfig(): void {
  const folder = mkdtempSync(join(tmpdir(), "breakwater-"));
  const file = join(folder, "breakwater.yaml");
  writeFileSync(file, /^```yaml\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["src/main.ts", "check", "--strict", file], {
    cwd: root,
    encoding: "utf8",
  });
  rmSync(folder, { recursive: true });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /breakwater\.yaml is fine\n\nethereum-beacon: beacon, chain 1, default, 3 upstreams\n/);
  assert.match(stderr, /^hint: one Breakwater is a single point of failure[^\n]*\n$/);
}

async function follow(line: string, { url, admin }: Running): Promise<void> {
  if (untried.test(line)) return;
  if (line === "breakwater check breakwater.yaml") {
    checkConfig();
    return;
  }
  const [, check, again] = steps.find(([pattern]) => pattern.test(line)) ?? [];
  assert.ok(check, `nobody knows how to try: ${line}`);
  const here = line.replaceAll("127.0.0.1:8545", new URL(url).host).replaceAll("127.0.0.1:9545", new URL(admin).host);
  for (let tries = 0; ; tries++) {
    const { stdout } = spawnSync("sh", ["-c", here], { encoding: "utf8", timeout: 20_000 });
    try {
      check(stdout);
      return;
    } catch (error) {
      if (!again || tries === 40) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

test("docs/validators.md: every command does what the page says", {
  skip: curl ? false : "there is no curl on this machine",
}, async () => {
  const breakwater = await run(["serve", "--config", "config/beacon-simulated.yaml"]);
  try {
    assert.match(breakwater.output(), /^ {2}validators http.*\/eth\/v1\/\.\.\.\)$/m);
    const page = readFileSync(join(root, "docs/validators.md"), "utf8");
    const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, body = ""]) => body.trim().split("\n"));
    assert.ok(lines.length > 8);
    for (const line of lines) await follow(line, breakwater);
  } finally {
    assert.equal(await breakwater.stop(), 0, breakwater.output());
  }
});
