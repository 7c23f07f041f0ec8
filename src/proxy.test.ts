import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "./core/call.ts";
import type { CallContext } from "./core/context.ts";
import { observers } from "./core/observer.ts";
import { fault, type Outcome } from "./core/outcome.ts";
import type { Handler } from "./core/policy.ts";
import type { Protocol, Reply } from "./core/protocol.ts";
import { Cancellation } from "./lib/cancellation.ts";
import { ManualClock } from "./lib/manual-clock.ts";
import { sampleAnswer, sampleCall } from "./policies/rehearsal.ts";
import { createProxy } from "./proxy.ts";

/** One word of the request is one call; the reply says of each what came of it. */
const words: Protocol<null> = {
  name: "words",
  parse: ({ body }) => ({
    calls: Buffer.from(body)
      .toString()
      .split(" ")
      .map((method) => ({ ...sampleCall(), method })),
    envelope: null,
  }),
  classify: () => undefined,
  encode: (_, outcomes): Reply => ({
    status: 200,
    headers: {},
    body: outcomes.map((outcome) => (outcome.ok ? "answer" : outcome.kind)).join(" "),
    rest: undefined,
    tail: "",
  }),
  agrees: () => true,
  probe: [],
};

/** Hands a request of so many calls to a proxy whose calls are all handled by `handler`. */
function handle(text: string, handler: Handler, cancellation = new Cancellation(), batchBytes = 50): Promise<string> {
  const proxy = createProxy({
    protocol: words,
    view: { network: "n", chain: undefined, head: { latest: -1, safe: -1, finalized: -1 } },
    policies: [{ name: "stage", serves: () => true, policy: () => handler }],
    selector: { pick: () => fault("no_upstream", "a sample"), all: () => [] },
    observer: observers([]),
    clock: new ManualClock(),
    deadlineMs: 1_000,
    batchConcurrency: 2,
    batchBytes,
  });
  const inbound = { method: "POST", path: "/", headers: {}, body: Buffer.from(text) };
  return proxy.handle(inbound, cancellation).then(({ body }) => String(body));
}

/** An attempt that lasts until it is called off. */
function hanging(_: Call, { cancellation }: CallContext): Promise<Outcome> {
  return new Promise((resolve) => {
    cancellation.onCancel({ cancel: () => resolve(fault("cancelled", "called off")) });
  });
}

test("proxy: a call of a batch that is called off leaves the others alone", async () => {
  const handler: Handler = (call, context) => {
    if (call.method !== "late") return hanging(call, context);
    context.cancellation.cancel();
    return Promise.resolve(fault("deadline", "too late"));
  };
  const client = new Cancellation();
  const reply = handle("slow late late", handler, client);
  const first = await Promise.race([reply, new Promise((resolve) => setImmediate(resolve, "still waiting"))]);
  assert.equal(first, "still waiting");
  client.cancel();
  assert.equal(await reply, "cancelled deadline deadline");
});

test("proxy: when the client of a batch leaves, what is under way is called off and the rest is never asked", async () => {
  const asked: string[] = [];
  const client = new Cancellation();
  const reply = handle(
    "a b c d",
    (call, context) => {
      asked.push(call.method);
      return hanging(call, context);
    },
    client,
  );
  client.cancel();
  assert.equal(await reply, "cancelled cancelled cancelled cancelled");
  assert.deepEqual(asked, ["a", "b"]);
});

test("proxy: a batch whose answers fill the reply asks no further", async () => {
  const handler: Handler = () => Promise.resolve(sampleAnswer("x".repeat(60)));
  assert.equal(await handle("a b c d", handler), "answer answer too_large too_large");
});
