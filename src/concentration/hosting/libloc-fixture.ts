import { addressOf } from "./addresses.ts";

export interface LiblocNetwork {
  readonly asn?: number;
  readonly country?: string;
  /** 4 is anycast, 8 is to be dropped. */
  readonly flags?: number;
}

/** For tests: the bytes of a small libloc database, whose prefixes may lie within each other. */
export function liblocOf(
  networks: Readonly<Record<string, LiblocNetwork>>,
  names: Readonly<Record<number, string>> = {},
): Buffer {
  const nodes: number[][] = [[0, 0, 0xffff_ffff]];
  for (const [index, prefix] of Object.keys(networks).entries()) {
    let node = 0;
    for (const bit of bitsOf(prefix)) {
      const sides = nodes[node] as number[];
      if (sides[bit] === 0) sides[bit] = nodes.push([0, 0, 0xffff_ffff]) - 1;
      node = sides[bit] as number;
    }
    (nodes[node] as number[])[2] = index;
  }
  const data = Object.values(networks).map(({ asn = 0, country = "XX", flags = 0 }) =>
    Buffer.concat([Buffer.from(country), Buffer.alloc(2), word(asn), word(flags << 16)]),
  );
  const order = Object.keys(names)
    .map(Number)
    .sort((a, b) => a - b);
  let pool = Buffer.from("\0");
  const systems = order.map((asn) => {
    const at = pool.length;
    pool = Buffer.concat([pool, Buffer.from(`${names[asn]}\0`)]);
    return Buffer.concat([word(asn), word(at)]);
  });
  const parts = [
    Buffer.concat(systems),
    Buffer.concat(data),
    Buffer.concat(nodes.flat().map(word)),
    Buffer.alloc(0),
    pool,
  ];
  let offset = 4_200;
  const places = parts.map((part) => {
    const place = [word(offset), word(part.length)];
    offset += part.length;
    return Buffer.concat(place);
  });
  const head = [Buffer.from("LOCDBXX\x01"), word(0), word(1_700_000_000), Buffer.alloc(12), ...places];
  const header = Buffer.concat(head);
  return Buffer.concat([header, Buffer.alloc(4_200 - header.length), ...parts]);
}

function word(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

function bitsOf(prefix: string): readonly number[] {
  const [network = "", length] = prefix.split("/");
  const address = addressOf(network);
  if (!address) throw new Error(`${prefix} is no prefix`);
  const value = address.bits === 32 ? (0xffffn << 32n) | address.value : address.value;
  return [
    ...value
      .toString(2)
      .padStart(128, "0")
      .slice(0, Number(length) + 128 - address.bits),
  ].map(Number);
}
