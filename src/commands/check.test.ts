import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { mmdbOf } from "../concentration/hosting/mmdb-fixture.ts";
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
    env: { KEY: "s3cret", ALCHEMY_KEY: "s3cret" },
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

/** Three clouds that bear 300 calls a second, and a peak that the loss of two of the upstreams leaves too little for. */
const tight = `
networks:
  ethereum:
    peak: 120/s
    upstreams:
      - { url: https://a.example.com, provider: aws, region: aws/us-east-1, capacity: 100/s }
      - { url: https://b.example.com, provider: aws, region: aws/us-east-1, capacity: 100/s }
      - { url: https://c.example.com, provider: hetzner, capacity: 60/s }
      - { url: https://d.example.com, provider: ovh, capacity: 40/s }`;

test("check: what the loss of each failure domain leaves is told, those that are the same upstreams once", async () => {
  const { code, out, err } = await check(tight);
  assert.equal(code, 0);
  assert.deepEqual(out.slice(out.indexOf("  peak")).trimEnd().split("\n"), [
    "  peak      120 calls/s; the upstreams bear 300",
    "    if provider:aws = region:aws/us-east-1 goes:  75 % of the peak can still be carried",
    "    if provider:hetzner                    goes: 100 % of the peak can still be carried",
    "    if provider:ovh = asn:16276            goes: 100 % of the peak can still be carried",
    "  N-1       does not survive the loss of provider:aws: 75 %",
    "  N-2       does not survive the loss of provider:aws and provider:hetzner: 30 %",
  ]);
  assert.match(err, /^warning: ethereum would not survive the loss of provider:aws: 90 of the peak of 120 calls\/s/m);
});

test("check: a jurisdiction that holds more than any provider is listed, and not counted", async () => {
  const lawful = await check(tight.replace("provider: hetzner", "provider: gcp"));
  assert.match(
    lawful.out,
    /if jurisdiction:us +goes: {2}30 % of the peak can still be carried \(not counted below\)$/m,
  );
  assert.match(lawful.out, /N-1 +does not survive the loss of provider:aws: 75 %$/m);
});

test("check: what cannot be measured is said to be shares, and what it would take", async () => {
  const blind = tight.replaceAll(/, capacity: \d+\/s/g, "");
  assert.match((await check(blind)).out, /goes: {2}50 % of the upstreams are left$/m);
  assert.match((await check(blind)).out, /N-1 +not judged: say what its upstreams bear \(capacity\)$/m);
  const half = await check(tight.replace("hetzner, capacity: 60/s", "hetzner"));
  assert.match(half.out, /peak +120 calls\/s; the upstreams bear 320, 1 of unknown capacity taken for average$/m);
  const low = tight.replace("    peak: 120/s\n", "");
  assert.match(
    (await check(low)).out,
    /peak +not declared; the upstreams bear 300 calls\/s\n[\s\S]*of the capacity is left/,
  );
  assert.match((await check(low)).out, /N-1 +not judged: say its peak\n$/);
  const roomy = await check(tight.replace("120/s", "10/s"));
  assert.match(
    roomy.out,
    /N-1 +survives the loss of any one failure domain\n +N-2 +survives the loss of any two at once\n$/,
  );
  assert.equal(roomy.err, "");
});

test("check: no more than the five worst losses are listed", async () => {
  const many = "abcdefg".split("").map((host) => `{ url: "https://${host}.example.com", provider: ${host} }`);
  const { out } = await check(`networks: { n: { upstreams: [${many.join(", ")}] } }`);
  assert.equal(out.match(/goes:/g)?.length, 5);
});

test("check: what failover.survive refuses fails, with the reason on stderr", async () => {
  const { code, out, err } = await check(`failover: { survive: refuse }${tight}`);
  assert.equal(code, 1);
  assert.doesNotMatch(out, /is fine/);
  assert.match(err, /^x\.yaml: ethereum would not survive the loss of provider:aws: 90 of the peak/m);
  const [{ ok, refusals }] = JSON.parse((await check(`failover: { survive: refuse }${tight}`, "--json")).out).files;
  assert.deepEqual([ok, refusals.length], [false, 1]);
  const ignored = await check(`failover: { survive: ignore }${tight}`, "--strict");
  assert.deepEqual([ignored.code, ignored.err], [0, ""]);
});

test("check: a single upstream is one upstream, and needs no table", async () => {
  const { out } = await check("networks: { n: { upstreams: [{ url: 'https://a.example.com' }] } }");
  assert.match(out, /default, 1 upstream\n/);
  assert.doesNotMatch(out, /N-1/);
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

test("check: hints are told, and nothing fails on them", async () => {
  const node = (host: string, rest: string) => `      - { url: "https://${host}.example.com", ${rest} }`;
  const fleet = `networks:
  n:
    protocol: beacon
    chain: 1
    validators: { quorum: 2 }
    upstreams:
${node("a", "provider: aws, client: teku")}
${node("b", "provider: ovh, client: nimbus")}
${node("c", "provider: gcp, client: prysm")}
`;
  const { code, err } = await check(fleet, "--strict");
  assert.equal(code, 0);
  assert.match(err, /^hint: one Breakwater is a single point of failure[^\n]*\nhint: state is kept in memory[^\n]*\n$/);
  const [report] = JSON.parse((await check(fleet, "--json")).out).files;
  assert.equal(report.hints.length, 2);
  const alike = await check(fleet.replaceAll(/client: \w+/g, "client: teku"), "--strict");
  assert.equal(alike.code, 1);
  assert.match(alike.err, /^warning: all trusted upstreams of n run teku/m);
});

test("docs: what check prints of a configuration on a page is what it prints", async () => {
  const root = new URL("../../docs/", import.meta.url);
  let shown = 0;
  for (const page of globSync("*.md", { cwd: root })) {
    let config = "";
    for (const [, language, body = ""] of readFileSync(new URL(page, root), "utf8").matchAll(
      /^```(\w+)\n([\s\S]*?)^```$/gm,
    )) {
      if (language === "yaml") config = body;
      if (language !== "text" || !body.includes(": evm, ")) continue;
      shown++;
      const file = join(folder, "breakwater.yaml");
      writeFileSync(file, config);
      const { out, err } = await run(file);
      assert.equal(`${out}${err}`, body, page);
    }
  }
  assert.equal(shown, 2);
});

test("check: what is not understood or not there is said", async () => {
  assert.equal((await run()).code, 2);
  assert.match((await run("--strct", "x")).err, /did you mean --strict\?/);
  const missing = await run(join(folder, "none.yaml"));
  assert.deepEqual([missing.code, missing.err], [1, "none.yaml:1:1  the document cannot be read: ENOENT\n"]);
});

test("check: a database of addresses that cannot be read is a warning, and one that can is none", async () => {
  const gone = await check(`hosting: { database: ${folder}/gone.mmdb }${mixed}`);
  assert.deepEqual(
    [gone.code, gone.err],
    [0, "warning: hosting.database: cannot read gone.mmdb: ENOENT; until it can be, a table of the big hosts counts\n"],
  );
  const file = join(folder, "asn.mmdb");
  writeFileSync(file, mmdbOf("GeoLite2-ASN", { "95.216.0.0/15": { autonomous_system_number: 24940 } }));
  assert.equal((await check(`hosting: { database: ${file} }${mixed}`)).err, "");
});
