import { BlockList, isIP, SocketAddress } from "node:net";

/** An IP address as a number of 32 or 128 bits. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** An address from its text; an IPv4 address within IPv6 (`::ffff:192.0.2.1`) is the IPv4 one. `undefined` when it is none. */
export function addressOf(text: string): Address | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  if (version === 4) return { bits: 32, value: numberOf(text.split(".").map(Number), 8n) };
  const value = numberOf(groupsOf(text), 16n);
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

/** The eight groups of an IPv6 address. The platform writes it in its shortest form, RFC 5952; the zone is no part of it. */
function groupsOf(text: string): readonly number[] {
  const { address } = new SocketAddress({ family: "ipv6", address: text.replace(/%.*$/, "") });
  const [head = "", tail] = address.split("::");
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function groups(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return Number.parseInt(group, 16);
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function numberOf(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n);
}

/** Addresses that nobody announces to the internet. Source: IANA's registries of special-purpose addresses. */
const special = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  special.addSubnet(network, prefix);
}
special.addSubnet("2001:db8::", 32, "ipv6");
const global = new BlockList();
global.addSubnet("2000::", 3, "ipv6");

/** Is it an address of the public internet? Of the others nobody outside can say who hosts them. */
export function isPublic(text: string): boolean {
  const address = addressOf(text);
  if (address?.bits === 32) return !special.check(dotted(address.value));
  if (!address) return false;
  const bare = text.replace(/%.*$/, "");
  return global.check(bare, "ipv6") && !special.check(bare, "ipv6");
}

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => `${(value >> shift) & 255n}`).join(".");
}
