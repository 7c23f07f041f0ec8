import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Wallet } from "ethers";
import type { EvidenceRecord, VerifiedUpstream } from "../../src/core/verification.ts";
import { type Anvil, anvilBinary, Cluster } from "../support/anvil.ts";
import { type Running, startBreakwater } from "../support/breakwater.ts";
import { type LyingProxy, lies, startProxy } from "./verification-liar.ts";

const anvil = anvilBinary();
const skip = "missing" in anvil ? anvil.missing : false;

/** The first account of anvil's well-known development mnemonic. */
const key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const owner = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const contract = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
/** Called without data it logs 42 under topic 7. */
const code = "0x601d80600b6000396000f33615600f57366000600037366000fd5b602a600052600760206000a100";

/** Blocks of the chain: more than the 64 after which anvil calls one final, so that there are blocks of either kind. */
const blocks = 90;

interface Seen {
  readonly mode: string;
  readonly upstreams: readonly VerifiedUpstream[];
  readonly effort: readonly { readonly asked: number; readonly seen: number }[];
}

function configFor(urls: readonly string[], verification: string, more: readonly string[] = []): string {
  const providers = ["akash", "aws", "hetzner", "ovh"];
  const upstreams = urls.map(
    (url, index) => `      - { id: node-${index}, url: "${url}", provider: ${providers[index]}${more[index] ?? ""} }`,
  );
  return `verification: ${verification}
networks:
  ethereum:
    chain: 31337
    policies: { hedge: false, coalesce: false }
    health: { interval: 250ms, idleInterval: 500ms }
    upstreams:
${upstreams.join("\n")}
`;
}

async function rpc(url: string, method: string, ...params: unknown[]): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
}

/** Runs `breakwater audit` and gives its exit code and what it printed. */
async function audit(...args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, ["src/main.ts", "audit", ...args], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { code, text };
}

async function evidenceOf({ admin }: Running): Promise<EvidenceRecord[]> {
  const text = await (await fetch(`${admin}/api/evidence`)).text();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as EvidenceRecord);
}

async function seen({ admin }: Running): Promise<Seen> {
  return (await (await fetch(`${admin}/api/verification`)).json()) as Seen;
}

/** What is seen as soon as it is enough, or after some seconds. */
async function seenWhen(proxy: Running, isEnough: (upstreams: Seen["upstreams"]) => boolean): Promise<Seen> {
  for (let tries = 0; ; tries++) {
    const found = await seen(proxy);
    if (isEnough(found.upstreams) || tries === 100) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const sumOf = (audits: readonly { readonly count: number }[]) => audits.reduce((sum, { count }) => sum + count, 0);

describe("verification end to end, real nodes", { skip }, () => {
  let cluster: Cluster;
  const hashes: string[] = [];
  const path = "path" in anvil ? anvil.path : "";

  before(async () => {
    cluster = await Cluster.start(path, 4);
    const wallet = new Wallet(key);
    const fees = { chainId: 31337, maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n };
    await cluster.gossip(await wallet.signTransaction({ ...fees, nonce: 0, gasLimit: 200_000n, data: code }));
    await cluster.mine();
    for (let block = 2; block <= blocks; block++) {
      const typed = block % 2 === 0 ? fees : { chainId: 31337, gasPrice: 2_000_000_000n };
      await cluster.gossip(
        await wallet.signTransaction({ ...typed, nonce: block - 1, gasLimit: 100_000n, to: contract }),
      );
      await cluster.mine();
    }
    const [node] = cluster.nodes as [Anvil];
    for (let block = 2; block <= blocks; block += 3) {
      const { transactions } = await node.rpc<{ transactions: string[] }>(
        "eth_getBlockByNumber",
        `0x${block.toString(16)}`,
        false,
      );
      hashes.push(transactions[0] as string);
    }
  });

  after(async () => {
    await cluster?.stop();
  });

  /** What users ask: the state now and then, logs, receipts, blocks. */
  async function use(url: string, round: number): Promise<void> {
    const block = `0x${(2 + ((round * 7) % (blocks - 4))).toString(16)}`;
    await Promise.all(
      [
        rpc(url, "eth_getBalance", owner, round % 2 === 0 ? "latest" : block),
        rpc(url, "eth_getBalance", owner, block),
        rpc(url, "eth_getLogs", {
          address: contract,
          fromBlock: block,
          toBlock: `0x${(Number(block) + 2).toString(16)}`,
        }),
        rpc(url, "eth_getBlockByNumber", block, false),
        rpc(url, "eth_getTransactionReceipt", hashes[round % hashes.length]),
        rpc(url, "eth_call", { to: contract }, "latest"),
        rpc(url, "eth_getTransactionCount", owner, "latest"),
        rpc(url, "eth_getCode", contract, block),
        rpc(url, "eth_getStorageAt", contract, "0x0", block),
        rpc(url, "eth_getBlockReceipts", block),
      ].map((asked) => asked.then((response) => response.arrayBuffer())),
    );
  }

  /** Uses it until an upstream is found to lie, or so many rounds are over. */
  async function until(proxy: Running, rounds: number): Promise<EvidenceRecord[]> {
    for (let round = 0; round < rounds; round++) {
      await use(proxy.url, round);
      const evidence = await evidenceOf(proxy);
      if (evidence.length > 0) return evidence;
    }
    for (let tries = 0; tries < 60; tries++) {
      const evidence = await evidenceOf(proxy);
      if (evidence.length > 0) return evidence;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return [];
  }

  const expected: Readonly<Record<(typeof lies)[number], { check: string; finding: string; because: RegExp }>> = {
    wrong_balance: { check: "state", finding: "proved", because: /eth_getBalance at block \d+: proven is 0x/ },
    wrong_logs: { check: "logs", finding: "proved", because: /eth_getLogs at block \d+: proven is 1 logs/ },
    forged_header: { check: "header", finding: "proved", because: /the header's fields have the hash/ },
    stale_state: { check: "state", finding: "proved", because: /eth_getBalance at block \d+: proven is 0x/ },
    dropped_receipts: { check: "receipt", finding: "outvoted", because: /node-\d, node-\d.* say otherwise/ },
  };

  for (const lie of lies) {
    test(`a provider that is honest to probes and lies by ${lie} is caught, and gets no more calls`, async () => {
      const [node, ...honest] = cluster.nodes as [Anvil, ...Anvil[]];
      // All stand behind a proxy, so that the liar is not found by being slower.
      const fleet: LyingProxy[] = [];
      let proxy: Running | undefined;
      try {
        fleet.push(await startProxy(node.url, lie));
        for (const { url } of honest) fleet.push(await startProxy(url, "honest"));
        const urls = fleet.map(({ url }) => url);
        proxy = await startBreakwater(
          configFor(
            urls,
            "{ mode: quarantine, newcomers: 100%, trusted: 100%, budget: 2000/s, delay: 20ms, canaries: 1h }",
          ),
        );
        const evidence = await until(proxy, 200);

        const blamed = [...new Set(evidence.map(({ upstream }) => upstream))];
        assert.deepEqual(blamed, ["node-0"], JSON.stringify((await seen(proxy)).upstreams) + proxy.output());
        const [record] = evidence as [EvidenceRecord];
        assert.equal(record.check, expected[lie].check);
        assert.equal(record.finding, expected[lie].finding);
        assert.match(record.because, expected[lie].because);
        assert.ok(record.finding === "proved" || record.references.length >= 2);
        const { upstreams } = await seen(proxy);
        assert.deepEqual(
          upstreams.map(({ phase }) => phase),
          ["held", "clear", "clear", "clear"],
        );
        // From now on clients get the truth only.
        const status = await (await fetch(`${proxy.admin}/metrics`)).text();
        assert.match(
          status,
          /breakwater_upstream_verdict\{network="ethereum",upstream="node-0",verdict="quarantined"\} 1/,
        );
        assert.match(status, /breakwater_quarantines_total\{network="ethereum",upstream="node-0"\} 1/);
        for (let round = 0; round < 10; round++) {
          const response = await rpc(proxy.url, "eth_getBalance", owner, `0x${(20 + round).toString(16)}`);
          assert.notEqual(response.headers.get("x-breakwater-upstream"), "node-0");
          const { result } = (await response.json()) as { result: string };
          const truth = await (honest[0] as Anvil).rpc("eth_getBalance", owner, `0x${(20 + round).toString(16)}`);
          assert.equal(result, truth);
        }
        assert.match(proxy.output(), /audit of \w+: (proved|outvoted)/);
      } finally {
        await proxy?.stop();
        await Promise.all(fleet.map((one) => one.stop()));
      }
    });
  }

  test("providers that are honest, though slow or pruned, are never quarantined, nor disputed", async () => {
    const [one, two, three, four] = cluster.nodes as [Anvil, Anvil, Anvil, Anvil];
    const slow = await startProxy(one.url, "honest", { slowMs: 150 });
    const pruned = await startProxy(two.url, "honest", { prunedTo: 60 });
    let proxy: Running | undefined;
    try {
      proxy = await startBreakwater(
        configFor(
          [slow.url, pruned.url, three.url, four.url],
          "{ mode: quarantine, newcomers: 100%, trusted: 100%, budget: 2000/s, delay: 20ms, canaries: 100ms }",
          ["", ", archive: true", ", archive: true", ", archive: true"],
        ),
      );
      for (let round = 0; round < 60; round++) await use(proxy.url, round);
      const { upstreams } = await seenWhen(proxy, (all) => {
        const agreed = all.flatMap(({ audits }) => audits.filter(({ finding }) => finding === "agreed"));
        const each = all.every(({ audits }) => audits.length > 0);
        return each && new Set(agreed.map(({ check }) => check)).size === 5 && sumOf(agreed) > 300;
      });
      assert.deepEqual(await evidenceOf(proxy), []);
      assert.deepEqual(
        upstreams.map(({ phase, audits }) => [
          phase,
          audits.filter(({ finding }) => !["agreed", "unanswered"].includes(finding)),
        ]),
        upstreams.map(() => ["clear", []]),
      );
      const audits = upstreams.flatMap((each) => each.audits.filter(({ finding }) => finding === "agreed"));
      const checked = new Set(audits.map(({ check }) => check));
      assert.deepEqual([...checked].sort(), ["call", "header", "logs", "receipt", "state"]);
      assert.ok(sumOf(audits) > 300, "there was something to be wrong about");
      for (const each of upstreams) assert.ok(each.audits.length > 0, `${each.upstream} was audited`);
    } finally {
      await proxy?.stop();
      await Promise.all([slow.stop(), pruned.stop()]);
    }
  });

  test("breakwater audit: says on demand which upstream of a file lies, and which one does not", async () => {
    const [node, ...honest] = cluster.nodes as [Anvil, ...Anvil[]];
    const fleet = [await startProxy(node.url, "wrong_logs")];
    for (const { url } of honest) fleet.push(await startProxy(url, "honest"));
    const folder = await mkdtemp(join(tmpdir(), "breakwater-"));
    const file = join(folder, "config.yaml");
    let proxy: Running | undefined;
    try {
      const config = configFor(
        fleet.map(({ url }) => url),
        "{ mode: observe, newcomers: 100%, budget: 2000/s, delay: 20ms }",
      );
      await writeFile(file, config);
      const lied = await audit("--upstream", "node-0", "--config", file, "--calls", "30");
      assert.equal(lied.code, 1, lied.text);
      assert.match(lied.text, /logs +(\d+ agreed, )?[1-9]\d* proved/);
      assert.match(lied.text, /eth_getLogs at block \d+: proven is 1 logs in block \d+, by receipts root 0x/);
      assert.match(lied.text, /Of \d+ answers that could be judged \d+ (is|are) wrong\./);
      const right = await audit("--upstream", "node-1", "--config", file, "--calls", "30", "--json");
      assert.equal(right.code, 0, right.text);
      const report = JSON.parse(right.text) as { upstream: VerifiedUpstream; evidence: unknown[] };
      assert.deepEqual(report.evidence, []);
      assert.ok(report.upstream.audits.every(({ finding }) => finding === "agreed"));
      assert.deepEqual(report.upstream.audits.map(({ check }) => check).sort(), ["header", "logs", "receipt", "state"]);

      proxy = await startBreakwater(config);
      await until(proxy, 200);
      const audited = ({ upstreams: all }: Seen) =>
        all.some(({ upstream, audits }) => upstream === "node-2" && audits.some(({ finding }) => finding === "agreed"));
      for (let round = 0; round < 100 && !audited(await seen(proxy)); round++) await use(proxy.url, round);
      const shown = await audit("--upstream", "node-0", "--admin", proxy.admin);
      assert.equal(shown.code, 1, shown.text);
      assert.match(shown.text, /eth_getLogs at block \d+: proven is/);
      const clear = await audit("--upstream", "node-2", "--admin", proxy.admin);
      assert.match(clear.text, /with 95 % certainty fewer than [\d.]+ % of such answers are wrong/);
      const { mode, upstreams } = await seen(proxy);
      assert.deepEqual([mode, upstreams[0]?.phase], ["observe", "held"]);
      const metrics = await (await fetch(`${proxy.admin}/metrics`)).text();
      assert.match(
        metrics,
        /breakwater_upstream_verdict\{network="ethereum",upstream="node-0",verdict="quarantined"\} 0/,
      );
    } finally {
      await proxy?.stop();
      await Promise.all(fleet.map((one) => one.stop()));
      await rm(folder, { recursive: true });
    }
  });
});
