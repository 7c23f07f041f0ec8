import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { LightClientStatus } from "../core/verification.ts";
import { sampleUpstream } from "../observe/sample-fleet.ts";
import { sampleVerification, sampleVerified } from "../observe/sample-verification.ts";
import { auditCommand } from "./audit.ts";
import { oneNamed, unserving } from "./audit-run.ts";

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    env: {},
    signal: new AbortController().signal,
  };
  return { code: await auditCommand.run(args, io), out: out.join(""), err: err.join("") };
}

test("audit: what cannot be understood is said, and nobody is asked", async () => {
  const table: [args: string[], because: RegExp][] = [
    [[], /needs --upstream/],
    [["--upstream", "a"], /either --config or --admin/],
    [["--upstream", "a", "--config", "x", "--admin", "http://127.0.0.1"], /either --config or --admin/],
    [["--upstream", "a", "--config", "x", "--calls", "0"], /--calls must be/],
    [["--upstream", "a", "--config", "x", "--calls", "many"], /--calls must be/],
    [["--upstream", "a", "more"], /does not know what to do with more/],
    [["--upstraem", "a"], /did you mean --upstream/],
  ];
  for (const [args, because] of table) {
    const { code, err } = await run(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, because);
  }
});

test("audit: a file that is not there, an upstream that is not in it and a proxy that is not there are said so", async () => {
  const missing = await run("--upstream", "a", "--config", "/nowhere.yaml");
  assert.deepEqual([missing.code, missing.err], [1, "breakwater audit: cannot read /nowhere.yaml: ENOENT\n"]);
  const unknown = await run("--upstream", "nobody", "--config", "config/default.yaml");
  assert.deepEqual([unknown.code, unknown.err], [1, "breakwater audit: no upstream is called nobody\n"]);
  const mistyped = await run("--upstream", "asw-1", "--config", "config/default.yaml");
  assert.match(mistyped.err, /no upstream is called asw-1; did you mean aws-1\?/);
  const silent = await run("--upstream", "a", "--admin", "http://127.0.0.1:9");
  assert.equal(silent.code, 1);
  assert.match(silent.err, /does not answer/);
  assert.match((await run("--upstream", "a", "--admin", "ftp://x")).err, /--admin must be a URL/);
});

test("audit: where two networks have an upstream of one id, it must be said which is meant", () => {
  const all = ["ethereum", "base"].map((network) => ({ network, upstream: "n1" }));
  const of = (network: string | undefined) => oneNamed(all, { upstream: "n1", network });
  assert.deepEqual(of(undefined), { problem: "upstreams of ethereum, base are called n1: say which with --network" });
  assert.deepEqual(of("base"), all[1]);
  assert.deepEqual(of("gnosis"), { problem: "no upstream of gnosis is called n1" });
});

test("audit: where too few serve the chain to compare with, those that do not are named with the reason", () => {
  const upstreams = [
    sampleUpstream("a1", { provider: "aws" }),
    sampleUpstream("b1", { provider: "ovh" }, { confirmed: false, because: "probe: unreachable" }),
    sampleUpstream("c1", { provider: "gcp" }, { head: 0 }),
  ];
  assert.deepEqual(unserving(upstreams), ["b1 does not (probe: unreachable)", "c1 has no block after its first"]);
});

test("audit: who vouches for the headers that proofs are checked against is said", async () => {
  const [follows] = sampleVerification().lightClients() as [LightClientStatus];
  const table: [lightClients: LightClientStatus[], said: RegExp][] = [
    [[], /^There is no light client: two independent upstreams vouch for headers\.$/m],
    [[follows], /^A light client vouches for headers up to block 20219075 /m],
    [
      [{ ...follows, block: undefined, trouble: "its block is 20d old" }],
      /^The light client is of no use now, .*: its /m,
    ],
    [[{ ...follows, network: "another" }], /^There is no light client/m],
  ];
  for (const [lightClients, said] of table) {
    const proxy = createServer(({ url = "" }, reply) => {
      const body = url.startsWith("/api/verification")
        ? { upstreams: [sampleVerified], lightClients }
        : { evidence: [] };
      reply.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => {
      proxy.listen(0, "127.0.0.1", resolve);
    });
    const { out } = await run(
      "--upstream",
      "a1",
      "--admin",
      `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    );
    proxy.closeAllConnections();
    proxy.close();
    assert.match(out, said);
  }
});
