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

/** The real time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  schedule: (ms, task) => new Timer(ms, task),
};

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
