import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Contract, FetchRequest, isError, JsonRpcProvider, Wallet } from "ethers";
import { createPublicClient, defineChain, http } from "viem";
import { Web3 } from "web3";
import { anvilBinary, Cluster } from "../support/anvil.ts";
import { type Running, startBreakwater } from "../support/breakwater.ts";
import { startLoad } from "../support/load.ts";

const anvil = anvilBinary();
const skip = "missing" in anvil ? anvil.missing : false;

/** The first account of anvil's well-known development mnemonic, and a contract that it deploys first. */
const key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const owner = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const contract = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
/** Called with data it reverts with that data; called without, it logs 42 under topic 7. */
const code = "0x601d80600b6000396000f33615600f57366000600037366000fd5b602a60005260076020 6000a100".replace(" ", "");
/** What Solidity's `revert("nope")` returns: Error(string). */
const nope = `0x08c379a0${"20".padStart(64, "0")}${"4".padStart(64, "0")}${"6e6f7065".padEnd(64, "0")}`;

/** Hedge after exactly this long, so that the longest wait is known. */
const hedgeMs = 150;

function configFor(cluster: Cluster): string {
  const providers = ["aws", "hetzner", "ovh"];
  const upstreams = cluster.nodes.map(
    ({ url }, index) => `      - { id: node-${index}, url: "${url}", provider: ${providers[index]} }`,
  );
  return `networks:
  ethereum:
    chain: 31337
    policies: { hedge: { min: ${hedgeMs}ms, max: ${hedgeMs}ms } }
    health: { interval: 250ms, idleInterval: 500ms }
    upstreams:
${upstreams.join("\n")}
`;
}

async function raw(url: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("evm end to end, real nodes and real clients", { skip }, () => {
  let cluster: Cluster;
  let proxy: Running;
  const path = "path" in anvil ? anvil.path : "";

  before(async () => {
    cluster = await Cluster.start(path, 3);
    const wallet = new Wallet(key);
    const fees = { chainId: 31337, maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n };
    await cluster.gossip(await wallet.signTransaction({ ...fees, nonce: 0, gasLimit: 200_000n, data: code }));
    await cluster.mine();
    await cluster.gossip(await wallet.signTransaction({ ...fees, nonce: 1, gasLimit: 100_000n, to: contract }));
    await cluster.mine();
    for (let blocks = 0; blocks < 3; blocks++) await cluster.mine();
    proxy = await startBreakwater(configFor(cluster));
  });

  after(async () => {
    await proxy?.stop();
    await cluster?.stop();
  });

  test("ethers: reads, a batch, logs and a revert with its data come as from a node", async () => {
    const provider = new JsonRpcProvider(proxy.url);
    try {
      const [block, balance, nonce, number, network] = await Promise.all([
        provider.getBlock("latest"),
        provider.getBalance(owner),
        provider.getTransactionCount(owner),
        provider.getBlockNumber(),
        provider.getNetwork(),
      ]);
      assert.equal(block?.number, 5);
      assert.equal(number, 5);
      assert.ok(balance > 0n);
      assert.equal(nonce, 2);
      assert.equal(network.chainId, 31337n);
      const logs = await provider.getLogs({ address: contract, fromBlock: 0, toBlock: "latest" });
      assert.deepEqual(
        logs.map(({ data, topics }) => [BigInt(data), topics.map(BigInt)]),
        [[42n, [7n]]],
      );
      await assert.rejects(provider.call({ to: contract, data: nope }), (error) => {
        assert.ok(isError(error, "CALL_EXCEPTION"));
        assert.equal(error.reason, "nope");
        assert.equal(error.data, nope);
        return true;
      });
    } finally {
      provider.destroy();
    }
  });

  test("viem: id 0, absent params and its own error types work through the proxy", async () => {
    const chain = defineChain({
      id: 31337,
      name: "anvil",
      nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
      rpcUrls: { default: { http: [proxy.url] } },
    });
    const client = createPublicClient({ chain, transport: http(proxy.url, { batch: true }) });
    const [number, balance, gas, bytecode] = await Promise.all([
      client.getBlockNumber(),
      client.getBalance({ address: owner }),
      client.getGasPrice(),
      client.getCode({ address: contract }),
    ]);
    assert.equal(number, 5n);
    assert.ok(balance > 0n && gas > 0n);
    assert.equal(bytecode?.length, 2 + 2 * 29);
    await assert.rejects(client.call({ to: contract, data: nope as `0x${string}` }), /nope/);
    await assert.rejects(
      client.request({ method: "eth_nothingLikeThis" } as never),
      /eth_nothingLikeThis|not found|does not exist/i,
    );
  });

  test("web3: string ids are echoed and a revert keeps its data", async () => {
    const web3 = new Web3(proxy.url);
    assert.equal(await web3.eth.getBlockNumber(), 5n);
    assert.ok((await web3.eth.getBalance(owner)) > 0n);
    await assert.rejects(web3.eth.call({ to: contract, data: nope }), (error) => {
      assert.match(
        JSON.stringify(error, (_key, value) => (typeof value === "bigint" ? `${value}` : value)),
        /nope|08c379a0/,
      );
      return true;
    });
  });

  test("ids of every legal shape come back byte for byte, and a notification gets no answer", async () => {
    for (const id of ["0", "9223372036854775809", "1.5", '"x"', '"\\u00e9"', "null"]) {
      const { text } = await raw(
        proxy.url,
        `{"jsonrpc":"2.0","id":${id},"method":"eth_getBalance","params":["${owner}","latest"]}`,
      );
      assert.ok(text.startsWith(`{"jsonrpc":"2.0","id":${id},"result":"0x`), text);
    }
    const silent = await raw(proxy.url, '{"jsonrpc":"2.0","method":"eth_blockNumber"}');
    assert.deepEqual([silent.status, silent.text], [204, ""]);
    const mixed = await raw(
      proxy.url,
      ` [{"jsonrpc":"2.0","id":7,"method":"eth_chainId"},{"jsonrpc":"2.0","method":"eth_chainId"},{"jsonrpc":"2.0","id":7,"method":"eth_sign","params":[]},3]`,
    );
    const replies = JSON.parse(mixed.text) as { id: unknown; result?: string; error?: { code: number } }[];
    assert.deepEqual(
      replies.map(({ id, result, error }) => [id, result ?? error?.code]),
      [
        [7, "0x7a69"],
        [7, -32601],
        [null, -32600],
      ],
    );
  });

  test("x-breakwater-explain: shows each attempt and what was passed over", async () => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["${owner}","latest"]}`;
    const { headers } = await raw(proxy.url, body, { "x-breakwater-explain": "1" });
    assert.match(headers.get("x-breakwater-upstream") ?? "", /^node-\d$/);
    assert.equal(headers.get("x-breakwater-attempts"), "1");
    const explained = JSON.parse(headers.get("x-breakwater-explain") ?? "") as {
      attempts: { upstream: string; outcome: string }[];
    };
    assert.equal(explained.attempts[0]?.outcome, "answer");
  });

  test("a transaction is sent once, its receipt is found, and sending it again gives its hash, not an error", async () => {
    const request = new FetchRequest(proxy.url);
    const provider = new JsonRpcProvider(request, 31337, { staticNetwork: true, pollingInterval: 100 });
    try {
      const wallet = new Wallet(key, provider);
      const target = new Contract(contract, [], wallet);
      const filled = await wallet.populateTransaction({ to: await target.getAddress(), gasLimit: 100_000n });
      const signed = await wallet.signTransaction(filled);
      const sent = await provider.broadcastTransaction(signed);
      const again = await raw(
        proxy.url,
        `{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["${signed}"]}`,
      );
      assert.equal(JSON.parse(again.text).result, sent.hash, again.text);
      await cluster.gossip(signed);
      await cluster.mine();
      const receipt = await sent.wait(1, 5_000);
      assert.equal(receipt?.status, 1);
      assert.equal(receipt?.blockNumber, 6);
      const late = await raw(
        proxy.url,
        `{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["${signed}"]}`,
      );
      assert.equal(
        JSON.parse(late.text).result,
        sent.hash,
        "a mined transaction sent again is still the client's success",
      );
    } finally {
      provider.destroy();
    }
  });

  test("filters work through several nodes: each is asked where it was made", async () => {
    const ask = async (method: string, params: unknown[]) => {
      const { text } = await raw(proxy.url, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
      return JSON.parse(text) as { result?: unknown; error?: { code: number; message: string } };
    };
    const made = await Promise.all(Array.from({ length: 6 }, () => ask("eth_newFilter", [{ address: contract }])));
    const fees = { chainId: 31337, maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n };
    await cluster.gossip(
      await new Wallet(key).signTransaction({ ...fees, nonce: 3, gasLimit: 100_000n, to: contract }),
    );
    await cluster.mine();
    for (const { result: filter } of made) {
      const { result } = await ask("eth_getFilterChanges", [filter]);
      assert.equal((result as unknown[]).length, 1);
      assert.deepEqual((await ask("eth_getFilterChanges", [filter])).result, []);
      assert.equal((await ask("eth_uninstallFilter", [filter])).result, true);
    }
  });

  test("one node killed and another frozen under 200 calls a second: no call fails, none waits long, both come back", async () => {
    const bodies = [
      `{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["${owner}","latest"]}`,
      '{"jsonrpc":"2.0","id":2,"method":"eth_blockNumber"}',
      '{"jsonrpc":"2.0","id":3,"method":"eth_getBlockByNumber","params":["latest",false]}',
      `{"jsonrpc":"2.0","id":4,"method":"eth_getLogs","params":[{"address":"${contract}","fromBlock":"0x0","toBlock":"latest"}]}`,
      `{"jsonrpc":"2.0","id":5,"method":"eth_getCode","params":["${contract}","latest"]}`,
    ];
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const load = startLoad(proxy.url, 200, bodies);
    await pause(2_000);
    const normal = Math.max(...load.results.map(({ ms }) => ms));
    cluster.nodes[0]?.signal("SIGKILL");
    await pause(2_000);
    cluster.nodes[1]?.signal("SIGSTOP");
    await pause(3_000);
    const onlyThird = load.results.length;
    await pause(500);
    cluster.nodes[1]?.signal("SIGCONT");
    await cluster.restart(0);
    await pause(6_000);
    const back = performance.now();
    for (
      let waited = 0;
      waited < 60 && new Set(load.results.filter(({ at }) => at > back).map(({ upstream }) => upstream)).size < 3;
      waited++
    ) {
      await pause(500);
    }
    const results = await load.stop();
    const failed = results.filter(({ error }) => error !== undefined);
    assert.deepEqual(failed.slice(0, 3), [], `${failed.length} of ${results.length} calls failed`);
    const slowest = Math.max(...results.map(({ ms }) => ms));
    assert.ok(
      slowest <= 2 * hedgeMs + Math.max(normal, 50),
      `a call waited ${slowest} ms; with all nodes well the slowest took ${normal} ms`,
    );
    const late = results.slice(onlyThird, onlyThird + 50).map(({ upstream }) => upstream);
    assert.deepEqual([...new Set(late)], ["node-2"], "only the node that lives serves");
    const recovered = new Set(results.filter(({ at }) => at > back).map(({ upstream }) => upstream));
    assert.equal(recovered.size, 3, `all three serve again: ${[...recovered]}`);
  });
});
