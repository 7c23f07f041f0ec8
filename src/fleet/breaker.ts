import { EventEmitter } from "node:events";
import CircuitBreaker from "opossum";
import type { BreakerState } from "../core/upstream.ts";
import { type Clock, repeat, type Scheduled } from "../lib/clock.ts";
import { formatDuration } from "../lib/duration.ts";
import { jittered, type Random } from "../lib/random.ts";
import type { BreakerOptions } from "./schema.ts";

/** The beat at which all breakers of a process forget their oldest bucket: one timer, however many upstreams. */
export interface Rotation {
  readonly bucketMs: number;
  /** Emits `rotate`. */
  readonly beat: EventEmitter;
  close(): void;
}

export interface BreakerEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly rotation: Rotation;
}

/** What a call says of its upstream. */
type BreakerResult = "success" | "failure" | "none";

/**
 * One upstream's circuit breaker. It is told of calls and never carries them, so outcomes stay values and a call that
 * nobody wants any more counts as nothing. Nor does it refuse any: who picks reads its state, and lets one trial go at a
 * time while there is somebody else.
 */
export interface Breaker {
  readonly state: BreakerState;
  /**
   * A call that was sent at `startedAt`, in the clock's milliseconds, has its result; `none` says nothing of the upstream
   * (cancelled, throttled). When half open the first call, the trial, decides: success closes, failure opens for longer,
   * after `none` the next one is the trial. A call from before the hold decides nothing: that it timed out at last tells
   * of a time that is over. Nor does one that was sent while it is open, because there was nobody else.
   */
  record(result: BreakerResult, startedAt: number): void;
  /** Closes at once and forgets past openings: an operator's word. */
  forceClose(): void;
  /** Lets go of timers and listeners. */
  close(): void;
}

type Changed = (from: BreakerState, to: BreakerState, because: string) => void;

/** The longest delay of a timer, 2^31 - 1 ms: opossum's own timer is never the one that ends a hold. */
const neverMs = 2_147_483_647;
const failed = Symbol("failed");
const fail = (): never => {
  throw failed;
};
const ignore = () => {};

/** Starts the beat for breakers whose windows are made of buckets of `bucketMs`. */
export function createRotation(clock: Clock, bucketMs: number): Rotation {
  const beat = new EventEmitter().setMaxListeners(0);
  const timer = repeat(
    clock,
    () => bucketMs,
    () => beat.emit("rotate"),
  );
  return { bucketMs, beat, close: () => timer.cancel() };
}

/**
 * Builds a closed breaker over opossum, which keeps the window and judges each failure. Time is ours: opossum reads
 * the global clock, so the hold and the trial are kept here, and its window turns with `rotation`.
 */
export function createBreaker(options: BreakerOptions, environment: BreakerEnvironment, changed: Changed): Breaker {
  return new OpossumBreaker(options, environment, changed);
}

class OpossumBreaker implements Breaker {
  state: BreakerState = "closed";
  /** Successes that opossum was not told of yet: adding to a number is all that a good call costs. */
  #successes = 0;
  /** When the state last changed. */
  #since = Number.NEGATIVE_INFINITY;
  /** Openings in a row, each soon after the one before. */
  #openings = 0;
  #holdMs = 0;
  #hold: Scheduled | undefined;
  readonly #circuit: CircuitBreaker<[], never>;
  readonly #options: BreakerOptions;
  readonly #environment: BreakerEnvironment;
  readonly #changed: Changed;
  readonly #flush = () => this.#tell();

  constructor(options: BreakerOptions, environment: BreakerEnvironment, changed: Changed) {
    this.#options = options;
    this.#environment = environment;
    this.#changed = changed;
    const { rotation } = environment;
    // Before opossum's own listener, so that successes land in the bucket of their time.
    rotation.beat.on("rotate", this.#flush);
    this.#circuit = new CircuitBreaker<[], never>(fail, {
      errorThresholdPercentage: options.threshold,
      volumeThreshold: options.volume,
      rollingCountTimeout: options.window,
      rollingCountBuckets: Math.max(1, Math.round(options.window / rotation.bucketMs)),
      rotateBucketController: rotation.beat,
      // On by default, and then each failure sorts all latencies of the window.
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      timeout: false,
      resetTimeout: neverMs,
    });
  }

  record(result: BreakerResult, startedAt: number): void {
    if (result === "success" && this.state === "closed") this.#successes++;
    else if (startedAt >= this.#since) this.#weigh(result);
  }

  forceClose(): void {
    this.#close("told to close");
    this.#openings = 0;
  }

  close(): void {
    this.#hold?.cancel();
    this.#environment.rotation.beat.off("rotate", this.#flush);
    this.#circuit.shutdown();
  }

  /** Acts on all but the usual success, for a call that was sent in the present state. */
  #weigh(result: BreakerResult): void {
    if (this.state === "half_open") {
      if (result === "success") this.#close("the trial call was answered");
      else if (result === "failure") this.#open("the trial call failed");
    } else if (this.state === "closed" && result === "failure") {
      this.#judge();
    }
  }

  /** Has opossum count a failure and judge the window. */
  #judge(): void {
    this.#tell();
    // The action throws at once, so opossum has judged when this returns; the rejected promise is of no use.
    this.#circuit.fire().catch(ignore);
    const newest = this.#circuit.status.window[0];
    if (newest) newest.latencyTimes.length = 0;
    if (!this.#circuit.opened) return;
    const { failures, fires } = this.#circuit.stats;
    this.#open(`${failures} of ${fires} calls failed within ${formatDuration(this.#options.window)}`);
  }

  /** Adds the uncounted successes to opossum's newest bucket. */
  #tell(): void {
    if (this.#successes === 0) return;
    const bucket = this.#circuit.status.window[0];
    if (bucket) {
      bucket.fires += this.#successes;
      bucket.successes += this.#successes;
    }
    this.#successes = 0;
  }

  #open(because: string): void {
    const { clock, random } = this.#environment;
    const { hold, maxHold, window } = this.#options;
    // An upstream that fails again soon after it closed has not recovered: the doubling goes on.
    const soon = this.state === "half_open" || clock.now() - this.#since <= Math.max(window, this.#holdMs);
    this.#openings = soon ? this.#openings + 1 : 1;
    this.#holdMs = jittered(random, Math.min(maxHold, hold * 2 ** (this.#openings - 1)), 0.2);
    this.#hold = clock.schedule(this.#holdMs, () =>
      this.#become("half_open", `held for ${formatDuration(this.#holdMs)}; the next call is a trial`),
    );
    this.#become("open", because);
  }

  #close(because: string): void {
    if (this.state === "closed") return;
    this.#hold?.cancel();
    this.#circuit.close();
    // What was judged once is not judged again: the first new failure must not open it on old evidence.
    for (const bucket of this.#circuit.status.window) bucket.fires = bucket.successes = bucket.failures = 0;
    this.#become("closed", because);
  }

  #become(state: BreakerState, because: string): void {
    const from = this.state;
    this.state = state;
    this.#since = this.#environment.clock.now();
    this.#changed(from, state, because);
  }
}
