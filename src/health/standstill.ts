import type { Halt } from "../core/observer.ts";

/**
 * A chain stands still when nobody has had a new block for so many block times, and for so long at least.
 *
 * Where blocks come every 12 s that is two minutes: should one slot in ten be missed, the nine of two minutes are missed
 * in a row once in 400 years, and the four of one minute every other day. Where blocks come by chance, one gap in 22,000
 * is so long (e^10). Where they come every 2 s or 0.25 s it is the minute, 30 or 240 blocks: with ten, each sequencer that
 * is restarted and each producer that lets its turn pass would be a halt.
 */
const haltBlocks = 10;
const haltMs = 60_000;

/** What is looked at of an upstream: does it serve, and when was its head last read? */
interface Told {
  readonly serving: boolean;
  readonly readAt: number;
}

/**
 * Does the chain itself stand still? Then it is no fault of its upstreams. Nor is it when it moves again and they do not
 * see the first new blocks together, or are restarted or set back for it: for as long again as it takes to call it a halt
 * they are excused, as far as the halt explains what they lack.
 *
 * `blockMs` is the time between blocks in milliseconds. While that is NaN, whether the chain should have moved cannot be
 * told. Nor can it with one upstream alone: what is said then is that its head stands.
 */
export class Standstill {
  /** Set while the chain stands still. */
  halt: Halt | undefined;
  /** The highest credible head of all upstreams, and when somebody first had it. */
  #top = -1;
  #topAt = Number.NaN;
  /** The highest block that somebody turned out to have and had not before; not looked at yet. */
  #news = -1;
  /** The last halt began then, and what follows from it ends then. */
  #haltedAt = Number.NaN;
  #excusedUntil = Number.NEGATIVE_INFINITY;

  /** An upstream, whether it serves or not, turned out to have a block that it had not before. */
  raised(height: number): void {
    this.#news = Math.max(this.#news, height);
  }

  /** Heads up to `reach` are credible: is there a new one among them? */
  settle(reach: number, now: number, blockMs: number): void {
    const height = this.#news;
    this.#news = -1;
    if (height <= this.#top || height > reach) return;
    this.#top = height;
    this.#topAt = now;
    if (!this.halt) return;
    this.halt = undefined;
    this.#excusedUntil = now + haltAfter(blockMs);
  }

  /** The chain was set back: the next block after `height` is a new one. */
  setBack(height: number): void {
    this.#top = height;
  }

  /** Has the chain come to stand still at `height`? Most of those who serve must have answered after all that time. */
  watch(upstreams: Iterable<Told>, height: number, now: number, blockMs: number): void {
    const after = haltAfter(blockMs);
    if (this.halt || !(now - this.#topAt >= after)) return;
    let serving = 0;
    let still = 0;
    for (const upstream of upstreams) {
      if (!upstream.serving) continue;
      serving++;
      if (upstream.readAt - this.#topAt >= after) still++;
    }
    if (still * 2 <= serving) return;
    this.halt = { since: this.#topAt, height };
    this.#haltedAt = this.#topAt;
  }

  /**
   * Does a halt explain that an upstream is `lag` blocks behind? Whoever still is where the chain stood lacks no more blocks
   * than belong into the time since. With more than that missing it is behind for a reason of its own.
   */
  excuses(lag: number, now: number, blockMs: number): boolean {
    if (!this.halt && now >= this.#excusedUntil) return false;
    return lag * blockMs <= now - this.#haltedAt;
  }
}

/** NaN while the block time is not known. */
function haltAfter(blockMs: number): number {
  return Math.max(haltMs, haltBlocks * blockMs);
}
