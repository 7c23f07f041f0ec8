import { nearest } from "../../lib/nearest.ts";
import { allLabels, belongs, type Reading } from "./reading.ts";

/** Says that nothing belongs to a target, and what may have been meant; `undefined` when something does. */
export function unknownTarget(reading: Reading, target: string): string | undefined {
  if (reading.networks.some(({ upstreams }) => upstreams.some((one) => belongs(one, target)))) return undefined;
  const meant = nearest(target, allLabels(reading));
  const hint = meant === undefined ? "; /api/failover?all=true lists what there is" : `; did you mean ${meant}?`;
  return `no upstream belongs to ${target}${hint}`;
}

/** Why this is no time for a drill; `undefined` when it is. */
export function unfit(reading: Reading, target: string): string | undefined {
  const { impaired, failover } = reading;
  if (impaired !== undefined) return impaired;
  const order = failover.orders.find((one) => one.target === target);
  if (order) return `there is an order for ${target} already, by ${order.by}`;
  const out = outOfService(reading);
  if (out) return `${out.domain} is not in full service (${out.phase.replace("_", " ")})`;
  const unready = unserved(reading, target);
  return unready && `${unready.network} is not served: ${unready.unreadyBecause}`;
}

/** The networks that nobody outside of a target may serve now, in a sentence; `undefined` when there is none. */
export function nobodyElse({ networks }: Reading, target: string): string | undefined {
  const left = networks.filter(({ upstreams }) => {
    const able = upstreams.filter(({ eligible }) => eligible);
    return able.length > 0 && able.every((one) => belongs(one, target));
  });
  return left.length === 0 ? undefined : `nobody else may serve ${left.map(({ network }) => network).join(", ")} now`;
}

/** What came between since `began`, so that a drill must not go on; `undefined` when nothing did. */
export function intervention(reading: Reading, began: Reading, target: string): string | undefined {
  if (reading.startedAt !== began.startedAt) return "the proxy was started anew";
  if (reading.impaired !== undefined) return reading.impaired;
  const out = outOfService(reading);
  if (out) return `${out.domain} went out of service by itself`;
  const unready = unserved(reading, target);
  return unready && `${unready.network} is not served any more: ${unready.unreadyBecause}`;
}

/** A domain that is out or on its way back. One that is watched still has its traffic. */
function outOfService({ failover }: Reading) {
  return failover.domains.find(({ phase }) => phase !== "closed" && phase !== "watch");
}

/** A network with members in the target that cannot be served. */
function unserved({ networks }: Reading, target: string) {
  return networks.find(
    ({ upstreams, unreadyBecause }) => unreadyBecause !== null && upstreams.some((one) => belongs(one, target)),
  );
}
