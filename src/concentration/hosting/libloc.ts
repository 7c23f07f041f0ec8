import { addressOf } from "./addresses.ts";

/** A libloc database that was read whole. */
export interface Libloc {
  /** When it was made, in milliseconds since 1970. */
  readonly builtAt: number;
  /** What it says of an address, as the longest prefix has it, by the names that MMDB files give their fields. */
  find(address: string): LiblocRecord | undefined;
}

export interface LiblocRecord {
  readonly autonomous_system_number: number;
  readonly autonomous_system_organization: string | undefined;
  /** Absent of an anycast prefix, which is in many countries. */
  readonly country_code: string | undefined;
}

/**
 * The format, version 1. Source: libloc's `src/libloc/format.h` (github.com/ipfire/libloc). Numbers are big-endian; the
 * header is the magic, the version, a time, three texts, offset and length of five sections, signatures and padding.
 */
const magic = Buffer.from("LOCDBXX");
const versionAt = 7;
const createdAt = 8;
const sectionsAt = 28;
const headerBytes = 4_200;

/** The sections in their order in the header, and how long one entry of each is, in bytes. */
const sections = { systems: 8, networks: 12, nodes: 12, countries: 8, pool: 1 } as const;

type Section = keyof typeof sections;

/** A node without a network, and the flag of an anycast prefix (`src/libloc/network.h`). */
const noNetwork = 0xffff_ffff;
const anycast = 1 << 2;

/** What the database has for no country, or more than one. */
const noCountries: ReadonlySet<string> = new Set(["\0\0", "XX", "AP", "EU"]);

/** Where IPv4 addresses are: ::ffff:0:0/96. */
const mapped = 0xffffn << 32n;

export function isLibloc(bytes: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

/** Reads a database that begins with libloc's magic; what is wrong with it, as the end of a sentence, otherwise. */
export function readLibloc(bytes: Buffer): Libloc | { readonly problem: string } {
  if (bytes.length < headerBytes) return { problem: "is cut off" };
  const version = bytes.readUInt8(versionAt);
  if (version !== 1) return { problem: `is a libloc database of version ${version}, and only version 1 is known` };
  const parts = {} as Record<Section, Buffer>;
  for (const [index, name] of (Object.keys(sections) as Section[]).entries()) {
    const offset = bytes.readUInt32BE(sectionsAt + 8 * index);
    const length = bytes.readUInt32BE(sectionsAt + 8 * index + 4);
    if (offset + length > bytes.length) return { problem: "is cut off" };
    if (length % sections[name] !== 0) return { problem: "is damaged" };
    parts[name] = bytes.subarray(offset, offset + length);
  }
  if (parts.nodes.length === 0) return { problem: "holds no networks" };
  return {
    builtAt: Number(bytes.readBigUInt64BE(createdAt)) * 1_000,
    find: (address) => recordAt(parts, networkOf(parts.nodes, address)),
  };
}

/** The network of the longest prefix with an address, by number. A node that is not there ends the walk. */
function networkOf(nodes: Buffer, text: string): number {
  const address = addressOf(text);
  if (!address) return noNetwork;
  const value = address.bits === 32 ? mapped | address.value : address.value;
  let found = noNetwork;
  let node = 0;
  for (let bit = 127n; ; bit--) {
    const network = nodes.readUInt32BE(node + 8);
    if (network !== noNetwork) found = network;
    if (bit < 0n) return found;
    const next = sections.nodes * nodes.readUInt32BE(node + ((value >> bit) & 1n ? 4 : 0));
    if (next === 0 || next >= nodes.length) return found;
    node = next;
  }
}

function recordAt({ networks, systems, pool }: Record<Section, Buffer>, network: number): LiblocRecord | undefined {
  const at = sections.networks * network;
  if (at >= networks.length) return undefined;
  const country = networks.toString("latin1", at, at + 2);
  const number = networks.readUInt32BE(at + 4);
  const known = !noCountries.has(country) && (networks.readUInt16BE(at + 8) & anycast) === 0;
  return {
    autonomous_system_number: number,
    autonomous_system_organization: nameOf(systems, pool, number),
    country_code: known ? country : undefined,
  };
}

/** The name of an autonomous system: they stand in the order of their numbers. */
function nameOf(systems: Buffer, pool: Buffer, number: number): string | undefined {
  let low = 0;
  let high = systems.length / sections.systems;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (systems.readUInt32BE(sections.systems * middle) < number) low = middle + 1;
    else high = middle;
  }
  const at = sections.systems * low;
  if (at >= systems.length || systems.readUInt32BE(at) !== number) return undefined;
  const from = systems.readUInt32BE(at + 4);
  const to = pool.indexOf(0, from);
  return from < pool.length && to > from ? pool.toString("utf8", from, to) : undefined;
}
