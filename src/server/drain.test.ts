import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import fastify from "fastify";
import { ManualClock } from "../lib/manual-clock.ts";
import { boundClosing } from "./drain.ts";

/** Connects, sends, and resolves when the server has the connection. */
async function client(port: number, text: string, seen: () => Promise<unknown>): Promise<Socket> {
  const accepted = seen();
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  if (text !== "") socket.write(text);
  await accepted;
  return socket;
}

test("drain: silent connections are closed soon, a request that never ends and a call that hangs at the end of the grace", async () => {
  const cases: [string, string, number][] = [
    ["nothing was asked", "", 250],
    ["headers without an end", "POST / HTTP/1.1\r\nhost: x\r\n", 10_000],
    ["a call that hangs", "GET / HTTP/1.1\r\nhost: x\r\n\r\n", 10_000],
  ];
  for (const [name, text, ms] of cases) {
    const clock = new ManualClock();
    const app = fastify();
    app.get("/", () => new Promise(() => {}));
    boundClosing(app, clock, 10_000);
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as { port: number };
    const bytes = (socket: Socket): Promise<void> =>
      socket.bytesRead >= text.length
        ? Promise.resolve()
        : new Promise((resolve) => setImmediate(resolve)).then(() => bytes(socket));
    const socket = await client(port, text, () =>
      new Promise<Socket>((resolve) => app.server.once("connection", resolve)).then(bytes),
    );
    const gone = new Promise((resolve) => socket.once("close", resolve));
    const closed = app.close();
    while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(ms - 1);
    assert.equal(socket.readyState, "open", `${name}: not before its time`);
    await clock.advance(1);
    await closed;
    await gone;
    assert.equal(clock.nextAt(), undefined, "no timer is left");
  }
});
