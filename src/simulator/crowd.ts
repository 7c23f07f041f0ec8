import { collect } from "../core/bytes.ts";
import type { Reply } from "../core/protocol.ts";
import { Cancellation } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { jittered, type Random } from "../lib/random.ts";
import type { Proxy as RequestProxy } from "../proxy.ts";
import type { Chain } from "./chain.ts";
import type { Journal } from "./journal.ts";
import type { Judgement, Question, Traffic } from "./traffic.ts";

export interface CrowdParts {
  readonly proxy: Pick<RequestProxy, "handle">;
  readonly traffic: Traffic;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Calls per second. */
  readonly rate: number;
  readonly random: Random;
  /** How long a client waits before it hangs up; `undefined` for as long as it takes. */
  readonly patienceMs?: number | undefined;
  /** How often a client asks again what failed, and after about how many milliseconds. */
  readonly retries?: { readonly times: number; readonly after: number } | undefined;
  /** Chance for the pauses before those, so that more of them leave the other calls as they were. */
  readonly pauses: Random;
}

/** How far the pause before a client asks again strays from the usual, as a share of it. */
const pauseJitter = 0.5;

/**
 * The clients: they ask at random times (a Poisson process) until they leave, and wait for all that they asked. Some
 * hang up when it takes too long, or ask again what failed; each time is a call of its own.
 */
export class Crowd {
  readonly #parts: CrowdParts;
  #next: Scheduled;
  #waiting = 0;
  #left = false;
  #bug: unknown;

  constructor(parts: CrowdParts) {
    this.#parts = parts;
    this.#next = this.#soon();
  }

  leave(): void {
    this.#left = true;
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

  #ask(question = this.#parts.traffic.ask(), retriesLeft = this.#parts.retries?.times ?? 0): void {
    const { proxy, traffic, chain, clock, journal, patienceMs } = this.#parts;
    const at = clock.now();
    const inbound = { method: "POST", path: "", headers: {}, body: question.body };
    const cancellation = new Cancellation();
    let gone = false;
    const told = (judgement: Judgement) => {
      journal.judged(at, judgement);
      if (judgement.verdict !== "answered" && retriesLeft > 0) this.#askAgain(question, retriesLeft - 1);
    };
    const hangUp = () => {
      gone = true;
      told({ verdict: "failed", because: `${question.method}: given up`, wentBack: false });
      cancellation.cancel();
    };
    const patience = patienceMs === undefined ? undefined : clock.schedule(patienceMs, hangUp);
    this.#waiting++;
    proxy
      .handle(inbound, cancellation)
      .then(async (reply) => {
        const text = await textOf(reply);
        patience?.cancel();
        if (!gone) told(traffic.judge(question, reply.status, text, chain.headAt(clock.epoch())));
      })
      .catch((bug: unknown) => {
        this.#bug ??= bug;
      })
      .finally(() => {
        this.#waiting--;
      });
  }

  #askAgain(question: Question, retriesLeft: number): void {
    const { clock, pauses, retries } = this.#parts;
    if (!retries) return;
    clock.schedule(jittered(pauses, retries.after, pauseJitter), () => {
      if (!this.#left) this.#ask(question, retriesLeft);
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
