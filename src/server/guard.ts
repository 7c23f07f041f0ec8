import { createHash, timingSafeEqual } from "node:crypto";
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Is this address (`127.0.0.1`, `::1`, `::ffff:127.0.0.1`) the machine's own? */
export function isLoopbackAddress(address: string | undefined): boolean {
  const family = isIP(address ?? "");
  return family !== 0 && loopback.check(address as string, family === 4 ? "ipv4" : "ipv6");
}

/** Is this a name or an address of the machine itself, which no foreign name server can give to a page of its own? */
export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isLoopbackAddress(name);
}

/** The name in a `Host` header (`example.org:1`, `[::1]:9545`, `localhost`), in lower case. */
export function nameIn(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^/:@\s]+))(?::\d+)?$/i.exec(header ?? "");
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** Does `authorization: Bearer TOKEN` carry the token? Takes the same time however much of it is right. */
export function bears(authorization: string | undefined, token: string): boolean {
  const presented = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  return presented !== undefined && timingSafeEqual(digest(presented), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
