import type { Dimension, Sight } from "../../core/upstream.ts";
import type { Observation } from "./observation.ts";

/**
 * What an observation means for the failure domains of an upstream. Its provider is verified when that owns machines and
 * all of its known addresses are among them; its region when it stands as near as the region is. Who stands behind a CDN
 * falls with it, also where nobody declared it. `undefined` when nothing was seen. Pure.
 */
export function sightOf({ finding, hosts, asns, edges, light }: Observation): Sight | undefined {
  const verified: Dimension[] = [];
  if (finding === "agreed") verified.push("provider");
  // A region is one of its provider's: whoever stands near it on machines of another is not in it.
  if (light?.reach === "supported" && finding !== "mismatch") verified.push("region");
  // Behind a CDN the addresses are the CDN's.
  const asn = edges.length === 0 && asns.length === 1 ? asns[0] : undefined;
  const edge = hosts.length === 0 && edges.length === 1 ? edges[0] : undefined;
  if (asn === undefined && edge === undefined && verified.length === 0) return undefined;
  return { asn, ...(edge !== undefined && { edge }), verified };
}

/** Do two sights say the same? */
export function sameSight(a: Sight | undefined, b: Sight | undefined): boolean {
  return a?.asn === b?.asn && a?.edge === b?.edge && a?.verified.join() === b?.verified.join();
}
