import { z } from "zod";

/** Where to listen: a host (name, IPv4 or IPv6 without brackets) and a port; port 0 takes any that is free. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const pattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;

const wanted = "must be HOST:PORT such as 127.0.0.1:8545, 0.0.0.0:8545 for all interfaces, or [::1]:8545";

/** An option that says where to listen: `127.0.0.1:8545` in the document. */
export const address = z
  .string({ error: wanted })
  .regex(pattern, { error: wanted })
  .transform((text, context): Address => {
    const parsed = parseAddress(text);
    if (parsed) return parsed;
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  });

/** Reads `HOST:PORT` or `[IPV6]:PORT`; `undefined` when it is neither. */
export function parseAddress(text: string): Address | undefined {
  const [, host, port] = pattern.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replace(/[[\]]/g, ""), port: Number(port) };
}

/** Could two listeners not both be opened? */
export function collide(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || [a.host, b.host].some((host) => host === "0.0.0.0" || host === "::");
}
