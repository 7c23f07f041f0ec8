import { createServer, type Server, type Socket } from "node:net";

/** One request as it reached a raw upstream, and the bare connection to answer on. */
export interface Exchange {
  readonly socket: Socket;
  readonly method: string;
  readonly params: unknown;
  /** Writes a response with a length; `body` is bytes, or text. */
  reply(body: string | Uint8Array, options?: { status?: number; headers?: Record<string, string> }): void;
  /** Answers with a JSON-RPC result. */
  result(value: unknown): void;
}

type Script = (exchange: Exchange) => void;

/** What a healthy node tells a health check. */
const health: Readonly<Record<string, unknown>> = {
  eth_chainId: "0x1",
  web3_clientVersion: "Raw/v1",
  eth_blockNumber: "0x64",
  eth_syncing: false,
  net_peerCount: "0x9",
  eth_getBlockByNumber: { number: "0x64", hash: `0x${"11".repeat(32)}` },
};

/**
 * An upstream that answers health checks, and all else by a script that may write whatever bytes it likes: HTTP
 * libraries would not let a test be as rude as real servers are.
 */
export class RawUpstream {
  readonly url: string;
  /** What is done for each method; what is not in here is answered with its own parameters. */
  readonly scripts = new Map<string, Script>();
  /** How often each method was called. */
  readonly calls = new Map<string, number>();
  readonly sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async start(): Promise<RawUpstream> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new RawUpstream(server, (server.address() as { port: number }).port);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => {});
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let end = pending.indexOf("\r\n\r\n"); end >= 0; end = pending.indexOf("\r\n\r\n")) {
        const length = Number(/content-length: (\d+)/i.exec(pending.toString("latin1", 0, end))?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        const body = pending.subarray(end + 4, end + 4 + length);
        pending = pending.subarray(end + 4 + length);
        this.#answer(socket, JSON.parse(body.toString()));
      }
    });
  }

  #answer(socket: Socket, { method, params }: { method: string; params: unknown }): void {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    const reply: Exchange["reply"] = (body, { status = 200, headers = {} } = {}) => {
      const lines = Object.entries({ "content-length": `${Buffer.byteLength(body)}`, ...headers });
      socket.write(`HTTP/1.1 ${status} X\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
      socket.write(body);
    };
    const result = (value: unknown) => reply(JSON.stringify({ jsonrpc: "2.0", id: 1, result: value }));
    const script = this.scripts.get(method);
    if (script) script({ socket, method, params, reply, result });
    else result(method in health ? health[method] : params);
  }
}
