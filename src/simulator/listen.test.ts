import assert from "node:assert/strict";
import { after, test } from "node:test";
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
