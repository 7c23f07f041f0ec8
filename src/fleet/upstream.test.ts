import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteReader, ByteStream } from "../core/bytes.ts";
import { Attempt, CallContext } from "../core/context.ts";
import { type Fault, fault, type Outcome } from "../core/outcome.ts";
import { noEvents } from "../core/stream.ts";
import type { Transport, WireResponse } from "../core/transport.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { sampleCall } from "../policies/rehearsal.ts";
import type { Breaker } from "./breaker.ts";
import { createLimits } from "./limits.ts";
import { createUpstream } from "./upstream.ts";

const lost = fault("interrupted", "the connection to the upstream was lost");

/** A stream that is played by hand, and fails when it is cancelled, as a connection does. */
class HandStream implements ByteStream {
  reader: ByteReader | undefined;
  cancelled = false;

  read(reader: ByteReader): void {
    this.reader = reader;
  }

  resume(): void {}

  cancel(): void {
    this.cancelled = true;
    this.reader?.fail(lost);
  }
}

/** What a response without headers has. */
const bare = { header: () => undefined, headers: () => ({}) };

/** One upstream whose transport is answered by hand, and what its breaker was told. */
class Stage {
  readonly clock = new ManualClock();
  readonly told: string[] = [];
  readonly stream = new HandStream();
  readonly cancellation = new Cancellation();
  readonly context = new CallContext(this.cancellation, 60_000);
  #respond: (response: WireResponse | Fault) => void = () => {};

  readonly upstream = createUpstream({
    id: "u",
    network: "n",
    coordinates: {
      provider: "p",
      kind: "cloud",
      region: undefined,
      asn: undefined,
      jurisdiction: undefined,
      operator: undefined,
      client: undefined,
      edge: undefined,
    },
    tier: 0,
    archive: false,
    traces: false,
    transport: {
      send: (_, cancellation) =>
        new Promise((resolve) => {
          this.#respond = resolve;
          cancellation.onCancel({ cancel: () => resolve(fault("cancelled", "no longer wanted")) });
        }),
      subscribe: noEvents,
      close: () => Promise.resolve(),
    } satisfies Transport,
    classify: (_, { body, rest, status }) => {
      if (status === 0) throw new Error("a bug");
      return status === 500
        ? fault("server_error", String(body), body)
        : { ok: true, status, failed: status !== 200, payload: body, rest, height: undefined };
    },
    limits: createLimits({ concurrency: 128 }, this.clock),
    breaker: this.#breaker(),
    othersAnswer: () => this.othersAnswer,
    holdOff: { heard: () => {}, lacks: () => false, clear: () => {} },
    clock: this.clock,
    secrets: ["only", "0123456789abcdef"],
    streamAbove: 10,
    responseBytes: 1_000,
  });

  othersAnswer = true;

  #breaker(): Breaker {
    return {
      state: "closed",
      record: (result) => void this.told.push(result),
      forceClose() {},
      close() {},
    };
  }

  send(): Promise<Outcome> {
    const attempt = new Attempt(this.upstream, "primary", this.clock.now(), "read");
    return this.upstream.send(sampleCall(), this.context, attempt);
  }

  /** The upstream begins a large answer. */
  respond(): void {
    this.#respond({ ok: true, status: 200, ...bare, body: Buffer.from("start"), rest: this.stream });
  }

  /** The upstream answers at once. */
  reply(status: number, text: string): void {
    this.#respond({ ok: true, status, ...bare, body: Buffer.from(text), rest: undefined });
  }
}

test("upstream: an attempt that is called off or runs out of time frees its place and says so, also amid its body", async () => {
  for (const [stop, kind] of [
    ["caller", "cancelled"],
    ["timeout", "timeout"],
  ] as const) {
    for (const begun of [false, true]) {
      const stage = new Stage();
      stage.context.shared = true;
      const outcome = stage.send();
      assert.equal(stage.upstream.status.inFlight, 1);
      if (begun) stage.respond();
      await stage.clock.advance(1);
      if (stop === "caller") stage.cancellation.cancel();
      else await stage.clock.advance(2_000);
      const ended = await outcome;
      assert.ok(!ended.ok);
      assert.equal(ended.kind, kind, `begun: ${begun}`);
      assert.equal(stage.stream.cancelled, begun, "the connection is let go");
      assert.deepEqual([stage.upstream.status.inFlight, stage.upstream.waiting.size], [0, 0]);
      assert.deepEqual(stage.told, [stop === "caller" ? "none" : "failure"]);
    }
  }
});

test("upstream: what fails while nobody else answers is not booked against its breaker", async () => {
  for (const [othersAnswer, booked] of [
    [true, "failure"],
    [false, "none"],
  ] as const) {
    const stage = new Stage();
    stage.othersAnswer = othersAnswer;
    const outcome = stage.send();
    stage.reply(500, "out of order");
    assert.ok(!(await outcome).ok);
    assert.deepEqual(stage.told, [booked]);
  }
});

test("upstream: a stream keeps its place until its end, and breaking off counts unless the client took no more", async () => {
  const cases: [string, boolean | undefined, string[]][] = [
    ["a reader that takes all", true, ["success", "failure"]],
    ["a reader that asked for a pause", false, ["success"]],
    ["a client that leaves", undefined, ["success"]],
  ];
  for (const [name, takes, told] of cases) {
    const stage = new Stage();
    const sent = stage.send();
    stage.respond();
    const answer = await sent;
    assert.ok(answer.ok && answer.rest);
    assert.equal(stage.upstream.status.inFlight, 1, name);
    let failed = 0;
    const reader = { data: () => takes ?? false, end() {}, fail: () => failed++ };
    if (takes !== undefined) {
      answer.rest.read(reader);
      stage.stream.reader?.data(Buffer.from("more"));
      stage.stream.reader?.fail(lost);
      assert.equal(failed, 1);
    } else {
      answer.rest.cancel();
    }
    assert.equal(stage.upstream.status.inFlight, 0, name);
    answer.rest.cancel();
    assert.equal(stage.upstream.status.inFlight, 0, "its place is given back once");
    assert.deepEqual(stage.told, told, name);
  }
});

test("upstream: a large answer to a call of a batch is gathered into the batch's room, and refused where that is full", async () => {
  for (const [bytes, kind] of [
    [9, "answer"],
    [8, "too_large"],
  ] as const) {
    const stage = new Stage();
    stage.context.shared = true;
    stage.context.room = { bytes };
    const sent = stage.send();
    stage.respond();
    await stage.clock.advance(0);
    stage.stream.reader?.data(Buffer.from("more"));
    stage.stream.reader?.end();
    const outcome = await sent;
    assert.equal(outcome.ok ? "answer" : outcome.kind, kind);
    assert.equal(stage.stream.cancelled, !outcome.ok);
    assert.deepEqual(stage.told, [outcome.ok ? "success" : "none"], "it is not the upstream's fault");
    assert.equal(stage.upstream.status.inFlight, 0);
  }
});

test("upstream: an error that repeats a key of ours loses it and keeps every other byte; results come as they are", async () => {
  const text = "é only /v2/0123456789abcdef";
  const hidden = "é only /v2/***";
  for (const [status, payload, detail] of [
    [200, text, undefined],
    [400, hidden, undefined],
    [500, hidden, hidden],
  ] as const) {
    const stage = new Stage();
    const sent = stage.send();
    stage.reply(status, text);
    const outcome = await sent;
    assert.equal(Buffer.from(outcome.payload ?? []).toString(), payload);
    assert.equal(outcome.ok ? undefined : outcome.detail, detail);
  }
});

test("upstream: a bug in reading a response is passed on, and leaves nothing waiting", async () => {
  const stage = new Stage();
  const sent = stage.send();
  stage.reply(0, "");
  await assert.rejects(sent, /a bug/);
  assert.deepEqual([stage.upstream.status.inFlight, stage.upstream.waiting.size], [0, 0]);
  assert.equal(stage.clock.nextAt(), undefined);
});

test("upstream: a call keeps its place among those of its class until it ends, a stream until its last byte", async () => {
  for (const end of ["cancelled", "streamed"] as const) {
    const stage = new Stage();
    const room = (name: string) => stage.upstream.hasRoom(sampleCall({ name }));
    const sent = Array.from({ length: 20 }, () => stage.send());
    assert.deepEqual([room("read"), room("trace")], [false, true]);
    if (end === "cancelled") {
      stage.cancellation.cancel();
      await Promise.all(sent);
    } else {
      stage.respond();
      const answer = await (sent.at(-1) as Promise<Outcome>);
      assert.equal(room("read"), false);
      if (answer.ok) answer.rest?.cancel();
    }
    assert.equal(room("read"), true, end);
  }
});

test("upstream: what it bears is written into its status as it is found out, here by answers that do not come", async () => {
  const stage = new Stage();
  assert.equal(stage.upstream.status.bearable, Number.POSITIVE_INFINITY);
  for (let call = 0; call < 10; call++) {
    const sent = stage.send();
    await stage.clock.advance(2_000);
    await sent;
  }
  assert.equal(stage.upstream.status.bearable, 4);
});
