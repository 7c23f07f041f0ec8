import { hostingFigure } from "../concentration/hosting/figure.ts";
import { findingText } from "../concentration/hosting/text.ts";
import type { Runtime } from "./runtime.ts";

/** Declared beside observed hosting of one network, for `GET /api/status`; `null` before the first look. */
export function hostingStatus({ hosting }: Pick<Runtime, "hosting">, network: string) {
  const found = (hosting?.() ?? []).filter((one) => one.network === network);
  const figure = hostingFigure(found);
  if (!figure) return null;
  const upstreams = found.map((one) => {
    const { upstream, claimed, finding, hosts, asns, edges, countries, light = null } = one;
    const seen = hosts.map(({ asn, organisation, ...host }) => ({
      ...host,
      asn: asn ?? null,
      organisation: organisation ?? null,
    }));
    return { upstream, claimed, finding, text: findingText(one), hosts: seen, asns, edges, countries, light };
  });
  return { ...figure, upstreams };
}
