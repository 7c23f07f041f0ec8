import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";

/** A real EVM node in a process of its own. */
export interface Anvil {
  readonly url: string;
  readonly port: number;
  /** Asks it one thing and gives the result; throws on an error. */
  rpc<Result = unknown>(method: string, ...params: unknown[]): Promise<Result>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Anvil's own program, or a sentence that says why it is not to be had. */
export function anvilBinary(): { path: string } | { missing: string } {
  const machine = `${platform()}-${arch() === "x64" ? "amd64" : arch()}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${machine}/package.json`));
    return { path: join(folder, "bin", platform() === "win32" ? "anvil.exe" : "anvil") };
  } catch {
    return { missing: `the npm package @foundry-rs/anvil has no anvil for ${machine}` };
  }
}

/** A TCP port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** The genesis time of every node here, in seconds: the same start makes the same chain. */
const genesis = 1_700_000_000;

/** Starts one node that mines only when told, so that several can be kept identical. */
export async function startAnvil(path: string, port: number): Promise<Anvil> {
  const args = ["--host", "127.0.0.1", "--port", `${port}`, "--chain-id", "31337", "--timestamp", `${genesis}`];
  const child: ChildProcess = spawn(path, [...args, "--no-mining", "--order", "fifo", "--quiet"], { stdio: "ignore" });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const rpc = async <Result>(method: string, ...params: unknown[]): Promise<Result> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const { result, error } = (await response.json()) as { result: Result; error?: unknown };
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  };
  for (let tries = 0; ; tries++) {
    try {
      await rpc("eth_chainId");
      break;
    } catch (error) {
      if (tries === 200 || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return {
    url,
    port,
    rpc,
    signal: (signal) => void child.kill(signal),
    stop: () => {
      child.kill("SIGKILL");
      return gone;
    },
  };
}

/** Several nodes with one chain: what one is told, all are told, and all mine together. */
export class Cluster {
  readonly nodes: Anvil[];
  readonly #path: string;
  /** What every node was told, in order, for a node that starts again. */
  readonly #history: { method: string; params: unknown[] }[] = [];
  #time = genesis;

  private constructor(path: string, nodes: Anvil[]) {
    this.#path = path;
    this.nodes = nodes;
  }

  static async start(path: string, count: number): Promise<Cluster> {
    const nodes = await Promise.all(Array.from({ length: count }, async () => startAnvil(path, await freePort())));
    return new Cluster(path, nodes);
  }

  /** Gives a signed transaction to every node: what gossip does between real nodes. */
  async gossip(raw: string): Promise<void> {
    await this.#all("eth_sendRawTransaction", [raw]);
  }

  /** Mines one block, the same on each node. */
  async mine(): Promise<void> {
    this.#time += 12;
    await this.#all("evm_mine", [{ timestamp: this.#time }]);
  }

  /** Starts a node that was killed again, on its old port, and brings it to where the others are. */
  async restart(index: number): Promise<void> {
    const { port } = this.nodes[index] as Anvil;
    const node = await startAnvil(this.#path, port);
    for (const { method, params } of this.#history) await tell(node, method, params);
    this.nodes[index] = node;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #all(method: string, params: unknown[]): Promise<void> {
    this.#history.push({ method, params });
    await Promise.all(this.nodes.map((node) => tell(node, method, params)));
  }
}

/** A node that knows a transaction already is as it should be; one that is dead will be told when it is back. */
async function tell(node: Anvil, method: string, params: unknown[]): Promise<void> {
  try {
    await node.rpc(method, ...params);
  } catch (error) {
    const text = String(error);
    if (!/already (known|imported)|fetch failed/i.test(text)) throw error;
  }
}
