import { Gauge } from "k6/metrics";
import { isStruck, type Schedule } from "../plans/schedule.ts";
import { type ShownChange, statusNow } from "./control.ts";

const startedAtGauge = new Gauge("started_at");
const detectedAfter = new Gauge("detected_after", true);
const flaps = new Gauge("flaps");
const wrongEjections = new Gauge("wrong_ejections");

const pauseSeconds = 0.5;

/** How long after a fault a late judgement on those it struck still counts as right, in milliseconds. */
const graceMs = 5_000;

/**
 * Follows what the proxy says of its upstreams until the run ends, and keeps the figures that clients cannot see.
 * `startedAt` is the start of the run in milliseconds since 1970, by the clock that the proxy has too.
 */
export function watch(schedule: Schedule, startedAt: number, sleep: (seconds: number) => void): void {
  startedAtGauge.add(startedAt);
  const seen = new Set<string>();
  const changes: { readonly at: number; readonly change: ShownChange }[] = [];
  while (Date.now() - startedAt < schedule.end) {
    for (const change of statusNow()?.changes ?? []) {
      const key = `${change.at} ${change.upstream} ${change.what} ${change.to}`;
      const at = Date.parse(change.at) - startedAt;
      if (at < 0 || seen.has(key)) continue;
      seen.add(key);
      changes.push({ at, change });
      if (isWrong(schedule, at, change)) {
        const after = ((at - schedule.onset) / 1_000).toFixed(1);
        console.warn(`wrong ejection ${after} s from the onset: ${change.upstream}: ${change.because}`);
      }
    }
    const detected = changes.filter(({ at, change }) => distrusts(change) && isStruck(schedule, change.upstream, at));
    if (detected.length > 0) detectedAfter.add(Math.min(...detected.map(({ at }) => at)) - schedule.onset);
    wrongEjections.add(changes.filter(({ at, change }) => isWrong(schedule, at, change)).length);
    const outs = changes.filter(({ change }) => takesOut(change));
    const struck = [...new Set(schedule.strikes.flatMap(({ upstreams }) => upstreams))];
    const returns = struck.map((id) => outs.filter(({ change }) => change.upstream === id).length - 1);
    flaps.add(Math.max(0, ...returns));
    sleep(pauseSeconds);
  }
}

/** Does a change say that an upstream is no longer trusted with traffic? */
function distrusts({ what, from, to }: ShownChange): boolean {
  if (what === "verdict") return to === "suspect" || to === "ejected" || to === "quarantined";
  return what === "breaker" ? to === "open" : from === "none";
}

/** Does a change take somebody out of service whom nothing has struck? */
function isWrong(schedule: Schedule, at: number, change: ShownChange): boolean {
  return takesOut(change) && !isStruck(schedule, change.upstream, at, graceMs);
}

/** Does a change take an upstream out of service? */
function takesOut({ what, to }: ShownChange): boolean {
  return what === "verdict" && (to === "ejected" || to === "quarantined");
}
