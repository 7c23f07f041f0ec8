import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { systemClock } from "../lib/clock.ts";
import { createConnectTime } from "./connect-time.ts";

test("connect time, over real sockets: who accepts gives a time, and who refuses or is no address gives none", async () => {
  const connectMs = createConnectTime(systemClock);
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ms = await connectMs("127.0.0.1", port);
  assert.ok(ms !== undefined && ms > 0, `${ms}`);
  server.close();
  await once(server, "close");
  assert.equal(await connectMs("127.0.0.1", port), undefined);
  assert.equal(await connectMs("not an address", port), undefined);
});
