import type { Capacity } from "../core/capacity.ts";
import type { ValidatorSnapshot } from "../core/duty-status.ts";
import type { NetworkView } from "../core/protocol.ts";
import type { Upstream } from "../core/upstream.ts";

/** What metrics and the status page read of one network; live, read anew each time. */
export interface NetworkState {
  readonly view: NetworkView;
  readonly upstreams: readonly Upstream[];
  /** Does the protocol have a head at all? Then the network is not ready before one is known. */
  readonly hasHead: boolean;
  /** Might traffic go to this upstream now, as routing sees it? */
  eligible(upstream: Upstream): boolean;
  /** The height that an upstream's lag is judged against; -1 while unknown. */
  fleetHead(): number;
  readonly survival: SurvivalState;
  /** Validators that depend on an upstream, or their stake, as the configuration says; `undefined` where it does not. */
  readonly stake?: ((upstream: Upstream) => number | undefined) | undefined;
  /** How things are for validators, worked out anew; absent where there are none. */
  readonly validators?: (() => ValidatorSnapshot) | undefined;
}

/** What there is to judge by whether a network survives the loss of a failure domain. Calls are calls a second. */
export interface SurvivalState {
  /** What an upstream bears; `undefined` while not known. */
  capacity(upstream: Upstream): Capacity | undefined;
  /** What upstreams are asked for now, by priority, 0 to 3, and what one of them is sent. */
  demand(): readonly number[];
  load(upstream: Upstream): number;
  /** The most that clients ask for, as declared. */
  readonly peak: number | undefined;
  /** The share, 0..1, of what is left after a loss that must stay free. */
  readonly reserve: number;
}

/** Why a network cannot serve now, for people; `undefined` when it can. */
export function unreadyBecause(network: NetworkState): string | undefined {
  if (network.upstreams.length === 0) return "no upstreams are configured";
  if (eligibleCount(network) === 0) return `none of ${network.upstreams.length} upstreams may serve`;
  if (network.hasHead && network.view.head.latest < 0) return "the head of the chain is not known yet";
  return undefined;
}

export function eligibleCount(network: NetworkState): number {
  let count = 0;
  for (const upstream of network.upstreams) if (network.eligible(upstream)) count++;
  return count;
}

/** How many blocks an upstream is behind the fleet; `undefined` while unknown. */
export function lagOf(network: NetworkState, { status }: Upstream): number | undefined {
  const fleetHead = network.fleetHead();
  return fleetHead < 0 || status.head < 0 ? undefined : Math.max(0, fleetHead - status.head);
}
