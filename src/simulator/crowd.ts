import { collect } from "../core/bytes.ts";
import type { Reply } from "../core/protocol.ts";
import { Cancellation } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Proxy as RequestProxy } from "../proxy.ts";
import type { Chain } from "./chain.ts";
import type { Journal } from "./journal.ts";
import type { Traffic } from "./traffic.ts";

export interface CrowdParts {
  readonly proxy: Pick<RequestProxy, "handle">;
  readonly traffic: Traffic;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Calls per second. */
  readonly rate: number;
  readonly random: Random;
}

/** The clients: they ask at random times (a Poisson process) until they leave, and wait for all that they asked. */
export class Crowd {
  readonly #parts: CrowdParts;
  #next: Scheduled;
  #waiting = 0;
  #bug: unknown;

  constructor(parts: CrowdParts) {
    this.#parts = parts;
    this.#next = this.#soon();
  }

  leave(): void {
    this.#next.cancel();
  }

  /** Throws what the proxy threw, or when it left somebody waiting. */
  check(): void {
    if (this.#bug !== undefined) throw this.#bug;
    if (this.#waiting > 0) throw new Error(`${this.#waiting} calls were never answered`);
  }

  #soon(): Scheduled {
    const { clock, random, rate } = this.#parts;
    return clock.schedule((-Math.log(1 - random()) * 1_000) / rate, () => {
      this.#next = this.#soon();
      this.#ask();
    });
  }

  #ask(): void {
    const { proxy, traffic, chain, clock, journal } = this.#parts;
    const at = clock.now();
    const question = traffic.ask();
    const inbound = { method: "POST", path: "", headers: {}, body: question.body };
    this.#waiting++;
    proxy
      .handle(inbound, new Cancellation())
      .then(async (reply) => {
        const text = await textOf(reply);
        journal.judged(at, traffic.judge(question, reply.status, text, chain.headAt(clock.epoch())));
      })
      .catch((bug: unknown) => {
        this.#bug ??= bug;
      })
      .finally(() => {
        this.#waiting--;
      });
  }
}

/** The largest reply that clients read. */
const replyLimit = 256 * 1024 * 1024;

/** The whole body of a reply; one that breaks off is no JSON, and so is judged. */
async function textOf({ body, rest, tail }: Reply): Promise<string> {
  const start = typeof body === "string" ? Buffer.from(body, "latin1") : body;
  if (!rest) return Buffer.from(start).toString();
  const whole = await collect(start, rest, replyLimit);
  return whole instanceof Uint8Array ? Buffer.from(whole).toString() + tail : "";
}
