import type { IncomingMessage } from "node:http";
import type { Caller } from "../core/call.ts";

/** No program needs more to say what it is; what is longer or odd might be meant for whoever reads a log. */
const mostAgent = 64;

/**
 * Who sends a request, by the address that it comes from and the program that it names. One machine may reach us by
 * `127.0.0.1` and `::1` in turn, as `localhost` means both, and by IPv4 written as IPv6; these are one address here.
 */
export function callerOf({ socket, headers }: Pick<IncomingMessage, "socket" | "headers">): Caller {
  const address = (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
  return {
    address: address === "::1" || address.startsWith("127.") ? "loopback" : address,
    agent: (headers["user-agent"] ?? "").slice(0, mostAgent).replace(/[^\x20-\x7e]/g, "?"),
  };
}
