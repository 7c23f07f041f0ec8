import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkCommand } from "./check.ts";

const folder = mkdtempSync(join(tmpdir(), "breakwater-check-"));
after(() => rmSync(folder, { recursive: true }));

async function check(text: string, ...options: string[]) {
  const file = join(folder, "x.yaml");
  writeFileSync(file, text);
  return run(file, ...options);
}

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    env: { KEY: "s3cret" },
    signal: new AbortController().signal,
  };
  const code = await checkCommand.run(args, io);
  return { code, out: out.join("").replaceAll(`${folder}/`, ""), err: err.join("").replaceAll(`${folder}/`, "") };
}

const mixed = `
networks:
  ethereum:
    chain: 1
    upstreams:
      - { url: "https://a.example.com/\${KEY}", provider: aws, region: aws/us-east-1, client: geth }
      - { url: https://b.example.com, provider: hetzner, region: hetzner/fsn1, client: geth }
      - { url: https://c.example.com, provider: hetzner, client: reth }`;

test("check: a good file is summed up by what it depends on", async () => {
  const { code, out, err } = await check(mixed);
  assert.equal(code, 0);
  assert.equal(err, "");
  assert.match(out, /^x\.yaml is fine\n\nethereum: evm, chain 1, default, 3 upstreams\n/);
  assert.match(out, /provider +hetzner x2, aws; HHI 5556, as 1\.8 equal ones/);
  assert.match(out, /region +aws\/us-east-1, hetzner\/fsn1 \(known of 67 %\)/);
  assert.match(out, /client +geth x2, reth/);
});

test("check: a bad file is refused with all its problems, on stderr", async () => {
  const { code, out, err } = await check("networks:\n  n:\n    upstreams:\n      - { ulr: http://a, tier: x }");
  assert.equal(code, 1);
  assert.equal(out, "");
  assert.match(err, /^x\.yaml:4:11 {2}networks\.n\.upstreams\[0\]\.ulr is not known\. Did you mean "url"\?$/m);
  assert.match(err, /^x\.yaml:4:32 {2}networks\.n\.upstreams\[0\]\.tier must be a whole number$/m);
});

test("check: what all upstreams have in common is a warning, which --strict fails on", async () => {
  const alike = (host: string) =>
    `{ url: 'https://${host}.example.com', provider: aws, region: aws/us-east-1, client: geth }`;
  const text = `networks: { n: { upstreams: [${alike("a")}, ${alike("b")}] } }`;
  const { code, err } = await check(text);
  assert.equal(code, 0);
  assert.match(err, /^warning: all upstreams of n are with aws/m);
  assert.match(err, /^warning: all upstreams of n stand in aws\/us-east-1/m);
  assert.match(err, /^warning: all upstreams of n run geth/m);
  assert.equal((await check(text, "--strict")).code, 1);
  assert.equal((await check(mixed, "--strict")).code, 0);
  const single = await check("networks: { n: { upstreams: [{ url: 'https://a.example.com' }] } }");
  assert.match(single.err, /^warning: n has a single upstream/m);
});

test("check: --json tells programs the same", async () => {
  const good = JSON.parse((await check(mixed, "--json")).out);
  assert.equal(good.files[0].ok, true);
  assert.equal(good.files[0].networks[0].spreads[0].indices.hhi.toFixed(0), "5556");
  const bad = JSON.parse((await check("networks: 3", "--json")).out);
  assert.deepEqual(
    bad.files[0].problems.map(({ line, path }: { line: number; path: string }) => [line, path]),
    [[1, "networks"]],
  );
});

test("check: what is not understood or not there is said", async () => {
  assert.equal((await run()).code, 2);
  assert.match((await run("--strct", "x")).err, /did you mean --strict\?/);
  const missing = await run(join(folder, "none.yaml"));
  assert.deepEqual([missing.code, missing.err], [1, "none.yaml:1:1  the document cannot be read: ENOENT\n"]);
});
