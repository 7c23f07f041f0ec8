import type { MethodTraits } from "../core/call.ts";
import type { FaultKind, Outcome } from "../core/outcome.ts";
import type { Clock } from "../lib/clock.ts";
import { TokenBucket } from "../lib/token-bucket.ts";
import { Gradient } from "./gradient.ts";
import type { LimitOptions } from "./schema.ts";

/** What one upstream is given at most: calls at once and over time as declared, and calls of each class as learned. */
export interface Limits {
  /** What to write into the status: how many calls it bears at once, of the kinds that it lately had. */
  readonly bearable: number;
  /** May one more call go, with `inFlight` on their way? Changes nothing. */
  hasRoom(inFlight: number, traits: MethodTraits): boolean;
  /** Notes that a call goes. It is one `inFlight` of what is returned until the caller takes it off there. */
  take(traits: MethodTraits): Gradient;
  /** Learns from how a call ended that was sent at `sentAt`; it still counts in `taken`, and in `inFlight` of them all. */
  heard(taken: Gradient, outcome: Outcome, sentAt: number, now: number, inFlight: number): void;
}

/** How limits are to learn. */
export interface Learning {
  /** False: what was declared is all that counts. */
  readonly learns?: boolean;
  /** Does this process itself stand still, so that latency proves nothing? */
  readonly stalled?: () => boolean;
}

/** A protocol has fewer classes of methods. What comes beyond shares a limit. */
const mostClasses = 32;

/** What upstreams say, or do, when they have too many calls. */
const overload: ReadonlySet<FaultKind> = new Set(["rate_limited", "unavailable", "timeout"] as const);

/** Validator duties (0) and transactions (1) are bound by what was declared alone. */
const lastUrgent = 1;

/** How much one look changes what is thought of the mix of calls. */
const summed = 0.1;

/** Whoever has this share of its declared concurrency bears no more than that. */
const nearlyAll = 0.9;

/** The usual latency is looked at for so long at the most: milliseconds, and times what an answer takes. */
const longestLookMs = 1_000;
const longestLook = 40;

/** Builds the limits of one upstream. They read the clock only for a rate. */
export function createLimits(options: LimitOptions, clock: Clock, learning: Learning = {}): Limits {
  return new LiveLimits(options, clock, learning);
}

class LiveLimits implements Limits {
  bearable = Number.POSITIVE_INFINITY;
  readonly #concurrency: number;
  readonly #bucket: TokenBucket | undefined;
  readonly #learns: boolean;
  readonly #stalled: (() => boolean) | undefined;
  readonly #classes = new Map<string, Gradient>();
  readonly #others: Gradient;
  /** The class that was asked for last: mostly the next one too. */
  #traits: MethodTraits | undefined;
  #gradient: Gradient;
  /** The class for which all give way, so that its usual latency can be seen, and until when. */
  #looking: Gradient | undefined;
  #lookUntil = 0;

  constructor(options: LimitOptions, clock: Clock, { learns = true, stalled }: Learning) {
    const { concurrency, rate, burst } = options;
    this.#concurrency = concurrency;
    this.#bucket = rate === undefined ? undefined : new TokenBucket(rate, burst ?? Math.max(1, rate), clock);
    this.#learns = learns;
    this.#stalled = stalled;
    this.#others = new Gradient(concurrency);
    this.#classes.set("", this.#others);
    this.#gradient = this.#others;
  }

  hasRoom(inFlight: number, traits: MethodTraits): boolean {
    if (inFlight >= this.#concurrency) return false;
    // What must not be shed is not kept waiting either: nobody gains by a transaction that comes later.
    if (this.#learns && traits.priority > lastUrgent) {
      const { inFlight: ofClass, room } = this.#of(traits);
      if (ofClass >= room) return false;
    }
    return this.#bucket === undefined || this.#bucket.has();
  }

  take(traits: MethodTraits): Gradient {
    this.#bucket?.take();
    const gradient = this.#of(traits);
    gradient.inFlight++;
    return gradient;
  }

  heard(taken: Gradient, outcome: Outcome, sentAt: number, now: number, inFlight: number): void {
    if (!this.#learns) return;
    const ms = now - sentAt;
    if (outcome.ok || (outcome.kind === "cancelled" && ms > taken.usualMs)) {
      if (this.#stalled?.() || !taken.answered(ms, now)) return;
    } else if (overload.has(outcome.kind)) {
      taken.refused(sentAt, now);
    } else {
      return;
    }
    this.#lookAround(taken, now);
    this.bearable = this.#sum(taken, inFlight);
  }

  #of(traits: MethodTraits): Gradient {
    if (traits === this.#traits) return this.#gradient;
    let gradient = this.#classes.get(traits.name);
    if (!gradient) {
      gradient = this.#classes.size < mostClasses ? new Gradient(this.#concurrency, traits.cost) : this.#others;
      if (gradient !== this.#others) this.#classes.set(traits.name, gradient);
    }
    this.#traits = traits;
    this.#gradient = gradient;
    return gradient;
  }

  /** All classes give way together for a look at what is usual: a class that went on would be seen in the others' latency. */
  #lookAround(heard: Gradient, now: number): void {
    if (this.#looking) {
      if (heard !== this.#looking && now < this.#lookUntil) return;
      this.#looking = undefined;
      for (const gradient of this.#classes.values()) gradient.resume(now);
    } else if (heard.isStale(now)) {
      this.#looking = heard;
      this.#lookUntil = now + Math.max(longestLookMs, longestLook * heard.recentMs);
      for (const gradient of this.#classes.values()) gradient.quieten(now);
    }
  }

  /**
   * The limit of the class that is answered most often, and as much of the others as there is beside it: how far the
   * present mix could grow. A class of few calls that is full does not speak for all.
   */
  #sum(heard: Gradient, inFlight: number): number {
    let flow = 0;
    let usual = heard;
    for (const gradient of this.#classes.values()) {
      const others = gradient === heard ? gradient.inFlight - 1 : gradient.inFlight;
      gradient.flow += summed * (others - gradient.flow);
      gradient.answers *= 1 - summed;
      flow += gradient.flow;
      if (gradient.answers > usual.answers) usual = gradient;
    }
    const times = usual.flow > 0 ? flow / usual.flow : 1;
    const learned = usual.binding ? usual.limit * times : Number.POSITIVE_INFINITY;
    const most = inFlight >= nearlyAll * this.#concurrency ? this.#concurrency : Number.POSITIVE_INFINITY;
    return Math.min(learned, most);
  }
}
