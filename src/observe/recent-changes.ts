import type { Change, Observer } from "../core/observer.ts";
import type { Clock } from "../lib/clock.ts";

/** A change of an upstream, and when and where it was. */
type RecentChange = Change & {
  /** Wall-clock milliseconds since 1970. */
  readonly at: number;
  readonly network: string;
  readonly upstream: string;
};

/** How many changes are remembered. */
const most = 50;

/** Remembers the last changes of all upstreams, for people who ask what just happened. */
export interface RecentChanges extends Observer {
  /** Newest first. */
  list(): readonly RecentChange[];
}

export function recentChanges(clock: Clock): RecentChanges {
  const remembered: RecentChange[] = [];
  return {
    changed(upstream, change) {
      remembered.unshift({ ...change, at: clock.epoch(), network: upstream.network, upstream: upstream.id });
      if (remembered.length > most) remembered.pop();
    },
    list: () => remembered,
  };
}
