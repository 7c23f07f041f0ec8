import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reply } from "../core/protocol.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { seededRandom } from "../lib/random.ts";
import { Chain } from "./chain.ts";
import { Crowd, type CrowdParts } from "./crowd.ts";
import { Journal } from "./journal.ts";
import { Traffic } from "./traffic.ts";

const chain = new Chain({ seed: 1, chainId: 1337, blockTimeMs: 2_000 });
const failing: Reply = { status: 503, headers: {}, body: "{}", rest: undefined, tail: "" };

/** Clients of something that fails after `ms`: what it was asked and when, and whom it saw leave. */
async function visit(ms: number, habits: Pick<CrowdParts, "patienceMs" | "retries">, forMs = 10_000) {
  const clock = new ManualClock();
  const journal = new Journal(clock, 0);
  const asked: { at: number; id: number }[] = [];
  let left = 0;
  const handle = ({ body }: { body: Uint8Array }, cancellation: Cancellation) => {
    asked.push({ at: clock.now(), id: JSON.parse(Buffer.from(body).toString()).id });
    cancellation.onCancel({ cancel: () => left++ });
    return new Promise<Reply>((resolve) => clock.schedule(ms, () => resolve(failing)));
  };
  const traffic = new Traffic(chain, { eth_chainId: 1 }, 1, 0, seededRandom(1));
  const [random, pauses] = [seededRandom(2), seededRandom(3)];
  const crowd = new Crowd({ proxy: { handle }, traffic, chain, clock, journal, rate: 2, random, pauses, ...habits });
  await clock.advance(forMs);
  crowd.leave();
  await clock.advance(60_000);
  crowd.check();
  return { asked, left, journal };
}

test("clients: those who retry ask the same again, so often, after about that long", async () => {
  const { asked, journal } = await visit(10, { retries: { times: 2, after: 100 } });
  const first = asked.filter(({ id }) => id === 1);
  assert.equal(first.length, 3);
  const [pause, next] = [1, 2].map((index) => (first[index]?.at ?? 0) - (first[index - 1]?.at ?? 0) - 10);
  for (const one of [pause, next]) assert.ok(one !== undefined && one >= 50 && one <= 150, `${one} ms`);
  assert.equal(journal.calls.length, asked.length);
});

test("clients: other calls come when they would have come without retries", async () => {
  const firsts = ({ asked }: Awaited<ReturnType<typeof visit>>) =>
    [...new Map(asked.toReversed().map(({ id, at }) => [id, at])).values()].sort((a, b) => a - b);
  const [plain, retrying] = [await visit(10, {}), await visit(10, { retries: { times: 3, after: 100 } })];
  assert.deepEqual(firsts(retrying), firsts(plain));
  assert.ok(retrying.asked.length > 3 * plain.asked.length);
});

test("clients: those without patience hang up, which is a failed call", async () => {
  const { asked, left, journal } = await visit(5_000, { patienceMs: 1_000 });
  assert.equal(left, asked.length);
  assert.deepEqual([...journal.reasons], [["eth_chainId: given up", asked.length]]);
  assert.ok(journal.calls.every(({ ms }) => Math.round(ms) === 1_000));
});

test("clients: nobody asks again after all have left", async () => {
  const { asked } = await visit(5_000, { retries: { times: 10, after: 5_000 } }, 10_000);
  assert.ok(asked.every(({ at }) => at <= 10_000));
});
