import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "undici";
import { breakwaterCommand } from "./contenders.ts";
import { freePort, proxyCore, type Running, type Workplace } from "./machine.ts";
import { feeRecipient, proposer } from "./validators-bodies.ts";
import { BenchChain, blockPath } from "./validators-chain.ts";
import { type BenchNode, startNodes } from "./validators-nodes.ts";

/** One request, as a validator client makes it. */
export interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array | undefined;
}

/** What came of it; `ms` from when it was sent until its last byte was there. */
export interface Told {
  readonly ms: number;
  readonly status: number;
  readonly bytes: number;
  /** Who served it, and how many nodes were asked; where Breakwater says so. */
  readonly upstream: string | undefined;
  readonly attempts: number;
}

/** Asks over a connection of its own, which is kept. A fault of the connection rejects. */
export class Asker {
  readonly #client: Client;

  constructor(url: string) {
    this.#client = new Client(url, { headersTimeout: 60_000, bodyTimeout: 60_000 });
  }

  async ask({ method, path, headers, body }: Ask): Promise<Told> {
    const from = performance.now();
    const answer = await this.#client.request({ method, path, headers, body: body ?? null });
    const bytes = (await answer.body.arrayBuffer()).byteLength;
    const ms = performance.now() - from;
    const { "x-breakwater-upstream": upstream, "x-breakwater-attempts": attempts } = answer.headers;
    return {
      ms,
      status: answer.statusCode,
      bytes,
      upstream: upstream as string | undefined,
      attempts: Number(attempts),
    };
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }
}

/** Three nodes with a chain, and Breakwater before them. */
export interface Stage {
  readonly nodes: readonly BenchNode[];
  readonly chain: BenchChain;
  readonly url: string;
  readonly breakwater: Running;
  /** Ends all of it. */
  stop(): Promise<void>;
}

const nodeCount = 3;
const readyMs = 60_000;
const lookMs = 50;

/** Starts everything in fresh processes and waits until Breakwater asks all nodes for what is signed. */
export async function setStage(workplace: Workplace, slotMs: number, withBlocks = true): Promise<Stage> {
  const nodes = await startNodes(workplace, nodeCount);
  await Promise.all(nodes.map(({ url }) => listening(url)));
  const chain = new BenchChain(nodes, slotMs, withBlocks);
  await chain.begin();
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(workplace.folder, `validators-${port}.yaml`);
  const places = ["aws/us-east-1", "azure/westeurope", "hetzner/fsn1"];
  const upstreams = nodes.map(({ id, url }, index) => {
    const region = places[index] as string;
    return { id, url, provider: region.split("/")[0], region };
  });
  writeFileSync(
    file,
    JSON.stringify({ networks: { beacon: { protocol: "beacon", blockTime: `${slotMs}ms`, upstreams } } }),
  );
  const breakwater = workplace.start("breakwater", proxyCore, breakwaterCommand(file, port, adminPort));
  const stage: Stage = {
    nodes,
    chain,
    url: `http://127.0.0.1:${port}`,
    breakwater,
    async stop() {
      for (const node of nodes) {
        if (!node.running.ended()) node.signal("SIGKILL");
        await node.close();
      }
      await breakwater.stop();
    },
  };
  await ready(stage, withBlocks);
  return stage;
}

/** Asks until all three nodes are asked what to sign; prepares the proposer; and asks until all three are asked for a block. */
async function ready({ url, chain, breakwater }: Stage, withBlocks: boolean): Promise<void> {
  const json = { accept: "application/json" };
  const until = async (what: string, make: () => Ask, enough: (told: Told) => boolean) => {
    const end = Date.now() + readyMs;
    for (;;) {
      const asker = new Asker(url);
      await chain.advance();
      const told = await asker.ask(make()).catch(() => undefined);
      await asker.close();
      if (told && enough(told)) return;
      if (breakwater.ended() || Date.now() > end) {
        const log = readFileSync(breakwater.log, "utf8").slice(-2_000);
        throw new Error(
          `Breakwater is not ready: ${what} was answered ${told?.status} by ${told?.attempts} nodes\n${log}`,
        );
      }
      await pause(lookMs);
    }
  };
  const all = ({ status, attempts }: Told) => status === 200 && attempts === nodeCount;
  await until("attestation data", () => ({ method: "GET", path: votePath(chain.slot), headers: json }), all);
  if (!withBlocks) return;
  const prepared = Buffer.from(JSON.stringify([{ validator_index: `${proposer}`, fee_recipient: feeRecipient }]));
  const headers = { ...json, "content-type": "application/json" };
  const path = "/eth/v1/validator/prepare_beacon_proposer";
  await until(
    "preparation",
    () => ({ method: "POST", path, headers, body: prepared }),
    ({ status }) => status === 200,
  );
  await until("a block", () => ({ method: "GET", path: blockPath(chain.slot + 1, "small"), headers: json }), all);
}

async function listening(url: string): Promise<void> {
  const until = Date.now() + readyMs;
  for (;;) {
    const up = await fetch(url).then(
      (answer) => answer.arrayBuffer(),
      () => undefined,
    );
    if (up) return;
    if (Date.now() > until) throw new Error(`nobody listens at ${url}`);
    await pause(lookMs);
  }
}

export function votePath(slot: number): string {
  return `/eth/v1/validator/attestation_data?slot=${slot}&committee_index=0`;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
