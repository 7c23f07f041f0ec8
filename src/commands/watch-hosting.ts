import type { Assembly } from "../assemble.ts";
import type { Hosting } from "../concentration/hosting/hosting.ts";
import { isElsewhere } from "../concentration/hosting/observation.ts";
import { sightOf } from "../concentration/hosting/sight.ts";
import { findingText } from "../concentration/hosting/text.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../observe/log.ts";
import { hostingOf } from "./hosting.ts";

/**
 * Looks where upstreams are hosted, and tells failover what was seen, and the log what is not as declared, and what changed.
 */
export function watchHosting(
  config: Config,
  clock: Clock,
  log: Log,
  crashed: (bug: unknown) => void,
  { networks }: Assembly,
): Hosting {
  return hostingOf(config, {
    clock,
    crashed,
    told(now, before) {
      networks.get(now.network)?.sighted(now.upstream, sightOf(now));
      const wrong = isElsewhere(now);
      if (!before && !wrong && now.finding !== "beneath") return;
      log[wrong ? "warn" : "info"](`upstream ${now.upstream}: ${findingText(now)}`, {
        network: now.network,
        addresses: now.addresses.slice(0, 8).join(" "),
        countries: now.countries.join(" "),
      });
    },
    troubled: (problem) => log.warn(`hosting: ${problem}`),
  });
}
