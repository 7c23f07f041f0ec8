import { MinuteWindow } from "../concentration/window.ts";
import type { Priority } from "../core/call.ts";
import type { Observer } from "../core/observer.ts";
import { ruleOf } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";

/** How much is asked for now, in the last minute: what capacity is measured against. */
export interface Demand extends Observer {
  /**
   * Calls a second that an upstream was asked for, or should have been and none could be: by priority, 0 to 3. A call
   * counts once, however many attempts it took; one that shared the answer of another, or that Breakwater answered
   * itself, does not count.
   */
  calls(network: string): readonly number[];
  /** Calls a second that an upstream is sent, retries and hedges included, probes not. */
  load(upstream: Upstream): number;
}

const priorities: readonly Priority[] = [0, 1, 2, 3];

/** Creates a meter of demand. It runs on the request path, and allocates only for what it has not met before. */
export function createDemand(clock: Pick<Clock, "now">): Demand {
  const networks = new Map<string, readonly MinuteWindow[]>();
  const upstreams = new Map<Upstream, MinuteWindow>();
  return {
    attempted(_, { upstream, endedAt }) {
      windowOf(upstreams, upstream, newWindow).add(endedAt);
    },
    answered({ network, traits }, outcome, { attempts, joined }) {
      if (joined) return;
      if (attempts.length === 0 && (outcome.ok || !ruleOf(outcome.kind).transient)) return;
      windowOf(networks, network, newWindows)[traits.priority]?.add(clock.now());
    },
    calls(network) {
      const now = clock.now();
      return priorities.map((priority) => networks.get(network)?.[priority]?.perSecond(now) ?? 0);
    },
    load: (upstream) => upstreams.get(upstream)?.perSecond(clock.now()) ?? 0,
  };
}

const newWindow = () => new MinuteWindow();
const newWindows = () => priorities.map(newWindow);

function windowOf<K, V>(windows: Map<K, V>, key: K, create: () => V): V {
  const known = windows.get(key);
  if (known !== undefined) return known;
  const created = create();
  windows.set(key, created);
  return created;
}
