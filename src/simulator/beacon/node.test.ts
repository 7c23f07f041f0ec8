import assert from "node:assert/strict";
import { test } from "node:test";
import { collect } from "../../core/bytes.ts";
import type { Reply } from "../../core/protocol.ts";
import { Cancellation } from "../../lib/cancellation.ts";
import { ManualClock } from "../../lib/manual-clock.ts";
import { faultSchema } from "../faults.ts";
import { createSimulatedFleet, type SimulatedFleet, type SimulationOptions } from "../fleet.ts";
import { createSimulatedTransport } from "../transport.ts";
import { judge } from "./judgement.ts";
import { type Handle, PlayedValidators } from "./played.ts";

const feeRecipient = `0x${"fe".repeat(20)}`;

function options(): SimulationOptions {
  const coordinates = {
    provider: "aws",
    kind: "cloud",
    region: undefined,
    asn: undefined,
    jurisdiction: undefined,
    operator: undefined,
    client: "lighthouse",
    edge: undefined,
  } as const;
  const behaviour = { medianMs: 10, p99Ms: 30, errorRate: 0, capacity: 500 };
  const upstreams = [{ id: "a", network: "beacon", coordinates, behaviour }];
  return { seed: 1, networks: [{ name: "beacon", protocol: "beacon", chainId: 1, blockTimeMs: 12_000, upstreams }] };
}

/** A validator client that talks to one simulated node without anything between. */
function direct(fleet: SimulatedFleet, clock: ManualClock): Handle {
  const provider = fleet.provider("beacon", "a");
  assert.ok(provider);
  const transport = createSimulatedTransport(provider, clock);
  return async ({ method, path, headers, body }, cancellation): Promise<Reply> => {
    const wire = { method: method as "GET", path, headers: headers as Record<string, string>, body };
    if (path.startsWith("/eth/v1/events")) return events(wire, transport, cancellation);
    const response = await transport.send(wire, cancellation, Number.POSITIVE_INFINITY);
    if (!response.ok) return reply(503, "");
    const whole = response.rest ? await collect(response.body, response.rest, 1e9) : response.body;
    return reply(response.status, whole instanceof Uint8Array ? Buffer.from(whole).toString("latin1") : "");
  };
}

function reply(status: number, body: string, rest: Reply["rest"] = undefined): Reply {
  return { status, headers: {}, body, rest, tail: "" };
}

function events(
  wire: Parameters<ReturnType<typeof createSimulatedTransport>["subscribe"]>[0],
  transport: ReturnType<typeof createSimulatedTransport>,
  cancellation: Cancellation,
): Reply {
  return reply(200, "", {
    read(reader) {
      const subscription = transport.subscribe(wire, {
        opened: () => {},
        event: ({ event, data }) => reader.data(Buffer.from(`event: ${event}\ndata: ${data}\n\n`)),
        alive: () => {},
        ended: () => reader.end(),
      });
      cancellation.onCancel({ cancel: () => subscription.close() });
    },
    resume: () => {},
    cancel: () => {},
  });
}

const validators = Array.from({ length: 64 }, (_, index) => index);

/** Plays validators for four epochs; a second before the second one, or so much later, a fault strikes for an epoch. */
async function play(fault?: Record<string, unknown>, after = 0) {
  const clock = new ManualClock(1_600_000_000_000 + 12_000 * 32 * 100 - 1_000);
  const fleet = createSimulatedFleet(options(), clock);
  const chain = fleet.beacon("beacon");
  assert.ok(chain);
  const played = new PlayedValidators({
    handle: direct(fleet, clock),
    chain,
    clock,
    indices: validators,
    feeRecipient,
  });
  played.start();
  const first = 3_200;
  await clock.advance(32 * 12_000 + after);
  if (fault) fleet.faults.inject(faultSchema.parse({ where: {}, for: "384s", ...fault }));
  await clock.advance(3 * 32 * 12_000 + 1_000 - after);
  played.stop();
  return { played, chain, result: judge(chain, validators, feeRecipient, first + 1, first + 4 * 32) };
}

test("simulated beacon node: validators that ask it alone miss nothing while it is well", async () => {
  const { played, result } = await play();
  assert.deepEqual(played.complaints, []);
  assert.ok(result.due >= 4 * 62 && result.proposals >= 8, `${result.due} due, ${result.proposals} proposals`);
  assert.deepEqual(
    [result.missed, result.wrong, result.wrongHeads, result.slashable, result.missedBlocks, result.unpaid],
    [[], [], [], 0, [], []],
  );
  assert.ok(played.heads >= 120, `${played.heads} heads`);
  assert.equal(played.backwards, 0);
});

function summary(result: object): string {
  const counts = Object.entries(result).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.length : value}`,
  );
  return counts.join(", ");
}

/** What validators that trust one node suffer when it has a fault for an epoch: that each fault has teeth. */
const harm: readonly (readonly [fault: string, what: (seen: Awaited<ReturnType<typeof play>>) => boolean])[] = [
  ["syncing", ({ result }) => result.missed.length > 50],
  ["optimistic", ({ result }) => result.missed.length > 50],
  ["forked", ({ result }) => result.wrong.length + result.wrongHeads.length > 50],
  ["el_offline", ({ result }) => result.wrong.length + result.wrongHeads.length > 50],
  ["equivocating", ({ result }) => result.wrong.length + result.wrongHeads.length > 10],
  ["lost_preparation", ({ result }) => result.unpaid.length === 0],
  ["wrong_duties", ({ result }) => result.missed.length > 50],
  ["sse_death", ({ played }) => played.streamEnds > 100],
  ["black_hole", ({ result }) => result.missed.length > 50],
  ["ssz_refusal", ({ result }) => result.missed.length === 0],
];

for (const [fault, isHarm] of harm) {
  test(`simulated beacon node: ${fault} does what its name says to validators that trust it alone`, async () => {
    const seen = await play({ fault });
    assert.ok(isHarm(seen), summary(seen.result));
  });
}

test("simulated beacon node: after a restart in mid epoch it pays nobody until it is told again", async () => {
  const { result } = await play({ fault: "lost_preparation" }, 30_000);
  assert.ok(result.unpaid.length > 0);
});

test("simulated beacon node: the justified and the final block are those of one and two epochs before the head", async () => {
  const clock = new ManualClock(1_600_000_000_000 + 12_000 * (32 * 100 + 5));
  const ask = direct(createSimulatedFleet(options(), clock), clock);
  const slotOf = async (id: string) => {
    const request = { method: "GET", path: `/eth/v1/beacon/headers/${id}`, headers: {}, body: undefined };
    const asked = ask(request as unknown as Parameters<typeof ask>[0], new Cancellation());
    await clock.advance(2_000);
    const { status, body } = await asked;
    return status === 200 ? Number(JSON.parse(String(body)).data.header.message.slot) : status;
  };
  const [head, justified, finalized] = [await slotOf("head"), await slotOf("justified"), await slotOf("finalized")];
  const near = (slot: number, first: number) => slot <= first && slot > first - 4;
  assert.ok(
    head > 32 * 100 && near(justified, 32 * 99) && near(finalized, 32 * 98),
    `${head} ${justified} ${finalized}`,
  );
  assert.equal(await slotOf("nonsense"), 404);
});
