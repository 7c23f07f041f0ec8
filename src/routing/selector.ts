import type { Call } from "../core/call.ts";
import type { CallContext } from "../core/context.ts";
import type { Observer } from "../core/observer.ts";
import type { Fault } from "../core/outcome.ts";
import type { Selector } from "../core/selector.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { passedOver } from "./explanation.ts";
import { nobody } from "./nobody.ts";
import { Ranking } from "./ranking.ts";
import type { RoutingOptions } from "./schema.ts";
import { Search } from "./search.ts";

/** How long an order of upstreams stands without a change being told, in milliseconds. */
const orderLifeMs = 250;

export interface SelectorParts {
  /** The network's name. */
  readonly network: string;
  readonly upstreams: readonly Upstream[];
  readonly clock: Clock;
  readonly random: Random;
  readonly options: RoutingOptions;
}

/** A group of the present order, for people. `load` is the share of calls, 0..1, that begin their search in it. */
interface RankedGroup {
  readonly group: string;
  readonly load: number;
  readonly upstreams: readonly string[];
}

/**
 * Chooses upstreams of one network by the order that health, locality and latency give them. As an observer it hears
 * of changes, upon which the order is worked out anew before the next pick.
 */
export interface RankingSelector extends Selector, Observer {
  changed(): void;
  /** The present order, the most welcome first. */
  order(): readonly RankedGroup[];
}

/**
 * Builds the selector of one network. It has no timer: an idle network costs nothing. What changes is looked at when it
 * does, so that an upstream which got well while nobody called has been well since then.
 */
export function createSelector(parts: SelectorParts): RankingSelector {
  return new LiveSelector(parts);
}

class LiveSelector implements RankingSelector {
  readonly #network: string;
  readonly #clock: Clock;
  readonly #ranking: Ranking;
  readonly #search: Search;
  #orderedUntil = Number.NEGATIVE_INFINITY;

  constructor({ network, upstreams, clock, random, options }: SelectorParts) {
    this.#network = network;
    this.#clock = clock;
    this.#ranking = new Ranking(upstreams, options);
    this.#search = new Search(this.#ranking, random);
  }

  changed(): void {
    if (this.#orderedUntil === Number.NEGATIVE_INFINITY) return;
    this.#orderedUntil = Number.NEGATIVE_INFINITY;
    // Many change in one moment: once for all of them.
    queueMicrotask(() => this.#bringUpToDate(this.#clock.now()));
  }

  order(): readonly RankedGroup[] {
    this.#bringUpToDate(this.#clock.now());
    return this.#ranking.groups.map(({ name, load, members }) => ({
      group: name,
      load,
      upstreams: members.map(({ upstream }) => upstream.id),
    }));
  }

  pick(call: Call, context: CallContext): Upstream | Fault {
    const now = this.#clock.now();
    this.#bringUpToDate(now);
    const chosen =
      (context.attempts.length === 0 ? this.#search.first(call, now) : this.#search.another(call, context, now)) ??
      this.#search.lastResort(call, context, now);
    context.explanation?.picks.push({
      chosen: chosen?.upstream.id,
      passedOver: passedOver(this.#ranking, chosen, call, context, now),
    });
    if (!chosen) return nobody(this.#network, this.#ranking, call, context, now);
    chosen.pickedAt = now;
    return chosen.upstream;
  }

  all(call: Call, reach: "well" | "possible"): readonly Upstream[] {
    const now = this.#clock.now();
    this.#bringUpToDate(now);
    return this.#search.all(call, reach, now);
  }

  #bringUpToDate(now: number): void {
    if (now < this.#orderedUntil) return;
    this.#ranking.refresh(now);
    this.#orderedUntil = now + orderLifeMs;
  }
}
