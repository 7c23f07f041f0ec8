import type { Call } from "../core/call.ts";
import { mayReside, residencyInWords } from "../core/residency.ts";
import type { HoldReason, Upstream, UpstreamStatus } from "../core/upstream.ts";
import { formatDuration } from "../lib/duration.ts";

/**
 * Why an upstream may not serve a call now. The strings are constants that the engine compares by address, so they
 * cost on the request path what integers would.
 */
export type Obstacle =
  | "unconfirmed"
  | "quarantined"
  | "drained"
  | "ejected"
  | "breaker_open"
  | "held"
  | "behind"
  | "pruned"
  | "old_state"
  | "no_traces"
  | "elsewhere"
  | "residency"
  | "lacks_method"
  | "unfit"
  | "no_room"
  | "tried";

/** Holds that say nothing for certain: such an upstream may be asked when there is nobody else. */
export const doubtfulHolds: ReadonlySet<HoldReason | undefined> = new Set(["unreachable", "unavailable"] as const);

/** How many states a full node keeps. Source: geth's default, the last 128 blocks. */
const recentStates = 128;
/** So many blocks come in a moment. */
const nearlyBlocks = 2;

/** What anybody who is well is said to have. If nobody is, all are as good for it. */
export interface Claims {
  /** Old state. */
  readonly archives: boolean;
  readonly traces: boolean;
}

/** What keeps an upstream from serving a call at `now`, or `undefined` when nothing does. */
export function obstacle(upstream: Upstream, call: Call, now: number, claims: Claims): Obstacle | undefined {
  return (
    forbidden(upstream.status, now) ??
    ailing(upstream.status, now) ??
    (claims.archives && mayHaveForgotten(upstream, call) ? "old_state" : undefined) ??
    (claims.traces && call.traits.traces && !upstream.traces ? "no_traces" : undefined) ??
    unable(upstream, call)
  );
}

/** The same when there is nobody else to ask: that it seems to be ill no longer counts. */
export function lastObstacle(upstream: Upstream, call: Call, now: number): Obstacle | undefined {
  return forbidden(upstream.status, now) ?? unable(upstream, call);
}

/**
 * May one call try it, though it asked for a rest? Only when nobody else can serve, and not while another one does. The
 * reason is not looked at: where it is another one, there is no such time.
 */
export function mayTry(upstream: Upstream, call: Call, now: number): boolean {
  const { status } = upstream;
  if (status.heldUntil <= now || now < status.triableAt || status.inFlight > 0) return false;
  return barred(status) === undefined && unable(upstream, call) === undefined;
}

/** Would an upstream be given calls at `now`, whatever they ask? For readiness and the status page. */
export function mayServe({ status }: Upstream, now: number): boolean {
  return forbidden(status, now) === undefined && ailing(status, now) === undefined;
}

/** Nothing may be sent there at all. */
function forbidden(status: UpstreamStatus, now: number): Obstacle | undefined {
  const why = barred(status);
  if (why !== undefined) return why;
  if (status.heldUntil > now && !doubtfulHolds.has(status.heldBecause)) return "held";
  return undefined;
}

/** Whatever it may be able to do. */
function barred({ confirmed, verdict }: UpstreamStatus): Obstacle | undefined {
  if (!confirmed) return "unconfirmed";
  return verdict === "quarantined" || verdict === "drained" ? verdict : undefined;
}

/** It would probably fail. */
function ailing(status: UpstreamStatus, now: number): Obstacle | undefined {
  if (status.verdict === "ejected") return "ejected";
  if (status.breaker !== "closed" && (status.breaker === "open" || status.inFlight > 0)) return "breaker_open";
  return status.heldUntil > now ? "held" : undefined;
}

/** It cannot serve this call. A height that is not known excludes nobody. */
function unable(upstream: Upstream, call: Call): Obstacle | undefined {
  const { height } = call;
  if (!resides(upstream, call)) return "residency";
  if (call.pin !== undefined && !call.pin(upstream.id)) return "elsewhere";
  const { head } = upstream.status;
  if (height !== undefined && head >= 0 && head < height) return "behind";
  if (isPruned(upstream, call)) return "pruned";
  if (whyUnfit(upstream, call) !== undefined) return "unfit";
  if (upstream.lacks(call.method)) return "lacks_method";
  return upstream.hasRoom(call) ? undefined : "no_room";
}

/** May the call be answered where the upstream stands? */
export function resides({ coordinates }: Upstream, { residency }: Call): boolean {
  return residency === undefined || mayReside(coordinates.jurisdiction, residency);
}

/** Why it is not good for the validators' duty that a call belongs to; `undefined` when it is, or the call to none. */
function whyUnfit({ status }: Upstream, { traits }: Call): string | undefined {
  return traits.duty && status.unfit?.[traits.duty.duty];
}

/** Is this an obstacle that a well upstream gets over in a moment: no room, or a block or two short of the one needed? */
export function passesSoon(why: Obstacle | undefined, { status }: Upstream, { height }: Call): boolean {
  if (why === "behind") return height !== undefined && status.head >= height - nearlyBlocks;
  return why === "no_room";
}

/** Is data needed that is older than any that the upstream still has? */
export function isPruned({ status }: Upstream, { floor }: Call): boolean {
  return floor !== undefined && floor < status.earliest;
}

/** Is state needed that a full node no longer has? */
function mayHaveForgotten({ archive, status }: Upstream, { needsState, floor }: Call): boolean {
  return needsState && !archive && floor !== undefined && floor + recentStates <= status.head;
}

/** An obstacle in words for people, with the figures that it was judged by. */
export function inWords(why: Obstacle, upstream: Upstream, call: Call, now: number): string {
  const { status } = upstream;
  switch (why) {
    case "unconfirmed":
      return "not confirmed yet to serve this chain";
    case "quarantined":
    case "drained":
    case "ejected":
      return `${why}: ${status.because}`;
    case "breaker_open":
      return status.breaker === "open" ? "breaker open" : "breaker half open, its trial call is under way";
    case "held":
      return `held off for another ${formatDuration(Math.ceil(status.heldUntil - now))}: ${status.heldBecause}`;
    case "behind":
      return `at ${status.head}, behind ${call.height}`;
    case "pruned":
      return `keeps nothing before ${status.earliest}`;
    case "old_state":
      return `not said to keep the state of block ${call.floor}`;
    case "no_traces":
      return "not said to serve traces";
    case "elsewhere":
      return "the call is about something that another upstream has";
    case "lacks_method":
      return `does not have ${call.method}`;
    case "residency":
      return `in ${upstream.coordinates.jurisdiction ?? "a country that nobody knows"}, and calls are answered ${residencyInWords(call.residency ?? [])}`;
    case "unfit":
      return `not good for ${call.traits.duty?.duty}: ${whyUnfit(upstream, call)}`;
    case "no_room":
      return `no room, ${status.inFlight} calls in flight`;
    case "tried":
      return "already tried";
  }
}
