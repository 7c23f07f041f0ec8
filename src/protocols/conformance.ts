import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, type FaultKind, fault, faultKinds, type Outcome, ruleOf } from "../core/outcome.ts";
import type { Inbound, NetworkView, Parsed, Protocol, Reply } from "../core/protocol.ts";
import type { WireResponse } from "../core/transport.ts";
import { bytesOf } from "../lib/latin1.ts";
import { seededRandom } from "../lib/random.ts";

/** What a protocol hands to the suite. */
export interface Samples {
  /** Requests that hold at least one call, and the JSON payload of a good answer to each of their calls. */
  readonly requests: readonly { readonly inbound: Inbound; readonly payload: string }[];
  /** Responses of upstreams, to be mutilated. */
  readonly responses: readonly string[];
  /** Faults that end with another status than that of their rule, in this protocol. */
  readonly statuses?: Readonly<Partial<Record<FaultKind, number>>>;
}

const view: NetworkView = { network: "n", chain: "1", head: { latest: 1_000, safe: 968, finalized: 936 } };

/** Builds a response with a body and no header but its content type. */
export function respond(body: Uint8Array, status = 200, headers: Record<string, string> = {}): WireResponse {
  return { ok: true, status, body, rest: undefined, header: (name) => headers[name], headers: () => headers };
}

/** The suite that every protocol must pass: it is pure, never throws at what others send, and always has a reply. */
export function conform(name: string, protocol: Protocol, samples: Samples): void {
  const parsed = (inbound: Inbound): Parsed<unknown> => {
    const result = protocol.parse(inbound, view);
    assert.ok("calls" in result, "the sample holds calls");
    return result;
  };
  const answer = (payload: string): Answer => ({
    ok: true,
    status: 200,
    failed: false,
    payload: bytesOf(payload),
    rest: undefined,
    height: undefined,
  });
  const text = ({ body }: Reply) => (typeof body === "string" ? body : Buffer.from(body).toString("latin1"));

  test(`${name}: the same request read twice gives the same calls and the same reply`, () => {
    for (const { inbound, payload } of samples.requests) {
      const [one, two] = [parsed(inbound), parsed(inbound)];
      assert.deepEqual(one.calls, two.calls);
      const outcomes = one.calls.map(() => answer(payload));
      const [first, second] = [
        protocol.encode(one.envelope, outcomes, view),
        protocol.encode(two.envelope, outcomes, view),
      ];
      assert.deepEqual(first, second);
      assert.equal(first.status, 200);
      assert.ok(text(first).includes(payload), "the payload reaches the client unchanged");
    }
  });

  test(`${name}: every kind of fault becomes a reply with the status of its rule, and transient ones say when to come back`, () => {
    const { inbound } = samples.requests[0] as Samples["requests"][number];
    for (const kind of faultKinds) {
      const { calls, envelope } = parsed(inbound);
      const outcomes: Outcome[] = calls.map(() => fault(kind, "because"));
      const reply = protocol.encode(envelope, outcomes, view);
      assert.equal(reply.status, samples.statuses?.[kind] ?? ruleOf(kind as FaultKind).status, kind);
      assert.equal("retry-after" in reply.headers, ruleOf(kind).transient, kind);
      assert.ok(text(reply).length > 0, kind);
    }
  });

  test(`${name}: whatever clients send is read or refused, never a crash`, () => {
    const random = seededRandom(1);
    for (const { inbound } of samples.requests) {
      for (let round = 0; round < 300; round++) {
        const body = mutilated(inbound.body, random);
        const path = round % 2 === 0 ? inbound.path : mutilated(bytesOf(inbound.path), random).toString("latin1");
        const result = protocol.parse({ ...inbound, path, body }, view);
        if ("status" in result) assert.ok(result.status >= 200 && result.status < 600);
        else if ("calls" in result)
          protocol.encode(
            result.envelope,
            result.calls.map(() => answer("null")),
            view,
          );
      }
    }
  });

  test(`${name}: whatever upstreams send is an answer or a fault, never a crash`, () => {
    const random = seededRandom(2);
    const calls = samples.requests.flatMap(({ inbound }) => parsed(inbound).calls);
    const bodies = samples.responses.flatMap((sample) => [
      bytesOf(sample),
      ...Array.from({ length: 100 }, () => mutilated(bytesOf(sample), random)),
    ]);
    for (const call of calls) {
      for (const body of bodies) {
        const status = random() < 0.3 ? 200 : 100 + Math.floor(random() * 500);
        assert.ok(protocol.classify(call, respond(body, status), 0), "a complete response can always be judged");
      }
    }
  });

  test(`${name}: a probe tells the chain and the head, and each of its questions stands any answer`, () => {
    const names = protocol.probe.map((step) => step.name);
    assert.ok(names.includes("chain") && names.includes("head"), names.join());
    for (const step of protocol.probe) {
      for (const payload of ["null", "1", '"0x10"', "{}", "[]", '"x"', "not json"]) step.read(answer(payload));
    }
  });
}

/** The bytes with some of them changed, doubled, dropped or cut off. */
function mutilated(bytes: Uint8Array, random: () => number): Buffer {
  const result = [...bytes];
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const at = Math.floor(random() * result.length);
    const what = random();
    if (what < 0.4) result[at] = Math.floor(random() * 256);
    else if (what < 0.6) result.splice(at, 1 + Math.floor(random() * 8));
    else if (what < 0.8) result.splice(at, 0, ...result.slice(at, at + 8));
    else result.length = at;
  }
  return Buffer.from(result);
}
