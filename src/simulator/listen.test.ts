import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { Cancellation } from "../lib/cancellation.ts";
import { systemClock } from "../lib/clock.ts";
import { createHttpTransport } from "../transport/http.ts";
import { faultSchema } from "./faults.ts";
import { createSimulatedFleet } from "./fleet.ts";
import { listen } from "./listen.ts";
import { faultTable, oneUpstream, requestFor, told } from "./testing.ts";

const fleet = createSimulatedFleet(oneUpstream, systemClock);
const listening = await listen(fleet, systemClock);
const url = listening.url("ethereum", "aws-1") ?? "";
after(() => listening.close());

/** What comes of a call over real HTTP; where silence is expected it is not waited for long. */
async function ask(expected: string): Promise<string> {
  const options = { url, headers: {}, connections: 1, connectTimeoutMs: 1_000, stallMs: 10_000, responseBytes: 1e6 };
  const transport = createHttpTransport(options, systemClock);
  const cancellation = new Cancellation();
  const timer = systemClock.schedule(expected === "silence" ? 250 : 5_000, () => cancellation.cancel());
  const result = await transport.send(requestFor("eth_chainId", []), cancellation, Number.POSITIVE_INFINITY);
  timer.cancel();
  await transport.close();
  return told(result);
}

/** A port that is opened again takes a moment to be there. */
async function askUntilReachable(): Promise<string> {
  let seen = await ask("200 result");
  for (let tries = 0; tries < 1_000 && seen === "unreachable"; tries++) seen = await ask("200 result");
  return seen;
}

test("loopback upstream: answers over real HTTP", async () => {
  assert.equal(await ask("200 result"), "200 result");
});

for (const [fault, seen] of faultTable) {
  test(`loopback upstream: ${fault} does what its name says, and heals`, async () => {
    fleet.faults.inject(faultSchema.parse({ where: {}, fault }));
    assert.equal(await ask(seen), seen);
    fleet.faults.heal({ where: undefined, fault: undefined });
    assert.equal(await askUntilReachable(), "200 result");
  });
}

/** A client that keeps its connection. */
function keeping(t: TestContext) {
  const options = { url, headers: {}, connections: 1, connectTimeoutMs: 1_000, stallMs: 10_000, responseBytes: 1e6 };
  const transport = createHttpTransport(options, systemClock);
  t.after(() => transport.close());
  return async (waitMs = 5_000) => {
    const cancellation = new Cancellation();
    const timer = systemClock.schedule(waitMs, () => cancellation.cancel());
    const result = await transport.send(requestFor("eth_chainId", []), cancellation, Number.POSITIVE_INFINITY);
    timer.cancel();
    return told(result);
  };
}

test("loopback upstream: without its name it is out of reach for those who are not connected yet", async (t) => {
  const connected = keeping(t);
  assert.equal(await connected(), "200 result");
  fleet.faults.inject(faultSchema.parse({ where: {}, fault: "dns" }));
  assert.equal(await connected(), "200 result");
  assert.equal(await ask("unreachable"), "unreachable");
  fleet.faults.heal({ where: undefined, fault: undefined });
  assert.equal(await askUntilReachable(), "200 result");
  assert.equal(await connected(), "200 result");
});

test("loopback upstream: under a handshake that hangs live connections break, and new ones stay silent", async (t) => {
  const connected = keeping(t);
  assert.equal(await connected(), "200 result");
  fleet.faults.inject(faultSchema.parse({ where: {}, fault: "tls_hang" }));
  assert.notEqual(await connected(250), "200 result");
  assert.equal(await ask("silence"), "silence");
  fleet.faults.heal({ where: undefined, fault: undefined });
  assert.equal(await askUntilReachable(), "200 result");
});
