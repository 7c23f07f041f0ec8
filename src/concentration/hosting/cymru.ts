import { addressOf, isPublic } from "./addresses.ts";
import type { ProviderOfAsn } from "./database.ts";
import type { Names } from "./names.ts";
import type { Place, Places } from "./place.ts";

/** So many addresses are asked about at a look, and so many at once: the service is free, and others' too. */
const mostAsked = 512;
const mostAtOnce = 4;

/** What could be found out, and the last reason why something could not. */
export interface CymruAnswer {
  readonly places: Places;
  readonly problem: string | undefined;
}

/**
 * Asks Team Cymru's DNS zone which autonomous system announces each address now: two small questions for an address, the
 * second, about the system's name, once for each system. What is not answered is not known; never rejects.
 * Source: Team Cymru, IP to ASN mapping service by DNS (`origin`, `origin6` and `AS64500` below asn.cymru.com). The country
 * in its answers is that of the registry's record, and not taken.
 */
export async function askCymru(
  addresses: readonly string[],
  names: Pick<Names, "texts">,
  providerOfAsn: ProviderOfAsn,
): Promise<CymruAnswer> {
  const left = [...new Set(addresses)].filter(isPublic).slice(0, mostAsked);
  const places = new Map<string, Place>();
  const owners = new Map<number, Promise<string | undefined>>();
  let problem: string | undefined;
  const ask = async () => {
    for (let address = left.pop(); address !== undefined; address = left.pop()) {
      const found = await names.texts(questionOf(address));
      if ("problem" in found) problem = found.problem;
      const asn = "problem" in found ? undefined : originOf(found);
      if (asn === undefined) continue;
      const owner = owners.get(asn) ?? ownerOf(asn, names);
      owners.set(asn, owner);
      places.set(address, placeOf(asn, await owner, providerOfAsn));
    }
  };
  await Promise.all(Array.from({ length: Math.min(mostAtOnce, left.length) }, ask));
  return { places: (address) => places.get(address), problem };
}

/** The name that is asked about an address: `1.1.216.95.origin.asn.cymru.com`, an IPv6 address by its nibbles. */
export function questionOf(text: string): string {
  const address = addressOf(text);
  if (!address) throw new Error(`${text} is no address`);
  const { bits, value } = address;
  const [step, zone, base] = bits === 32 ? ([8, "origin", 10] as const) : ([4, "origin6", 16] as const);
  const labels: string[] = [];
  for (let at = 0; at < bits; at += step) {
    labels.push(((value >> BigInt(at)) & ((1n << BigInt(step)) - 1n)).toString(base));
  }
  return `${labels.join(".")}.${zone}.asn.cymru.com`;
}

/** Of `24940 | 95.216.0.0/15 | DE | ripencc | 2009-07-14` the system; of several prefixes the longest, of several systems the first. */
export function originOf(texts: readonly string[]): number | undefined {
  let best: { readonly asn: number; readonly length: number } | undefined;
  for (const text of texts) {
    const [, asn, length] = /^(\d{1,10})(?: \d+)* \| [0-9a-fA-F.:]+\/(\d{1,3}) /.exec(text) ?? [];
    if (asn === undefined || (best && best.length >= Number(length))) continue;
    best = { asn: Number(asn), length: Number(length) };
  }
  return best?.asn;
}

/** Of `24940 | DE | ripencc | 2002-06-03 | HETZNER-AS, DE` the end. */
async function ownerOf(asn: number, names: Pick<Names, "texts">): Promise<string | undefined> {
  const found = await names.texts(`AS${asn}.asn.cymru.com`);
  if ("problem" in found) return undefined;
  const owner = found[0]?.split(" | ")[4]?.trim().slice(0, 200);
  return owner === "" ? undefined : owner;
}

function placeOf(asn: number, organisation: string | undefined, providerOfAsn: ProviderOfAsn): Place {
  const provider = providerOfAsn(asn);
  return { asn, ...(organisation !== undefined && { organisation }), ...(provider !== undefined && { provider }) };
}
