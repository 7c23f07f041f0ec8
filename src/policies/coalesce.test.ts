import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handler } from "../core/policy.ts";
import { coalesce } from "./coalesce.ts";
import { answering, Rehearsal, sampleAnswer, sampleCall } from "./rehearsal.ts";

/** Two identical calls through one flight, 10 ms apart; the answer comes after 100 ms. */
async function twoAboard(stage = new Rehearsal([answering("same", 100)])) {
  const chain = coalesce()(stage.handler);
  const contexts = [stage.context(), stage.context()] as const;
  const first = chain(sampleCall(), contexts[0]);
  await stage.clock.advance(10);
  const second = chain(sampleCall(), contexts[1]);
  return { stage, chain, contexts, outcomes: Promise.all([first, second]) };
}

test("coalesce: identical calls in flight share one attempt, and each journal shows it", async () => {
  const { stage, contexts, outcomes } = await twoAboard();
  await stage.clock.advance(90);
  const [first, second] = await outcomes;
  assert.equal(stage.seen.length, 1);
  assert.equal(first, second);
  assert.equal(stage.seen[0]?.shared, true);
  assert.deepEqual(
    contexts.map(({ joined }) => joined),
    [false, true],
  );
  for (const { attempts } of contexts)
    assert.deepEqual(
      attempts.map(({ upstream }) => upstream.id),
      ["u1"],
    );
});

test("coalesce: a caller that leaves after the answer changes nothing any more", async () => {
  const { stage, contexts, outcomes } = await twoAboard();
  await stage.clock.advance(90);
  await outcomes;
  for (const { cancellation, attempts } of contexts) {
    cancellation.cancel();
    assert.equal(attempts.length, 1);
  }
});

test("coalesce: nobody is asked for a caller that has left already", async () => {
  const stage = new Rehearsal([answering()]);
  const context = stage.context();
  context.cancellation.cancel();
  assert.equal((await coalesce()(stage.handler)(sampleCall(), context)).ok, false);
  assert.equal(stage.seen.length, 0);
});

test("coalesce: calls of other keys, without a key, to be explained, or after the answer fly alone", async () => {
  const stage = new Rehearsal([answering("1", 10)]);
  const chain = coalesce()(stage.handler);
  const explained = Object.assign(stage.context(), { explanation: { picks: [] } });
  void chain(sampleCall(), stage.context());
  void chain(sampleCall({}, "other"), stage.context());
  void chain({ ...sampleCall(), key: undefined }, stage.context());
  void chain(sampleCall(), explained);
  await stage.clock.advance(10);
  void chain(sampleCall(), stage.context());
  assert.equal(stage.seen.length, 5);
  assert.ok(stage.seen.every(({ shared }) => !shared));
});

test("coalesce: a caller that leaves does not take the flight from the others", async () => {
  const { stage, contexts, outcomes } = await twoAboard();
  contexts[0].cancellation.cancel();
  await stage.clock.advance(90);
  const [first, second] = await outcomes;
  assert.ok(!first.ok && first.kind === "cancelled");
  assert.ok(second.ok);
});

test("coalesce: the flight is called off when the last caller left, and the next call takes a new one", async () => {
  const { stage, chain, contexts, outcomes } = await twoAboard();
  for (const { cancellation } of contexts) cancellation.cancel();
  const { cancellation } = stage.seen[0] ?? assert.fail();
  assert.equal(cancellation.cancelled, true);
  const again = chain(sampleCall(), stage.context());
  await stage.clock.advance(100);
  assert.ok((await again).ok);
  assert.deepEqual(
    (await outcomes).map(({ ok }) => ok),
    [false, false],
  );
  assert.equal(stage.seen.length, 2);
});

test("coalesce: the flight waits as long as its most patient caller", async () => {
  const stage = new Rehearsal([answering("1", 100)]);
  const chain = coalesce()(stage.handler);
  void chain(sampleCall(), stage.context(50));
  void chain(sampleCall(), stage.context(200));
  assert.equal(stage.seen[0]?.deadline, 200);
});

test("coalesce: a stream has one reader; who joined when it had begun asks for itself", async () => {
  const stage = new Rehearsal([answering()]);
  let cancelled = 0;
  const rest = { read() {}, resume() {}, cancel: () => void cancelled++ };
  let calls = 0;
  const streaming: Handler = (_call, context) => {
    const answer = { ...sampleAnswer(`${++calls}`), rest };
    // The decision to stream is made before anybody joins.
    assert.equal(context.shared, false);
    return new Promise((resolve) => stage.clock.schedule(100, () => resolve(answer)));
  };
  const chain = coalesce()(streaming);
  const contexts = [stage.context(), stage.context()] as const;
  const both = Promise.all(contexts.map((context) => chain(sampleCall(), context)));
  await stage.clock.advance(200);
  assert.deepEqual(
    (await both).map(({ payload }) => String(payload)),
    ["1", "2"],
  );
  assert.equal(cancelled, 0);

  const leaver = stage.context();
  const left = chain(sampleCall(), leaver);
  leaver.cancellation.cancel();
  await stage.clock.advance(100);
  assert.equal((await left).ok, false);
  assert.equal(cancelled, 1);
});
