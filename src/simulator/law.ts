import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";

/** The 99th percentile of the standard normal distribution. */
const z99 = 2.326347874040841;

/** How much longer than a balance a method takes: the order of what public endpoints show, not a measurement. */
const effort: Readonly<Record<string, number>> = {
  eth_call: 1.5,
  eth_estimateGas: 2,
  eth_getLogs: 4,
  eth_getBlockByNumber: 1.3,
  eth_getBlockByHash: 1.3,
  eth_getBlockReceipts: 3,
  eth_feeHistory: 1.5,
  eth_sendRawTransaction: 1.5,
};

/** Work for a method, relative to reading one balance. */
export function effortOf(method: unknown): number {
  return effort[String(method)] ?? 1;
}

/**
 * A latency in milliseconds: lognormal, the usual shape of answer times, through a median and a 99th percentile.
 * Takes two numbers of `random` each time.
 */
export function latency(random: Random, medianMs: number, p99Ms: number): number {
  const sigma = Math.log(Math.max(1, p99Ms / medianMs)) / z99;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * Math.exp(sigma * normal);
}

/** Nobody queues longer than this at a simulated upstream: what comes later is turned away. */
const longestQueueMs = 1_000;

/**
 * The queue in front of an upstream that does a fixed amount of work per second: Lindley's recursion for one server
 * with the given capacity. Below capacity it costs next to nothing, near it latency grows, above it callers are turned away.
 */
export class Queue {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #freeAt = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /**
   * How long work must wait for its turn, in milliseconds; `undefined` when the queue is too long to join. `perSecond`
   * is what it bears now, when that is not the usual.
   */
  join(work: number, perSecond = this.#perSecond): number | undefined {
    const now = this.#clock.now();
    const wait = Math.max(0, this.#freeAt - now);
    if (wait > longestQueueMs) return undefined;
    this.#freeAt = now + wait + (work * 1_000) / perSecond;
    return wait;
  }
}
