import { connect } from "node:net";
import type { Clock } from "../lib/clock.ts";

/** Who has not accepted a connection by then is not waited for, in milliseconds. */
const patienceMs = 2_000;

/**
 * Opens a TCP connection to an address and closes it: the milliseconds until it was accepted, which is once there and back;
 * `undefined` when it was refused or not accepted in time. Never rejects.
 */
export function createConnectTime(clock: Clock): (address: string, port: number) => Promise<number | undefined> {
  return (address, port) =>
    new Promise((resolve) => {
      const since = clock.now();
      const socket = connect({ host: address, port, autoSelectFamily: false });
      const end = (ms: number | undefined) => {
        socket.destroy();
        resolve(ms);
      };
      socket.setTimeout(patienceMs, () => end(undefined));
      socket.once("connect", () => end(clock.now() - since));
      socket.once("error", () => end(undefined));
    });
}
