import { drills } from "./drills.ts";
import type { Outage } from "./outage.ts";
import { replays } from "./replays.ts";

export const outages: readonly Outage[] = [...drills, ...replays];

/** The outage of that name, or an error that lists the names there are. */
export function outageOf(name: string): Outage {
  const found = outages.find((outage) => outage.name === name);
  if (found) return found;
  throw new Error(`no outage is called ${name}; there are ${outages.map((one) => one.name).join(", ")}`);
}
