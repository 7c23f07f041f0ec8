import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { Reader, type Response } from "maxmind";
import { isLibloc, readLibloc } from "./libloc.ts";
import type { Place, Places } from "./place.ts";

/** The key in the catalogue of who announces an autonomous system; `undefined` when nobody there does. */
export type ProviderOfAsn = (asn: number) => string | undefined;

/** A database of addresses that was read whole. */
export interface Database {
  readonly places: Places;
  /** What it calls itself: `GeoLite2-ASN`; `libloc` for one of these. */
  readonly type: string;
  /** When it was built, in milliseconds since 1970. */
  readonly builtAt: number;
}

/** How files begin that xz compressed. Source: the .xz file format, 2.1.1.1. */
const xz = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);

/**
 * Reads an MMDB file of any vendor (GeoLite2-ASN, DB-IP, IPinfo, ip-location-db) or a libloc database. What cannot be
 * read, or is none of these, is a problem as a sentence.
 */
export async function openDatabase(
  file: string,
  providerOfAsn: ProviderOfAsn,
): Promise<Database | { readonly problem: string }> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    return { problem: `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}` };
  }
  if (bytes.subarray(0, xz.length).equals(xz)) return { problem: `${file} is compressed: unpack it with xz -d first` };
  if (isLibloc(bytes)) {
    const libloc = readLibloc(bytes);
    if ("problem" in libloc) return { problem: `${file} ${libloc.problem}` };
    const { builtAt, find } = libloc;
    return { type: "libloc", builtAt, places: (address) => placeOf(find(address), providerOfAsn) };
  }
  let reader: Reader<Response>;
  try {
    reader = new Reader<Response>(bytes);
  } catch {
    return { problem: `${file} is no MMDB file, and no libloc database` };
  }
  const { databaseType, buildEpoch } = reader.metadata;
  return {
    type: databaseType,
    builtAt: buildEpoch.getTime(),
    places: (address) => (isIP(address) === 0 ? undefined : placeOf(recordAt(reader, address), providerOfAsn)),
  };
}

/** A file that holds IPv4 only has nothing to say of IPv6; a damaged record is none. */
function recordAt(reader: Reader<Response>, address: string): unknown {
  try {
    return reader.get(address);
  } catch {
    return undefined;
  }
}

/**
 * What a record says, by the names that vendors give their fields: GeoLite2-ASN, DB-IP and ip-location-db
 * `autonomous_system_number` and `autonomous_system_organization`; IPinfo `asn` ("AS24940") with `as_name` or `name`;
 * countries as `country_code`, `country` or `country.iso_code`.
 */
export function placeOf(record: unknown, providerOfAsn: ProviderOfAsn): Place | undefined {
  if (typeof record !== "object" || record === null) return undefined;
  const fields = record as Readonly<Record<string, unknown>>;
  const asn = numberOf(fields["autonomous_system_number"] ?? fields["asn"]);
  const organisation = textOf(fields["autonomous_system_organization"] ?? fields["as_name"] ?? fields["name"]);
  const { country } = fields;
  const nested =
    typeof country === "object" && country !== null ? (country as { iso_code?: unknown }).iso_code : country;
  const code = countryOf(fields["country_code"] ?? nested);
  const provider = asn === undefined ? undefined : providerOfAsn(asn);
  const place: Place = {
    ...(asn !== undefined && { asn }),
    ...(organisation !== undefined && { organisation }),
    ...(provider !== undefined && { provider }),
    ...(code !== undefined && { country: code }),
  };
  return Object.keys(place).length === 0 ? undefined : place;
}

/** An autonomous system, as a number or as `AS24940`; 32 bits, RFC 6793. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" ? Number(/^AS(\d{1,10})$/i.exec(value)?.[1] ?? value) : value;
  return typeof number === "number" && Number.isInteger(number) && number > 0 && number < 2 ** 32 ? number : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, 200) : undefined;
}

function countryOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[a-z]{2}$/i.test(value) ? value.toLowerCase() : undefined;
}
