import type { HeadFacts } from "../core/duty.ts";
import type { ServerEvent } from "../core/stream.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { hasPayload, type ToldHead } from "./events-reorg.ts";
import { disparityMs, type SlotClock } from "./slot-clock.ts";

export interface HeadGateParts {
  readonly clock: Clock;
  readonly slots: () => SlotClock | undefined;
  /** Is the node in the canonical view now? */
  readonly canonical: (upstream: Upstream) => boolean;
  /**
   * Does a node that is fit to attest serve this head already? `by`: who told it, of those in the canonical view. Never
   * rejects but for a bug, of which `crashed` hears.
   */
  readonly serves: (head: HeadFacts, by: readonly Upstream[]) => Promise<boolean>;
  readonly crashed: (bug: unknown) => void;
  /** Hears of a head that clients may be told of, and of the one that it replaces where it is not newer than that. */
  readonly passed: (head: ToldHead, insteadOf: ToldHead | undefined) => void;
}

/** Pauses until a head that may not pass yet is looked at again, in milliseconds: the first, its growth, the longest. */
const pause = { firstMs: 25, growth: 1.5, longestMs: 1_000 };
/** A check that takes longer than this, in milliseconds, has failed. */
const checkMs = 2_000;
/** So long nodes that have not the newest block yet may bring it, before an older head takes its place, in milliseconds. */
const graceMs = 500;
/** So many heads wait at once, then the oldest slot's is dropped; and so many are asked for. A fleet has one or two. */
const mostWaiting = 16;
const mostChecks = 4;

/** A head that waits to be passed on. */
interface Waiting extends ToldHead {
  readonly key: string;
  readonly by: Set<Upstream>;
  /** In the clock's milliseconds: since when, and how long. */
  readonly since: number;
  readonly until: number;
  /** A node told it that had told the head before: it moved over, so it is no straggler. */
  moved: boolean;
  pauseMs: number;
  timer: Scheduled | undefined;
  checking: boolean;
}

/**
 * Lets heads pass to clients, each once, when
 *
 * - a node says so that does not follow it optimistically and is in the canonical view,
 * - the slot has begun, give or take half a second,
 * - a node that is fit to attest serves it, so that a client which asks at once is not given the head before,
 * - it is newer than the last; or no node in the canonical view has the last any more, and none serves it. An older head
 *   from a node that lags behind never passes, nor because the stream of one that is ahead was lost for a moment.
 *
 * What may not pass is looked at again, less and less often, for a slot.
 */
export class HeadGate {
  /** The last head that passed. */
  current: ToldHead | undefined;
  #currentKey = "";
  #passedAt = Number.NEGATIVE_INFINITY;
  /** When a node in the canonical view was last seen to have it. */
  #heldAt = Number.NEGATIVE_INFINITY;
  /** What each node told last. */
  readonly #heads = new Map<Upstream, ToldHead & { readonly key: string }>();
  readonly #waiting = new Map<string, Waiting>();
  #checks = 0;
  #confirming: Promise<boolean> | undefined;
  readonly #parts: HeadGateParts;

  constructor(parts: HeadGateParts) {
    this.#parts = parts;
  }

  /** A node told of a head. `key` is the event's identity. */
  told(upstream: Upstream, event: ServerEvent, facts: HeadFacts, key: string): void {
    const last = this.current?.facts.root;
    const moved = last !== undefined && this.#heads.get(upstream)?.facts.root === last && facts.root !== last;
    this.#heads.set(upstream, { event, facts, key });
    if (moved) this.#heldAt = this.#parts.clock.now();
    this.#admit(upstream, moved);
    // One node less has the last head: what others told may pass.
    if (moved) for (const waiting of [...this.#waiting.values()]) this.#consider(waiting);
  }

  /** The node's stream was lost: what it told no longer counts. */
  lost(upstream: Upstream): void {
    if (!this.#heads.delete(upstream)) return;
    this.#heldAt = this.#parts.clock.now();
    for (const waiting of this.#waiting.values()) waiting.by.delete(upstream);
    this.reconsider();
  }

  /** The views changed, or may have: what nodes told last may pass now. */
  reconsider(): void {
    for (const upstream of this.#heads.keys()) this.#admit(upstream, false);
  }

  /** Is the last head that passed, up to now, one that is served? Asks, unless it passed a moment ago. */
  confirmed(): Promise<boolean> {
    const { current } = this;
    if (!current) return Promise.resolve(false);
    if (this.#parts.clock.now() - this.#passedAt < checkMs) return Promise.resolve(true);
    this.#confirming ??= this.#ask(current, this.#heads.keys()).finally(() => {
      this.#confirming = undefined;
    });
    return this.#confirming;
  }

  close(): void {
    for (const waiting of [...this.#waiting.values()]) this.#drop(waiting);
    this.#heads.clear();
  }

  /** What a node told last waits from now on, unless it is known to be of no use. */
  #admit(upstream: Upstream, moved: boolean): void {
    const { clock, slots } = this.#parts;
    const told = this.#heads.get(upstream);
    const time = slots();
    if (!told || !time || told.facts.optimistic || told.key === this.#currentKey) return;
    // More than a slot ahead, it is the node's clock that is wrong.
    if (told.facts.slot > time.slotAt(clock.epoch() + disparityMs) + 1) return;
    const now = clock.now();
    const waiting = this.#waiting.get(told.key) ?? {
      ...told,
      by: new Set(),
      since: now,
      until: now + time.slotMs,
      moved,
      pauseMs: pause.firstMs,
      timer: undefined,
      checking: false,
    };
    waiting.by.add(upstream);
    waiting.moved ||= moved;
    this.#waiting.set(told.key, waiting);
    if (this.#waiting.size > mostWaiting) this.#drop(oldest(this.#waiting.values()));
    if (this.#waiting.has(told.key)) this.#consider(waiting);
  }

  #consider(waiting: Waiting): void {
    if (waiting.checking) return;
    waiting.timer?.cancel();
    const verdict = this.#verdict(waiting);
    if (verdict === "never") this.#drop(waiting);
    else if (verdict === "wait" || this.#checks >= mostChecks) this.#later(waiting);
    else this.#check(waiting);
  }

  #verdict({ key, facts, by, since, moved }: Waiting): "never" | "wait" | "check" {
    const { clock, slots, canonical } = this.#parts;
    const { current } = this;
    const newest = slots()?.slotAt(clock.epoch() + disparityMs) ?? -1;
    if (key === this.#currentKey) return "never";
    if (facts.slot > newest || ![...by].some(canonical)) return "wait";
    if (!current || facts.slot > current.facts.slot) return "check";
    if (facts.root === current.facts.root) return hasPayload(current.event) ? "never" : "check";
    if (this.#isHeld(current)) return "wait";
    return moved || clock.now() - Math.max(since, this.#heldAt) >= graceMs ? "check" : "wait";
  }

  /** Has any node in the canonical view this head as its newest? */
  #isHeld({ facts }: ToldHead): boolean {
    for (const [upstream, told] of this.#heads) {
      if (told.facts.root !== facts.root || told.facts.optimistic || !this.#parts.canonical(upstream)) continue;
      this.#heldAt = this.#parts.clock.now();
      return true;
    }
    return false;
  }

  #later(waiting: Waiting): void {
    if (this.#parts.clock.now() >= waiting.until) {
      this.#drop(waiting);
      return;
    }
    waiting.timer = this.#parts.clock.schedule(waiting.pauseMs, () => this.#consider(waiting));
    waiting.pauseMs = Math.min(waiting.pauseMs * pause.growth, pause.longestMs);
  }

  #check(waiting: Waiting): void {
    waiting.checking = true;
    this.#checks++;
    const { current } = this;
    const newer = !current || waiting.facts.slot > current.facts.slot || waiting.facts.root === current.facts.root;
    Promise.all([this.#ask(waiting, waiting.by), !newer && this.#ask(current, this.#heads.keys())])
      .then(([served, lastServed]) => {
        waiting.checking = false;
        this.#checks--;
        if (this.#waiting.get(waiting.key) !== waiting) return;
        // Much may have happened meanwhile.
        const passes = served && !lastServed && this.current === current && this.#verdict(waiting) === "check";
        if (passes) this.#pass(waiting);
        else this.#later(waiting);
      })
      .catch(this.#parts.crashed);
  }

  #ask({ facts }: ToldHead, by: Iterable<Upstream>): Promise<boolean> {
    const { clock, canonical, serves, crashed } = this.#parts;
    return new Promise((resolve) => {
      const patience = clock.schedule(checkMs, () => resolve(false));
      const told = (served: boolean): void => {
        patience.cancel();
        resolve(served);
      };
      serves(facts, [...by].filter(canonical)).then(told, (bug) => {
        crashed(bug);
        told(false);
      });
    });
  }

  #pass(waiting: Waiting): void {
    const before = this.current;
    const { facts, event, key } = waiting;
    this.#drop(waiting);
    this.current = { facts, event };
    this.#currentKey = key;
    this.#passedAt = this.#parts.clock.now();
    for (const other of this.#waiting.values()) other.moved = false;
    const older = before && facts.slot <= before.facts.slot && facts.root !== before.facts.root;
    this.#parts.passed(this.current, older ? before : undefined);
  }

  #drop(waiting: Waiting): void {
    waiting.timer?.cancel();
    this.#waiting.delete(waiting.key);
  }
}

function oldest(all: Iterable<Waiting>): Waiting {
  return [...all].reduce((least, one) => (one.facts.slot < least.facts.slot ? one : least));
}
