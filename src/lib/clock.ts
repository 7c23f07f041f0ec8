/** A task that is due later and can be called off. Cancelling one that ran, or was cancelled, does nothing. */
export interface Scheduled {
  cancel(): void;
}

/**
 * Time, handed to everything that needs it, so that tests and the simulator can bring their own.
 * `now` is monotonic milliseconds with a fraction and means nothing outside the process;
 * `epoch` is wall-clock milliseconds since 1970 and is only for what people and other programs read.
 */
export interface Clock {
  now(): number;
  epoch(): number;
  schedule(ms: number, task: () => void): Scheduled;
}

class Timer implements Scheduled {
  readonly #timeout: NodeJS.Timeout;

  constructor(ms: number, task: () => void) {
    this.#timeout = setTimeout(task, ms);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }
}

/** The longest delay of Node's timers, 2^31 - 1 ms, some 24.8 days: what is to be later is done at once. */
const longestDelayMs = 2_147_483_647;

/** The real time. */
export const systemClock: Clock = unbounded({
  now: () => performance.now(),
  epoch: () => Date.now(),
  schedule: (ms, task) => new Timer(ms, task),
});

/** A clock whose tasks may be as late as one likes, made of one that cannot wait for longer than Node's timers. */
export function unbounded(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    epoch: () => clock.epoch(),
    schedule: (ms, task) => (ms > longestDelayMs ? new LongWait(clock, ms, task) : clock.schedule(ms, task)),
  };
}

/** Waits as long as a timer can, as often as it takes. */
class LongWait implements Scheduled {
  readonly #clock: Clock;
  readonly #task: () => void;
  #leftMs: number;
  #next: Scheduled;

  constructor(clock: Clock, ms: number, task: () => void) {
    this.#clock = clock;
    this.#task = task;
    this.#leftMs = ms;
    this.#next = this.#wait();
  }

  cancel(): void {
    this.#next.cancel();
  }

  #wait(): Scheduled {
    const ms = Math.min(this.#leftMs, longestDelayMs);
    this.#leftMs -= ms;
    return this.#clock.schedule(ms, () => {
      if (this.#leftMs > 0) this.#next = this.#wait();
      else this.#task();
    });
  }
}

/**
 * Runs `task` again and again, `ms()` after the previous run began, until cancelled.
 * The pause is asked for each time so that it can carry jitter or follow the load.
 */
export function repeat(clock: Clock, ms: () => number, task: () => void): Scheduled {
  let next: Scheduled;
  let cancelled = false;
  const run = () => {
    if (cancelled) return;
    next = clock.schedule(ms(), run);
    task();
  };
  next = clock.schedule(ms(), run);
  return {
    cancel: () => {
      cancelled = true;
      next.cancel();
    },
  };
}

/** Wall-clock milliseconds as people and programs write a time: `2023-11-14T22:13:20.000Z`. */
export function timestamp(epoch: number): string {
  return new Date(epoch).toISOString();
}
