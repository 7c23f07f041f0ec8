import { unreadyBecause } from "../observe/network-state.ts";
import type { NetworkRuntime, Runtime } from "./runtime.ts";

/** Should clients be sent here? */
export interface Readiness {
  readonly ready: boolean;
  readonly draining: boolean;
  /** Why this process seems to be cut off from all of its upstreams; absent while it does not. */
  readonly impaired?: string;
  /** What does not work, though calls can be served; absent while all does. */
  readonly degraded?: string;
  /** Networks that cannot serve now, also those that do not decide. */
  readonly unready: readonly { readonly network: string; readonly because: string }[];
}

type Judged = Pick<Runtime, "networks" | "state" | "draining" | "failover" | "redact">;

/**
 * Ready when every network that serves clients who name none can serve, and the process is neither shutting down nor
 * cut off itself: another one may still reach what this one cannot. The other networks do not decide: taking a proxy out
 * of a load balancer because one chain of two hundred halted would take the rest down with it. Where no network is the
 * default, each decides; one can also be asked for by name. State that cannot be kept makes nobody unready: no call needs it.
 */
export function readinessOf(runtime: Judged, name?: string): Readiness {
  const { networks } = runtime;
  const decisive = decisiveOf(networks, name);
  const unready = networks.flatMap((network) => {
    const because = unreadyBecause(network);
    return because === undefined ? [] : [{ network: network.view.network, because }];
  });
  const ready = !decisive.some(({ view }) => unready.some(({ network }) => network === view.network));
  const draining = runtime.draining();
  const impaired = runtime.failover.impaired();
  const { trouble } = runtime.state;
  return {
    ready: ready && !draining && impaired === undefined,
    draining,
    ...(impaired !== undefined && { impaired: runtime.redact(`this process seems to be cut off: ${impaired}`) }),
    ...(trouble !== undefined && { degraded: runtime.redact(`state cannot be kept: ${trouble}`) }),
    unready,
  };
}

function decisiveOf(networks: readonly NetworkRuntime[], name: string | undefined): readonly NetworkRuntime[] {
  if (name !== undefined) return networks.filter(({ view }) => view.network === name);
  const defaults = networks.filter(({ isDefault }) => isDefault);
  return defaults.length > 0 ? defaults : networks;
}
