import assert from "node:assert/strict";
import { request } from "node:http";
import { after, test } from "node:test";
import { systemClock } from "../lib/clock.ts";
import { faultSchema } from "./faults.ts";
import { createSimulatedFleet } from "./fleet.ts";
import { listen } from "./listen.ts";
import { oneUpstream } from "./testing.ts";

const fleet = createSimulatedFleet(oneUpstream, systemClock);
const listening = await listen(fleet, systemClock);
const url = listening.url("ethereum", "aws-1") ?? "";
after(() => listening.close());

/** What a client sees within a quarter of a second: a status and a result, an error code, or nothing. */
function ask(): Promise<string> {
  return new Promise((resolve) => {
    const call = request(url, { method: "POST", agent: false, signal: AbortSignal.timeout(250) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
      response.on("end", () => resolve(`${response.statusCode} ${Buffer.concat(chunks)}`));
    });
    call.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    call.end(JSON.stringify({ id: 1, method: "eth_chainId", params: [] }));
  });
}

const right = '200 {"jsonrpc":"2.0","id":1,"result":"0x539"}';

test("loopback upstream: answers over real HTTP", async () => {
  assert.equal(await ask(), right);
});

for (const [fault, seen] of [
  ["refuse", /^ECONNREFUSED$/],
  ["black_hole", /^ABORT_ERR$/],
  ["reset", /^ECONNRESET$/],
  ["errors", /^500 /],
  ["rate_limited", /^429 /],
  ["html_200", /^200 <!doctype html>/],
  ["truncated", /^200 \{"jsonrpc":"2\.0"[^}]*$/],
  ["reset_midbody", /^ECONNRESET$/],
  ["stall_midbody", /^ABORT_ERR$/],
] as const) {
  test(`loopback upstream: ${fault} acts as named and heals`, async () => {
    fleet.faults.inject(faultSchema.parse({ where: {}, fault }));
    assert.match(await ask(), seen);
    fleet.faults.heal({ where: undefined, fault: undefined });
    let healed = await ask();
    // A port that is opened again takes a moment to be there.
    for (let tries = 0; tries < 1_000 && healed === "ECONNREFUSED"; tries++) healed = await ask();
    assert.equal(healed, right);
  });
}
