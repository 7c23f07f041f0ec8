import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import type { Clock } from "../lib/clock.ts";
import { keepAliveMs } from "./connections.ts";
import type { SimulatedFleet } from "./fleet.ts";
import type { Plan } from "./plan.ts";
import type { SimulatedProvider } from "./provider.ts";
import type { SimulatedRequest } from "./service.ts";

/** Simulated upstreams that can be reached over HTTP on this machine. */
export interface ListeningFleet {
  /** Where an upstream listens: `http://127.0.0.1:PORT`. */
  url(network: string, upstream: string): string | undefined;
  close(): Promise<void>;
}

/** Larger requests than this are cut off: nobody has business sending them to a simulated upstream. */
const requestLimit = 4 * 1024 * 1024;

/** A port that somebody took while connections were refused is asked for again after this. */
const reopenMs = 100;

/**
 * Serves each upstream of a simulated fleet on a port of its own on the loopback interface, carrying out the same plans
 * as the virtual transport. Two faults have no exact counterpart without names and without TLS. Under `dns` new
 * connections are refused, or reset where the fault strikes only some, and live ones go on. Under `tls_hang` live ones
 * break, and what comes over new ones is never answered. Rejects when a port cannot be had.
 */
export async function listen(fleet: SimulatedFleet, clock: Clock): Promise<ListeningFleet> {
  const listeners = await Promise.all(fleet.providers.map((provider) => Listener.open(provider, fleet, clock)));
  const byName = new Map(listeners.map((one) => [`${one.provider.member.network}/${one.provider.member.id}`, one]));
  fleet.faults.onChange(() => {
    for (const listener of listeners) listener.follow();
  });
  return {
    url: (network, upstream) => byName.get(`${network}/${upstream}`)?.url,
    close: async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

/** One upstream's server. While a fault has its connections refused it does not listen, and keeps its port in mind. */
class Listener {
  readonly provider: SimulatedProvider;
  readonly #fleet: SimulatedFleet;
  readonly #clock: Clock;
  readonly #server: Server;
  /** Connections that never get beyond their handshake. */
  readonly #hanging = new WeakSet<Socket>();
  #brokenAt = Number.NEGATIVE_INFINITY;
  #port = 0;
  #closed = false;

  private constructor(provider: SimulatedProvider, fleet: SimulatedFleet, clock: Clock) {
    this.provider = provider;
    this.#fleet = fleet;
    this.#clock = clock;
    this.#server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) =>
      this.#serve(request, response),
    );
    this.#server.on("connection", (socket) => {
      const plan = provider.connect();
      if (plan?.ending === "unresolved") socket.resetAndDestroy();
      if (plan?.ending === "unconnected") this.#hanging.add(socket);
    });
  }

  static async open(provider: SimulatedProvider, fleet: SimulatedFleet, clock: Clock): Promise<Listener> {
    const listener = new Listener(provider, fleet, clock);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once("error", reject);
      listener.#server.listen(0, "127.0.0.1", resolve);
    });
    listener.#port = (listener.#server.address() as AddressInfo).port;
    listener.#server.removeAllListeners("error");
    listener.#server.on("error", () => clock.schedule(reopenMs, () => listener.follow()));
    return listener;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Stops or starts listening as the present faults have it. */
  follow(): void {
    const active = this.#fleet.faults.active(this.provider.member);
    const wholly = (fault: string) =>
      active.some(({ spec }) => spec.fault === fault && (spec.rate ?? 1) >= 1 && spec.ramp === undefined);
    const breaks = wholly("refuse") || this.provider.brokenAt > this.#brokenAt;
    this.#brokenAt = this.provider.brokenAt;
    if (breaks) this.#server.closeAllConnections();
    const deaf = wholly("refuse") || wholly("dns");
    if (deaf && this.#server.listening) {
      // Not the HTTP server's own, which closes idle connections too.
      NetServer.prototype.close.call(this.#server);
    } else if (!deaf && !this.#server.listening && !this.#closed) {
      this.#server.listen(this.#port, "127.0.0.1");
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > requestLimit) request.destroy();
      else chunks.push(chunk);
    });
    request.on("end", () => {
      if (this.#hanging.has(request.socket)) return;
      const asked = askedBy(request, Buffer.concat(chunks, size));
      if (asked.headers["accept"]?.includes("text/event-stream")) {
        this.#stream(asked, response);
        return;
      }
      const plan = this.provider.plan(asked);
      if (plan.ending === "silence") return;
      const timer = this.#clock.schedule(plan.delayMs, () => carryOut(plan, request.socket, response));
      response.once("close", () => timer.cancel());
    });
  }

  #stream(asked: SimulatedRequest, response: ServerResponse): void {
    const begin = () => {
      if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    };
    const subscription = this.provider.subscribe(asked, {
      opened: begin,
      event: ({ event, data }) => response.write(`event: ${event}\ndata: ${data}\n\n`),
      alive: () => response.write(":\n\n"),
      ended: ({ kind }) => {
        if (response.headersSent || kind === "unreachable" || kind === "interrupted") response.destroy();
        else response.writeHead(kind === "unsupported" ? 400 : 500).end();
      },
    });
    response.once("close", () => subscription.close());
  }
}

/** The request as simulated upstreams see it. */
function askedBy({ method = "GET", url = "/", headers }: IncomingMessage, body: Uint8Array): SimulatedRequest {
  const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
  return {
    method,
    path: url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, first(value)])),
    body,
  };
}

function carryOut(plan: Plan, socket: Socket, response: ServerResponse): void {
  if (plan.ending === "refused" || plan.ending === "reset") {
    socket.resetAndDestroy();
    return;
  }
  const { status, headers, body } = plan.respond();
  response.writeHead(status, { ...headers, "content-length": body.length });
  if (plan.ending === "whole") {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, body.length >> 1), () => {
    if (plan.ending === "reset_midbody") socket.resetAndDestroy();
  });
}
