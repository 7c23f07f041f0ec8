import type { Faults } from "../../src/simulator/faults.ts";
import type { SimulatedProvider } from "../../src/simulator/provider.ts";

/** Methods that the clients of a rehearsal call, and nobody's health checks. */
const clientsOwn = ["eth_call", "eth_getBalance", "eth_getLogs"].map((method) => `"${method}"`);

/**
 * What reached the upstreams on behalf of clients, as the fleet itself saw it: the same measure for every proxy. A
 * connection that was refused is not seen by anybody.
 */
export class Ledger {
  readonly #faults: Faults;
  #struckAt: number | undefined;
  #lastToStruck: number | undefined;
  /** Requests for clients while a fault was at work: all, and those to upstreams that it struck. */
  requests = 0;
  toStruck = 0;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** The first fault has begun. */
  struck(): void {
    this.#struckAt ??= performance.now();
  }

  /** From the first fault until a struck upstream was last asked, in milliseconds. */
  get lastToStruck(): number | undefined {
    if (this.#lastToStruck === undefined || this.#struckAt === undefined) return undefined;
    return this.#lastToStruck - this.#struckAt;
  }

  /** Counts what a provider receives from now on, and has its answers say who gave them. */
  follow(provider: SimulatedProvider): void {
    const plan = provider.plan.bind(provider);
    provider.plan = (request) => {
      this.#note(provider, request.body);
      const planned = plan(request);
      return {
        ...planned,
        respond() {
          const response = planned.respond();
          return { ...response, headers: { ...response.headers, "x-served-by": provider.member.id } };
        },
      };
    };
  }

  #note({ member }: SimulatedProvider, body: Uint8Array | undefined): void {
    if (body === undefined || this.#faults.list().length === 0) return;
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
    if (!clientsOwn.some((method) => text.includes(method))) return;
    this.requests++;
    if (this.#faults.active(member).length === 0) return;
    this.toStruck++;
    this.#lastToStruck = performance.now();
  }
}
