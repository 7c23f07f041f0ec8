import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "undici";
import { freePort, loadCore, type Running, type Workplace } from "./machine.ts";

/** What a node is to answer. */
export interface Stored {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** For who asks for octets first. */
  readonly ssz?: boolean;
}

/** A node that is told what to answer may be stopped or dead: then nobody waits for it, in milliseconds. */
const patienceMs = 1_000;

/** One of the small beacon nodes; see `beacon-node.c`. */
export class BenchNode {
  readonly url: string;
  readonly id: string;
  readonly running: Running;
  readonly #control: Client;

  constructor(id: string, port: number, running: Running) {
    this.id = id;
    this.url = `http://127.0.0.1:${port}`;
    this.running = running;
    this.#control = new Client(this.url);
  }

  /** Has it answer so from now on. */
  async store({ target, headers, body, ssz = false }: Stored): Promise<void> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `HTTP/1.1 200 OK\r\n${lines.join("")}content-length: ${body.length}\r\n\r\n`;
    await this.#put(target, ssz, Buffer.concat([Buffer.from(head), body]));
  }

  /** Has it know nothing of that target any more. */
  forget({ target, ssz = false }: Pick<Stored, "target" | "ssz">): Promise<void> {
    return this.#put(target, ssz, Buffer.alloc(0));
  }

  /** Has it tell an event to whoever listens. */
  async tell(event: string, data: unknown): Promise<void> {
    const body = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    await this.#ask("/bench/events", "POST", body, {});
  }

  signal(name: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    process.kill(this.running.pid, name);
  }

  close(): Promise<void> {
    return this.#control.destroy();
  }

  #put(target: string, ssz: boolean, body: Uint8Array): Promise<void> {
    return this.#ask(target, "PUT", body, ssz ? { "x-encoding": "ssz" } : {});
  }

  async #ask(path: string, method: "PUT" | "POST", body: string | Uint8Array, headers: Record<string, string>) {
    const limits = { headersTimeout: patienceMs, bodyTimeout: patienceMs };
    const answer = await this.#control.request({ path, method, body, headers, ...limits });
    await answer.body.dump();
  }
}

let program: string | undefined;

/** Starts so many nodes, compiling them first. They share the load's core, which nothing of Breakwater runs on. */
export async function startNodes(workplace: Workplace, count: number): Promise<BenchNode[]> {
  if (program === undefined) {
    const built = join(workplace.folder, "beacon-node");
    const source = fileURLToPath(new URL("beacon-node.c", import.meta.url));
    await workplace.run(loadCore, ["cc", "-O2", "-o", built, source]);
    program = built;
  }
  const nodes: BenchNode[] = [];
  for (let index = 0; index < count; index++) {
    const port = await freePort();
    const id = `node-${index}`;
    nodes.push(new BenchNode(id, port, workplace.start(id, loadCore, [program, String(port)])));
  }
  return nodes;
}
