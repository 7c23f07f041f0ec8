import { type Fault, fault, ruleOf } from "../core/outcome.ts";
import type { ServerEvent } from "../core/stream.ts";
import type { Upstream } from "../core/upstream.ts";
import { type Clock, repeat, type Scheduled } from "../lib/clock.ts";
import { jittered, type Random } from "../lib/random.ts";
import { type Connection, connect } from "./feed-connection.ts";
import { FeedTopics } from "./feed-topics.ts";

export interface FeedParts {
  readonly upstream: Pick<Upstream, "subscribe">;
  readonly clock: Clock;
  readonly random: Random;
  /** The length of a slot, in milliseconds. */
  readonly slotMs: () => number;
  /** Did any other node tell an event since then (the clock's milliseconds)? */
  readonly othersSpokeSince: (time: number) => boolean;
  readonly hears: FeedHearer;
}

/** Who listens to a node's events. */
export interface FeedHearer {
  /** The stream is open; after a loss the node may have restarted, and forgotten what it was told. */
  opened(): void;
  event(event: ServerEvent): void;
  /** The stream was lost. Heard once for each `opened`. */
  closed(why: Fault): void;
}

/** How a node's event stream stands. Times are the clock's milliseconds. */
export interface FeedState {
  readonly open: boolean;
  /** Since when it is open, or is not. */
  readonly since: number;
  /** When the last event came; -Infinity before any. */
  readonly eventAt: number;
  /** Why it is not open, or was not the last time. */
  readonly because: string;
  /** Topics that are wanted and that the node does not have. */
  readonly lacks: readonly string[];
}

/** One node's event stream, kept open until it is closed. */
export interface Feed {
  readonly state: FeedState;
  /** Other topics are wanted from now on. */
  want(topics: ReadonlySet<string>): void;
  close(): void;
}

/**
 * Opens a node's event stream and keeps it open.
 *
 * - A lost stream is opened again after a pause that doubles from 250 ms to 15 s, give or take half of it.
 * - When other topics are wanted, the new stream is opened before the old one is let go: no event is missed, and nobody is
 *   told of a loss.
 * - A node that refuses a set of topics is asked for each alone, once; what it refuses is left out from then on.
 * - A stream without events for two slots while other nodes tell some is opened anew; a node that is still silent then,
 *   because it syncs, is given twice the time, up to 32 slots.
 */
export function createFeed(topics: ReadonlySet<string>, parts: FeedParts): Feed {
  return new LiveFeed(topics, parts);
}

/** Pauses before the next attempt, in milliseconds: the first, the longest, and that where nothing is to be had. */
const pauseMs = { first: 250, longest: 15_000, hopeless: 60_000 };
/** A connection that lasted so long was a good one: the next pause is a first one. */
const goodMs = 10_000;
/** The least that a node has for its answer; some send no headers before the first event. */
const leastOpeningMs = 10_000;
/** When topics that come to be wanted are asked for (clients come in groups), and others let go, in milliseconds. */
const widenMs = 50;
const narrowMs = 60_000;
/** Silence of so many slots means that a connection is dead: while other nodes tell events, and while none does. */
const quietSlots = { othersSpeak: 2, noneSpeaks: 8 };
/** How often the patience with a node that stays silent doubles. */
const mostPatience = 4;

class LiveFeed implements Feed {
  readonly #topics: FeedTopics;
  #current: Connection | undefined;
  #next: Connection | undefined;
  /** What comes next: an attempt after a failure, or one for other topics. */
  #later: Scheduled | undefined;
  #retrying = false;
  readonly #watch: Scheduled;
  #closed = false;
  #since: number;
  #eventAt = Number.NEGATIVE_INFINITY;
  #because = "not opened yet";
  #failures = 0;
  #patience = 0;
  readonly #parts: FeedParts;

  constructor(topics: ReadonlySet<string>, parts: FeedParts) {
    this.#topics = new FeedTopics(topics);
    this.#parts = parts;
    this.#since = parts.clock.now();
    this.#watch = repeat(
      parts.clock,
      () => parts.slotMs() / 2,
      () => this.#checkSilence(),
    );
    this.#connect();
  }

  get state(): FeedState {
    return {
      open: this.#current !== undefined,
      since: this.#since,
      eventAt: this.#eventAt,
      because: this.#because,
      lacks: this.#topics.lacking,
    };
  }

  want(topics: ReadonlySet<string>): void {
    if (this.#closed) return;
    this.#topics.wanted = topics;
    this.#adjust();
  }

  close(): void {
    this.#closed = true;
    this.#watch.cancel();
    this.#later?.cancel();
    this.#next?.close();
    this.#current?.close();
    this.#next = undefined;
    this.#current = undefined;
  }

  /** Plans to open a stream of other topics, where what is wanted is no longer what there is. */
  #adjust(): void {
    if (!this.#current || this.#next || this.#retrying) return;
    this.#later?.cancel();
    this.#later = undefined;
    const carried = this.#topics.compare(this.#current.topics);
    if (carried !== "fits") this.#plan(carried === "less" ? widenMs : narrowMs);
  }

  #plan(ms: number): void {
    this.#later?.cancel();
    this.#later = this.#parts.clock.schedule(ms, () => {
      this.#later = undefined;
      this.#retrying = false;
      this.#connect();
    });
  }

  #connect(): void {
    this.#topics.review(this.#parts.clock.now());
    const topics = this.#topics.usable;
    if (topics.size === 0) {
      this.#failed(nothingThere);
      return;
    }
    this.#open(topics, (why) => {
      const unknown = this.#topics.unknown(topics);
      if (isRefusal(why) && unknown.length > 0) this.#probe(unknown);
      else {
        if (isRefusal(why)) this.#topics.doubt();
        this.#failed(why);
      }
    });
  }

  /** Asks for one topic after the other, to learn which the node has. */
  #probe([topic, ...others]: readonly string[]): void {
    if (topic === undefined) {
      this.#connect();
      return;
    }
    const known = (): void => {
      this.#next?.close();
      this.#next = undefined;
      this.#probe(others);
    };
    this.#open(
      new Set([topic]),
      (why) => {
        if (!isRefusal(why)) {
          this.#failed(why);
          return;
        }
        this.#topics.refused(topic, this.#parts.clock.now());
        known();
      },
      () => {
        this.#topics.accepted([topic]);
        known();
      },
    );
  }

  #open(topics: ReadonlySet<string>, failed: (why: Fault) => void, opened?: () => void): void {
    const { clock, slotMs, upstream } = this.#parts;
    this.#next = connect(
      upstream,
      topics,
      { clock, patienceMs: Math.max(leastOpeningMs, 2 * slotMs()) },
      {
        opened: opened ?? ((connection) => this.#established(connection)),
        event: (connection, event) => {
          if (connection === this.#current) this.#event(event);
        },
        failed: (why) => {
          this.#next = undefined;
          failed(why);
        },
        lost: (connection, why) => {
          if (connection === this.#current) this.#lost(why);
        },
      },
    );
  }

  #established(connection: Connection): void {
    const before = this.#current;
    this.#topics.accepted(connection.topics);
    this.#next = undefined;
    this.#current = connection;
    before?.close();
    if (!before) {
      this.#since = connection.openedAt;
      this.#parts.hears.opened();
    }
    this.#adjust();
  }

  #event(event: ServerEvent): void {
    this.#eventAt = this.#parts.clock.now();
    this.#patience = 0;
    this.#parts.hears.event(event);
  }

  #lost(why: Fault): void {
    const now = this.#parts.clock.now();
    if (now - (this.#current?.openedAt ?? now) >= goodMs) this.#failures = 0;
    this.#current = undefined;
    this.#since = now;
    this.#because = why.detail;
    this.#parts.hears.closed(why);
    // What is about to be opened for other topics will do.
    if (!this.#next && !this.#closed) this.#failed(why);
  }

  #failed({ kind, detail, retryAfterMs = 0 }: Fault): void {
    const { hold } = ruleOf(kind);
    const hopeless = hold === "long" || hold === "method" || kind === "doubtful_request";
    const longest = hopeless ? pauseMs.hopeless : pauseMs.longest;
    const ms = jittered(this.#parts.random, Math.min(longest, pauseMs.first * 2 ** this.#failures), 0.5);
    this.#failures++;
    this.#because = detail;
    this.#retrying = true;
    this.#plan(Math.max(ms, Math.min(retryAfterMs, pauseMs.hopeless)));
  }

  #checkSilence(): void {
    const connection = this.#current;
    if (!connection || this.#next) return;
    const { clock, slotMs, othersSpokeSince } = this.#parts;
    const now = clock.now();
    const patientMs = 2 ** this.#patience * slotMs();
    const quietMs = now - Math.max(connection.openedAt, this.#eventAt);
    const overtaken =
      quietMs >= quietSlots.othersSpeak * patientMs && othersSpokeSince(now - quietSlots.othersSpeak * slotMs());
    if (!overtaken && now - connection.aliveAt < quietSlots.noneSpeaks * patientMs) return;
    this.#patience = Math.min(this.#patience + 1, mostPatience);
    connection.close();
    this.#lost(silent);
  }
}

/** Does a node say that it does not have what was asked for? Of topics that it does not know, by the specification, 400. */
function isRefusal({ kind }: Fault): boolean {
  return kind === "doubtful_request" || kind === "unsupported";
}

const nothingThere = fault("unsupported", "the node has none of the topics");
const silent = fault("timeout", "no events came, so the connection was taken for dead");
