import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Wallet } from "ethers";
import type { EvidenceRecord, VerifiedUpstream } from "../../src/core/verification.ts";
import { type Anvil, anvilBinary, Cluster } from "../support/anvil.ts";
import { startBreakwater } from "../support/breakwater.ts";
import { type LyingProxy, startProxy } from "./verification-liar.ts";

const anvil = anvilBinary();
const skip = "missing" in anvil ? anvil.missing : false;

/** The first account of anvil's well-known development mnemonic. */
const key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const contract = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
/** Called without data it logs; called with data it reverts with that. */
const code = "0x601d80600b6000396000f33615600f57366000600037366000fd5b602a600052600760206000a100";
const blocks = 90;
const providers = ["akash", "aws", "hetzner", "ovh"];

interface Seen {
  readonly upstreams: readonly VerifiedUpstream[];
  readonly evidence: readonly EvidenceRecord[];
  /** How audits of traces ended: upstream, finding. */
  readonly traces: readonly string[];
}

describe("canaries for traces, real nodes", { skip }, () => {
  let cluster: Cluster;

  before(async () => {
    cluster = await Cluster.start("path" in anvil ? anvil.path : "", 4);
    const wallet = new Wallet(key);
    const fees = { chainId: 31337, maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n };
    const old = { chainId: 31337, gasPrice: 2_000_000_000n };
    for (let nonce = 0; nonce < blocks; nonce++) {
      // One that makes the contract; then transfers, calls, calls that revert, and failed makings.
      const kinds = [
        { to: `0x${"aa".repeat(20)}`, value: 5n },
        { to: contract },
        { to: contract, data: "0x1234" },
        { data: "0xfe" },
      ];
      const what = nonce === 0 ? { data: code } : kinds[nonce % kinds.length];
      const paid = nonce % 3 === 0 ? old : fees;
      await cluster.gossip(await wallet.signTransaction({ ...paid, ...what, nonce, gasLimit: 200_000n }));
      await cluster.mine();
    }
  });

  after(async () => {
    await cluster?.stop();
  });

  /** Runs Breakwater over four nodes, each behind a proxy, three of which are said to serve traces, until `done`. */
  async function watch(make: (node: Anvil, place: number) => Promise<LyingProxy>, done: (seen: Seen) => boolean) {
    const fleet: LyingProxy[] = [];
    for (const [place, node] of cluster.nodes.entries()) fleet.push(await make(node, place));
    const upstreams = fleet.map(
      ({ url }, place) =>
        `      - { id: node-${place}, url: "${url}", provider: ${providers[place]}, traces: ${place < 3} }`,
    );
    const proxy =
      await startBreakwater(`verification: { mode: quarantine, budget: 2000/s, delay: 20ms, canaries: 100ms }
networks:
  ethereum:
    chain: 31337
    health: { interval: 250ms, idleInterval: 500ms }
    upstreams:
${upstreams.join("\n")}
`);
    try {
      for (let tries = 0; tries < 300; tries++) {
        const { upstreams: all } = (await (await fetch(`${proxy.admin}/api/verification`)).json()) as Seen;
        const { evidence } = (await (await fetch(`${proxy.admin}/api/evidence?as=json`)).json()) as Seen;
        const traces = all.flatMap(({ upstream, audits }) =>
          audits.filter(({ check }) => check === "trace").map(({ finding }) => `${upstream} ${finding}`),
        );
        const seen = { upstreams: all, evidence, traces };
        if (done(seen)) {
          const response = await fetch(proxy.url, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "trace_block", params: ["0x7"] }),
          });
          return { ...seen, served: response.headers.get("x-breakwater-upstream") };
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return assert.fail(`it did not come about: ${proxy.output()}`);
    } finally {
      await proxy.stop();
      await Promise.all(fleet.map((one) => one.stop()));
    }
  }

  const count = ({ upstreams }: Seen, finding: string) =>
    upstreams.map(({ audits }) => audits.find((one) => one.check === "trace" && one.finding === finding)?.count ?? 0);

  test("honest nodes agree in either way of asking, and trace calls go to those who serve traces", async () => {
    for (const without of [undefined, "debug_"]) {
      const seen = await watch(
        ({ url }) => startProxy(url, "honest", without === undefined ? {} : { without }),
        (so) =>
          count(so, "agreed")
            .slice(0, 3)
            .every((times) => times >= 6),
      );
      assert.deepEqual(seen.traces, ["node-0 agreed", "node-1 agreed", "node-2 agreed"]);
      assert.deepEqual(seen.evidence, []);
      assert.deepEqual(
        seen.upstreams.map(({ phase, traceless }) => `${phase} ${traceless}`),
        ["clear false", "clear false", "clear false", "clear false"],
      );
      assert.match(seen.served ?? "", /^node-[012]$/);
    }
  });

  for (const without of ["debug_", "trace_"]) {
    test(`a node that alters traces, and has no ${without} methods, is caught by its transaction`, async () => {
      const seen = await watch(
        ({ url }, place) => (place === 0 ? startProxy(url, "altered_traces", { without }) : startProxy(url, "honest")),
        ({ evidence, upstreams }) => evidence.length > 0 && upstreams.some(({ phase }) => phase === "held"),
      );
      const [record] = seen.evidence as [EvidenceRecord];
      assert.deepEqual([record.upstream, record.check, record.finding], ["node-0", "trace", "proved"]);
      assert.match(record.truth ?? "", /^0xf39f.* by the transaction's hash$/);
      assert.deepEqual(
        seen.upstreams.map(({ phase }) => phase),
        ["held", "clear", "clear", "clear"],
      );
    });
  }

  test("a node without traces is no longer asked for them, and nothing is held against it", async () => {
    const bare = async ({ url }: Anvil, place: number) => {
      if (place !== 0) return startProxy(url, "honest");
      const half = await startProxy(url, "honest", { without: "debug_" });
      const none = await startProxy(half.url, "honest", { without: "trace_" });
      return { url: none.url, stop: () => Promise.all([none.stop(), half.stop()]).then(() => undefined) };
    };
    const seen = await watch(bare, ({ upstreams }) => upstreams[0]?.traceless === true);
    assert.deepEqual(
      seen.upstreams.map(({ phase, traceless }) => `${phase} ${traceless}`),
      ["clear true", "clear false", "clear false", "clear false"],
    );
    assert.deepEqual(seen.evidence, []);
    assert.match(seen.served ?? "", /^node-[12]$/);
  });
});
