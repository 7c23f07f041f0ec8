import assert from "node:assert/strict";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { mmdbOf } from "../concentration/hosting/mmdb-fixture.ts";
import { concentrationCommand } from "./concentration.ts";

const folder = mkdtempSync(join(tmpdir(), "breakwater-concentration-"));
after(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const names = ["BREAKWATER_ADMIN_TOKEN", "AKASH_NODE_URL", "ALCHEMY_KEY", "DRPC_KEY", "REDIS_PASSWORD"];
  const env = Object.fromEntries(
    names.map((name) => [name, name.endsWith("URL") ? "http://10.0.0.9" : "stand-in-0123"]),
  );
  const io = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    env,
    signal: new AbortController().signal,
  };
  return { code: await concentrationCommand.run(args, io), out: out.join(""), err: err.join("") };
}

const two = `
concentration: { maxShare: { provider: 60% }, minSurvivability: { n1: 50% } }
networks:
  ethereum:
    peak: 100/s
    upstreams:
      - { url: https://a.example.com, provider: aws, capacity: 80/s }
      - { url: https://b.example.com, provider: hetzner, capacity: 40/s }`;

test("concentration: a file that breaks a rule fails the pipeline, and the table says which and by how much", async () => {
  const file = join(folder, "x.yaml");
  writeFileSync(file, two);
  const { code, out } = await run("--config", file);
  assert.equal(code, 1);
  assert.match(out, /^ethereum: 2 upstreams\n/);
  assert.match(out, /provider {2,}capacity {2,}aws 67 %/);
  assert.match(out, /BROKEN ethereum: provider aws has 66\.7 %, and 60 % is the most\n/);
  assert.match(out, /BROKEN ethereum: without provider:aws \d+(\.\d+)? % could be carried, and 50 % is the least\n/);
  writeFileSync(file, two.replace("80/s", "60/s").replace("40/s", "60/s"));
  const balanced = await run("--config", file);
  assert.deepEqual([balanced.code, balanced.out.endsWith("no rule is broken\n")], [0, true]);
});

test("concentration: JSON for programs, a table in Markdown for pull requests", async () => {
  const file = join(folder, "y.yaml");
  writeFileSync(file, two);
  const { networks, broken } = JSON.parse((await run("--config", file, "--json")).out);
  assert.equal(networks[0].survivability.one.domain, "provider:aws");
  assert.equal(broken.length, 2);
  const { out } = await run("--config", file, "--markdown");
  assert.match(out, /^### ethereum: 2 upstreams\n\n\| dimension \| of \|/);
  assert.match(out, /\| provider \| capacity \| aws 67 % \|/);
});

test("concentration: every example and the simulated fleet can be reported on", async () => {
  const config = fileURLToPath(new URL("../../config/", import.meta.url));
  for (const name of globSync("*.yaml", { cwd: config })) {
    const { code, err } = await run("--config", join(config, name));
    assert.deepEqual([name, code, err], [name, 0, ""]);
  }
  assert.match((await run()).out, /^ethereum: 12 upstreams/);
});

test("concentration: several networks are reported on each by itself, and all together", async () => {
  const file = join(folder, "z.yaml");
  writeFileSync(file, `${two}\n  base:\n    upstreams: [{ url: https://c.example.com, provider: aws }]`);
  const { out } = await run("--config", file);
  assert.deepEqual(
    [...out.matchAll(/^(\S.*): \d+ upstreams?$/gm)].map(([, name]) => name),
    ["ethereum", "base", "all networks"],
  );
  assert.match(out, /\nall networks: [\s\S]*each network is judged by its own\n/);
  assert.doesNotMatch(out, /BROKEN all networks: n1/);
  const sound = two.replace("80/s", "60/s").replace("40/s", "60/s");
  writeFileSync(file, `${sound}\n${sound.slice(sound.indexOf("  ethereum:")).replace("ethereum", "base")}`);
  const balanced = await run("--config", file);
  assert.deepEqual([balanced.code, balanced.out.endsWith("no rule is broken\n")], [0, true]);
});

test("concentration: where upstreams say how much stake depends on them it is a basis of its own, of each network by itself", async () => {
  const file = join(folder, "stake.yaml");
  const base = "\n  base:\n    upstreams: [{ url: https://c.example.com, provider: aws, stake: 9000 }]";
  writeFileSync(file, two.replace("80/s", "80/s, stake: 300").replace("40/s", "40/s, stake: 100") + base);
  const { networks } = JSON.parse((await run("--config", file, "--json")).out);
  const stake = networks.map(({ groups }: { groups: { dimension: string; basis: string; shares: unknown[] }[] }) =>
    groups
      .filter(({ dimension, basis }) => dimension === "provider" && basis === "stake")
      .map(({ shares }) => shares[0]),
  );
  assert.deepEqual(stake, [
    [{ entity: "aws", weight: 300, share: 0.75 }],
    [{ entity: "aws", weight: 9_000, share: 1 }],
    [],
  ]);
  assert.match((await run("--config", file)).out, /\n {2}provider {2,}stake {2,}aws 75 %/);
  assert.match((await run("--config", file, "--markdown")).out, /\| provider \| stake \| aws 75 % \|/);
  writeFileSync(file, two);
  assert.doesNotMatch((await run("--config", file)).out, /stake/);
});

test("concentration: what cannot be read or is not understood says so", async () => {
  const missing = await run("--config", join(folder, "nowhere.yaml"));
  assert.deepEqual([missing.code, /cannot read .*nowhere\.yaml: ENOENT/.test(missing.err)], [1, true]);
  assert.equal((await run("--json", "--markdown")).code, 2);
  assert.equal((await run("stray")).code, 2);
});

test("concentration: with --resolve the host beneath each label is named, and the declared figure beside the observed", async () => {
  const file = join(folder, "hosts.yaml");
  const upstreams = `
networks:
  ethereum:
    upstreams:
      - { id: k1, url: "https://95.216.1.1", provider: akash }
      - { id: f1, url: "https://95.216.1.2", provider: fluence }
      - { id: a1, url: "https://[2a01:4f8::1]", provider: aws }
      - { id: l1, url: "http://10.0.0.5:8545", provider: hetzner }`;
  writeFileSync(file, upstreams);
  const { code, out } = await run("--config", file, "--resolve");
  assert.equal(code, 0);
  assert.match(out, /hosts as declared: HHI 2500 \(akash 25 %\); as observed: HHI 10000 \(hetzner 100 %\); 75 % of/);
  assert.match(out, /\n {2}k1: declared akash, on machines of hetzner \(AS24940, Hetzner Online\)\n/);
  assert.match(out, /\n {2}MISMATCH a1: declared aws, but hosted by hetzner/);
  assert.match(out, /\n {2}l1: declared hetzner, at no public address\n/);
  const { hosting, networks } = JSON.parse((await run("--config", file, "--resolve", "--json")).out);
  const ofAsn = networks[0].groups.find(
    (one: { dimension: string; basis: string }) => one.dimension === "asn" && one.basis === "configured",
  );
  assert.deepEqual([ofAsn.shares[0].entity, ofAsn.shares[0].weight], ["24940", 3], "one network beneath three labels");
  assert.deepEqual(
    hosting.map(({ finding }: { finding: string }) => finding),
    ["beneath", "beneath", "mismatch", "unobservable"],
  );
  const database = join(folder, "asn.mmdb");
  writeFileSync(database, mmdbOf("GeoLite2-ASN", { "95.216.0.0/15": { autonomous_system_number: 16276 } }));
  writeFileSync(file, `hosting: { database: ${database} }${upstreams}`);
  const own = await run("--config", file, "--resolve", "--markdown");
  assert.match(own.out, /- k1: declared akash, on machines of ovh \(AS16276\)\n/);
  rmSync(database);
  const gone = await run("--config", file, "--resolve");
  assert.deepEqual([gone.code, /cannot read .*asn\.mmdb: ENOENT/.test(gone.err)], [1, true]);
});
