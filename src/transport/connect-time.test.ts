import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../lib/clock.ts";
import { createConnectTime } from "./connect-time.ts";
import { serveRaw } from "./testing.ts";

test("connect time, over real sockets: who accepts gives a time, and who refuses or is no address gives none", async () => {
  const connectMs = createConnectTime(systemClock);
  const { port } = new URL(await serveRaw((socket) => socket.destroy()));
  const ms = await connectMs("127.0.0.1", Number(port));
  assert.ok(ms !== undefined && ms > 0, `${ms}`);
  assert.equal(await connectMs("127.0.0.1", 1), undefined);
  assert.equal(await connectMs("not an address", Number(port)), undefined);
});
