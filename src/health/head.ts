import type { Halt } from "../core/observer.ts";
import type { ServedHead } from "../core/protocol.ts";
import type { UpstreamStatus } from "../core/upstream.ts";
import { Standstill } from "./standstill.ts";

/** What is known of one upstream's view of the chain, beside its status. */
export interface Track {
  /** `head`, `headAt` and `finalized` are written here. */
  readonly status: UpstreamStatus;
  /** Does it serve? Only those who do can be asked for a block. */
  serving: boolean;
  /** The newest block that it calls safe; -1 while unknown. */
  safe: number;
  /** How many blocks it was behind the fleet at its last reading. */
  lag: number;
  /** Readings in a row that were too far behind. */
  late: number;
  /** Since when it has not had what half of the upstreams have; NaN when it has. */
  trailsSince: number;
  /** The last reading was lower than the one before. */
  lower: boolean;
  /** When a probe last read its head; -Infinity for never. */
  readAt: number;
}

export function newTrack(status: UpstreamStatus): Track {
  const nothing = { safe: -1, lag: 0, late: 0, trailsSince: Number.NaN, lower: false };
  return { status, serving: false, ...nothing, readAt: Number.NEGATIVE_INFINITY };
}

/** A minority's head is believed this many blocks, or this much time, ahead of the others. */
const leapBlocks = 16;
const leapMs = 30_000;

/** Lag below this much time is no lag: readings of a fast chain are never of the same moment. */
const patienceMs = 2_000;

/** An upstream may go without a block that half of the others have for half the block time, and for this long at least. */
const trailMs = 1_000;

/** On a chain with shorter block time than this, a probed head is mostly out of date; see {@link Heads}. */
const fastMs = 1_500;

/** How long a fast chain's new head waits for half of the upstreams to have it. */
const followMs = 1_000;

/** How long nobody must have the served head before a lower one is accepted. */
const rollbackMs = 30_000;

/** Weight of a new block time in the average. Source: eRPC, 0.1. */
const learning = 0.1;

/** A gap this many times longer than usual is a halt of the chain and not its new block time. */
const longestGap = 10;

/**
 * The heads of a network's upstreams, and the one that clients are told.
 *
 * - `served` never goes back, and finalized <= safe <= latest <= what a serving upstream has. Only when for 30 s nobody
 *   who serves has `latest` is the chain itself taken to have gone back.
 * - A head far ahead of the rest (more than 16 blocks and 30 s) that only a minority holds is not believed. All with a
 *   known head have a vote, also those that do not serve now, so that a lone survivor cannot leap either. How far a
 *   minority may be ahead grows at twice the learned pace of the chain: one upstream can lead when the others are stuck.
 * - `safe` and `finalized` are what a majority has: late is harmless there, wrong is not.
 * - Lag is judged at the moment of a reading against the believed head: when a whole chain halts nobody lags. Who for
 *   half a block time does not get what half of the upstreams have trails: it may be about to lag.
 * - While the chain stands still, and some time after, nobody begins to lag or trail for that; see {@link Standstill}.
 * - `latest` is the highest believed head; whoever serves a call bound to it must have it. On a chain faster than the
 *   probes that would send all calls to the upstream that happened to be probed last, so there it is the head that half
 *   of the upstreams have, or what was believed a second ago, or the highest that an answer to a client has shown.
 *
 * Heights are blocks or slots, -1 while unknown; times are milliseconds of the injected clock.
 */
export class Heads {
  readonly served: ServedHead & { latest: number; safe: number; finalized: number } = {
    latest: -1,
    safe: -1,
    finalized: -1,
  };
  /** The highest head that is believed of those who serve now; -1 while nobody is known to have one. */
  believed = -1;
  /** Time between blocks, learned or configured; NaN while unknown. */
  blockMs: number;
  readonly #configured: boolean;
  readonly #maxLag: number;
  readonly #tracks = new Set<Track>();
  /** When `latest` last moved. */
  #movedAt = Number.NaN;
  #gaps = 0;
  /** The last head that a majority had, and since when. */
  #common = -1;
  #commonAt = 0;
  /** The head that half of the upstreams have now. */
  #half = -1;
  /** The highest believed height that an answer showed to a client. */
  #told = -1;
  /** What was believed at `#markAt`, and at the mark before that. */
  #mark = -1;
  #markAt = Number.NEGATIVE_INFINITY;
  #seasoned = -1;
  /** Since when nobody has `latest`; NaN while somebody does. */
  #lostSince = Number.NaN;
  readonly #standstill = new Standstill();

  constructor(maxLag: number, blockMs: number | undefined) {
    this.#maxLag = maxLag;
    this.#configured = blockMs !== undefined;
    this.blockMs = blockMs ?? Number.NaN;
  }

  /** Set while the chain stands still, although its upstreams answer. */
  get halt(): Halt | undefined {
    return this.#standstill.halt;
  }

  add(track: Track): void {
    this.#tracks.add(track);
  }

  remove(track: Track): void {
    this.#tracks.delete(track);
  }

  /** An answer to a client proves that its upstream has the block `height`. Cheap when that is not news. */
  heard(track: Track, height: number, now: number): void {
    const { status } = track;
    if (height <= status.head && height <= this.#told) return;
    this.#raise(status, height, now);
    if (!track.serving) return;
    this.settle(now);
    if (height <= this.#told || height > this.believed) return;
    this.#told = height;
    this.settle(now);
  }

  /** A probe read the upstream's head: both a proof that it has the block and a sign that it has no newer one. */
  read(track: Track, height: number, now: number): void {
    const { status } = track;
    const first = status.head < 0;
    track.readAt = now;
    if (height >= status.head) {
      track.lower = false;
      this.#raise(status, height, now);
    } else if (track.lower) {
      // The second lower reading: not one stale node behind a balancer but a reorganisation, or a restart.
      status.head = height;
      status.headAt = now;
    } else {
      track.lower = true;
    }
    this.settle(now);
    track.lag = Math.max(0, this.believed - height);
    this.#standstill.watch(this.#tracks, this.served.latest, now, this.blockMs);
    const excused = this.excuses(track, now);
    if (track.lag <= this.lagAllowed()) track.late = 0;
    else if (first) track.late = 2;
    else if (!excused) track.late++;
    const slack = this.blockMs < fastMs ? inBlocks(patienceMs, this.blockMs) : 0;
    if (excused || this.#half - height <= slack) track.trailsSince = Number.NaN;
    else if (Number.isNaN(track.trailsSince)) track.trailsSince = now;
  }

  /** Is it a halt of the chain that an upstream is behind for? */
  excuses({ lag }: Track, now: number): boolean {
    return this.#standstill.excuses(lag, now, this.blockMs);
  }

  /** Too far behind to be asked about the present: in its first reading, or in two. */
  lags(track: Track): boolean {
    return track.late >= 2;
  }

  /** Has it, for half a block time, not had what half of the upstreams have? */
  trails(track: Track, now: number): boolean {
    return now - track.trailsSince >= Math.max(trailMs, this.blockMs / 2);
  }

  /** How many blocks an upstream may be behind. */
  lagAllowed(): number {
    return Math.max(this.#maxLag, inBlocks(patienceMs, this.blockMs));
  }

  /** How many of those who serve have the block `height`. */
  servable(height: number): number {
    let holders = 0;
    for (const track of this.#tracks) if (track.serving && track.status.head >= height) holders++;
    return holders;
  }

  /** Works out anew what is believed and served: after a reading, and when somebody begins or ceases to serve. */
  settle(now: number): void {
    const heads = this.#known((track) => (track.serving ? track.status.head : -1));
    this.believed = this.#believable(heads, now);
    if (this.believed < 0) {
      this.#lostSince = Number.NaN;
      return;
    }
    const usual = this.blockMs < fastMs ? this.#followed(heads, now) : this.believed;
    const latest = Math.min(this.believed, Math.max(usual, this.#told));
    if (latest > this.served.latest) this.#advance(latest, now);
    this.#followRollback(latest, now);
    this.#settleFinality();
  }

  #raise(status: UpstreamStatus, height: number, now: number): void {
    if (height <= status.head) return;
    status.head = height;
    status.headAt = now;
    this.#standstill.raised(height);
  }

  /** The known values, highest first. */
  #known(value: (track: Track) => number): number[] {
    const values: number[] = [];
    for (const track of this.#tracks) {
      const known = value(track);
      if (known >= 0) values.push(known);
    }
    return values.sort((a, b) => b - a);
  }

  /** Of the heads of those who serve, the highest that is not too far ahead of what half of all upstreams once had. */
  #believable(heads: readonly number[], now: number): number {
    if (heads.length === 0) return -1;
    const common = half(this.#known((track) => track.status.head));
    this.#half = common;
    if (common > this.#common) {
      this.#common = common;
      this.#commonAt = now;
    }
    const pace = Number.isNaN(this.blockMs) ? 0 : (2 * (now - this.#commonAt)) / this.blockMs;
    const reach = this.#common + Math.max(leapBlocks, inBlocks(leapMs, this.blockMs)) + pace;
    this.#standstill.settle(reach, now, this.blockMs);
    return heads.find((head) => head <= reach) ?? common;
  }

  /** The head that half of those who serve have, or what was believed a while ago. */
  #followed(heads: readonly number[], now: number): number {
    if (now - this.#markAt >= followMs) {
      this.#seasoned = this.#mark;
      this.#mark = this.believed;
      this.#markAt = now;
    }
    return Math.max(half(heads), this.#seasoned);
  }

  #advance(latest: number, now: number): void {
    const { served } = this;
    if (served.latest >= 0) this.#learnPace((now - this.#movedAt) / (latest - served.latest));
    served.latest = latest;
    this.#movedAt = now;
  }

  /** The first gap began before anybody looked, so it is left out; the next few count in a plain average. */
  #learnPace(gap: number): void {
    if (this.#configured || gap <= 0) return;
    this.#gaps++;
    if (this.#gaps === 1) return;
    if (Number.isNaN(this.blockMs)) this.blockMs = gap;
    const step = Math.max(learning, 1 / (this.#gaps - 1));
    this.blockMs += step * (Math.min(gap, longestGap * this.blockMs) - this.blockMs);
  }

  #followRollback(latest: number, now: number): void {
    if (this.believed >= this.served.latest) {
      this.#lostSince = Number.NaN;
      return;
    }
    if (Number.isNaN(this.#lostSince)) this.#lostSince = now;
    if (now - this.#lostSince < rollbackMs) return;
    this.#lostSince = Number.NaN;
    this.#told = -1;
    this.#mark = -1;
    this.#seasoned = -1;
    this.#common = -1;
    this.#standstill.setBack(latest);
    this.#movedAt = now;
    const { served } = this;
    served.latest = latest;
    served.safe = Math.min(served.safe, latest);
    served.finalized = Math.min(served.finalized, latest);
  }

  #settleFinality(): void {
    const { served } = this;
    const finalized = majority(this.#known((track) => (track.serving ? track.status.finalized : -1)));
    served.finalized = Math.min(Math.max(served.finalized, finalized), served.latest);
    const safe = majority(this.#known((track) => (track.serving ? track.safe : -1)));
    if (served.safe >= 0 || safe >= 0) {
      served.safe = Math.min(Math.max(served.safe, safe, served.finalized), served.latest);
    }
  }
}

/** The value that at least half have or exceed, of values that fall; -1 of none. */
function half(values: readonly number[]): number {
  return values[(values.length - 1) >> 1] ?? -1;
}

/** The value that more than half have or exceed, of values that fall; -1 of none. */
function majority(values: readonly number[]): number {
  return values[values.length >> 1] ?? -1;
}

function inBlocks(ms: number, blockMs: number): number {
  return Number.isNaN(blockMs) ? 0 : Math.ceil(ms / blockMs);
}
