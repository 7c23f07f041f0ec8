import type { Clock } from "../../lib/clock.ts";

/** Opens a connection and gives it up again: the milliseconds until it was accepted; `undefined` when it was not. */
export type Connect = (address: string, port: number) => Promise<number | undefined>;

/** Somewhere to connect to. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/** How often one address is tried at a look, with how long between, in milliseconds, and how many addresses at once. */
const connectsEach = 5;
const pauseMs = 50;
const mostAtOnce = 4;

/** An address that nobody has: RFC 5737. Who accepts connections for it stands in between, and accepts those for all. */
const nobody = "192.0.2.1";

/** How soon connections are accepted, address by address: the least that was ever measured counts, as time is only added. */
export class Connects {
  readonly #clock: Clock;
  readonly #connect: Connect;
  /** By address and port; bounded by the targets of the last look. */
  #least = new Map<string, number>();
  #intercepted = false;

  constructor(clock: Clock, connect: Connect) {
    this.#clock = clock;
    this.#connect = connect;
  }

  /** The least time of a target in milliseconds; `undefined` while nothing is known. */
  leastMs({ address, port }: Target): number | undefined {
    return this.#intercepted ? undefined : this.#least.get(`${address} ${port}`);
  }

  /** Does somebody in between accept connections, so that nothing follows from their times? */
  get intercepted(): boolean {
    return this.#intercepted;
  }

  /** Connects to all targets some times; forgets what is no target any more. */
  async measure(targets: readonly Target[], stopped: () => boolean): Promise<void> {
    const left = new Map<string, Target>(
      targets.map((target) => [`${target.address} ${target.port}`, target] as const),
    );
    this.#least = new Map([...this.#least].filter(([key]) => left.has(key)));
    const [first] = targets;
    if (!first) return;
    this.#intercepted = (await this.#connect(nobody, first.port)) !== undefined;
    if (this.#intercepted) return;
    const queue = [...left];
    const work = async () => {
      for (let next = queue.pop(); next !== undefined && !stopped(); next = queue.pop())
        await this.#times(...next, stopped);
    };
    await Promise.all(Array.from({ length: Math.min(mostAtOnce, queue.length) }, work));
  }

  async #times(key: string, { address, port }: Target, stopped: () => boolean): Promise<void> {
    for (let tried = 0; tried < connectsEach && !stopped(); tried++) {
      const ms = await this.#connect(address, port);
      // Who does not accept now will not at once either.
      if (ms === undefined) return;
      this.#least.set(key, Math.min(ms, this.#least.get(key) ?? Number.POSITIVE_INFINITY));
      await new Promise<void>((resolve) => {
        this.#clock.schedule(pauseMs, resolve);
      });
    }
  }
}
