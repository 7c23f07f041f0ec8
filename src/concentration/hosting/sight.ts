import type { Dimension, Sight } from "../../core/upstream.ts";
import type { Observation } from "./observation.ts";

/**
 * What an observation means for the failure domains of an upstream. Its provider is verified when that owns machines and
 * all of its known addresses are among them; its region when it stands as near as the region is. `undefined` when nothing
 * was seen. Pure.
 */
export function sightOf({ finding, asns, edges, light }: Observation): Sight | undefined {
  const verified: Dimension[] = [];
  if (finding === "agreed") verified.push("provider");
  if (light?.reach === "supported") verified.push("region");
  // Behind a CDN the addresses are the CDN's.
  const asn = edges.length === 0 && asns.length === 1 ? asns[0] : undefined;
  return asn === undefined && verified.length === 0 ? undefined : { asn, verified };
}

/** Do two sights say the same? */
export function sameSight(a: Sight | undefined, b: Sight | undefined): boolean {
  return a?.asn === b?.asn && a?.verified.join() === b?.verified.join();
}
