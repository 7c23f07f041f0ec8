import { connect, type Socket } from "node:net";

/** One response, as far as tests look at it. */
export interface RawReply {
  readonly status: number;
  /** Lower case. */
  readonly head: string;
  readonly body: string;
}

/** A client that writes bytes as the test gives them, on one connection, and reads responses that tell their length. */
export class RawClient {
  readonly socket: Socket;
  #pending = "";
  readonly #replies: RawReply[] = [];
  #arrived: () => void = () => {};

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("close", () => this.#arrived());
    this.socket.on("data", (chunk) => {
      this.#pending += chunk.toString("latin1");
      this.#read();
      this.#arrived();
    });
  }

  /** The next `count` responses; fewer when the connection ends before. */
  async replies(count: number): Promise<readonly RawReply[]> {
    while (this.#replies.length < count && !this.socket.closed) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.#replies.splice(0, count);
  }

  /** Sends bytes, and gives the response to them. */
  async ask(bytes: string | Uint8Array): Promise<RawReply | undefined> {
    this.socket.write(bytes);
    const [reply] = await this.replies(1);
    return reply;
  }

  #read(): void {
    for (let end = this.#pending.indexOf("\r\n\r\n"); end >= 0; end = this.#pending.indexOf("\r\n\r\n")) {
      const head = this.#pending.slice(0, end).toLowerCase();
      const from = end + 4;
      const to = from + Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
      if (this.#pending.length < to) return;
      this.#replies.push({ status: Number(head.slice(9, 12)), head, body: this.#pending.slice(from, to) });
      this.#pending = this.#pending.slice(to);
    }
  }
}

/** The bytes of a request. `body` is text, one character per byte, or bytes. */
export function requestBytes(
  body: string | Uint8Array,
  {
    method = "POST",
    path = "/",
    headers = {},
  }: { method?: string; path?: string; headers?: Record<string, string> } = {},
): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body, "latin1") : body;
  const lines = Object.entries({ host: "localhost", "content-length": `${bytes.length}`, ...headers });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), bytes]);
}
