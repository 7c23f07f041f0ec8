import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "./core/outcome.ts";
import type { Reply } from "./core/protocol.ts";
import type { EventSource, ServerEvent } from "./core/stream.ts";
import { Cancellation } from "./lib/cancellation.ts";
import { ManualClock } from "./lib/manual-clock.ts";
import { createStreams } from "./stream.ts";

type SourceReader = Parameters<EventSource["open"]>[1];

/** A source that the test speaks for. */
function setUp(
  options: {
    most?: number;
    queueBytes?: number;
    greets?: ServerEvent;
    refuses?: "doubtful_request" | "no_upstream" | "not_resident";
  } = {},
) {
  const clock = new ManualClock();
  const readers = new Set<SourceReader>();
  const streams = createStreams({
    source: {
      open(_, reader) {
        if (options.refuses) return fault(options.refuses, "no");
        readers.add(reader);
        if (options.greets) reader.event(options.greets);
        return { close: () => void readers.delete(reader) };
      },
    },
    clock,
    most: options.most ?? 10,
    queueBytes: options.queueBytes ?? 1_000,
  });
  const tell = (event: ServerEvent) => {
    for (const reader of readers) reader.event(event);
  };
  const open = (cancellation = new Cancellation()) => streams.open({ topics: ["head"] }, cancellation);
  return { clock, streams, readers, tell, open };
}

/** A client at the other end; `takes` says whether it wants more after each chunk. */
function client({ body, rest }: Reply, takes: () => boolean = () => true) {
  const got = { text: String(body), over: undefined as string | undefined };
  rest?.read({
    data(chunk) {
      got.text += Buffer.from(chunk).toString();
      return takes();
    },
    end() {
      got.over = "end";
    },
    fail({ detail }) {
      got.over = detail;
    },
  });
  return got;
}

const head = (slot: number): ServerEvent => ({ event: "head", data: `{"slot":"${slot}"}` });
const written = (slot: number) => `event: head\ndata: {"slot":"${slot}"}\n\n`;

test("stream: a client gets 200 and a first comment at once, then events as they come and a comment every five seconds", async () => {
  const { clock, tell, open } = setUp({ greets: head(1) });
  const reply = open();
  assert.deepEqual(
    [reply.status, reply.headers["content-type"], reply.headers["cache-control"], reply.headers["x-accel-buffering"]],
    [200, "text/event-stream", "no-cache", "no"],
  );
  const got = client(reply);
  tell(head(2));
  await clock.advance(4_999);
  assert.equal(got.text, `:\n\n${written(1)}${written(2)}`);
  await clock.advance(5_001);
  assert.equal(got.text, `:\n\n${written(1)}${written(2)}:\n\n:\n\n`);
  assert.equal(got.over, undefined);
});

test("stream: a client that leaves is taken off the source, by whichever way it is noticed, and no timer stays behind", () => {
  const { clock, streams, readers, open } = setUp();
  const cancellation = new Cancellation();
  const got = client(open(cancellation));
  const second = open();
  const other = client(second);
  assert.deepEqual([streams.size, readers.size], [2, 2]);
  cancellation.cancel();
  assert.deepEqual([streams.size, readers.size, got.over], [1, 1, "the client left"]);
  second.rest?.cancel();
  second.rest?.cancel();
  assert.deepEqual([streams.size, readers.size, other.over], [0, 0, "the client left"]);
  assert.equal(clock.nextAt(), undefined);
});

test("stream: what a slow client has not read waits in order, up to a limit; then the client is given up and others are not", async () => {
  const { clock, streams, readers, tell, open } = setUp({ queueBytes: 3 * written(1).length });
  const reply = open();
  const slow = client(reply, () => false);
  const fast = client(open());
  for (const slot of [1, 2, 3]) tell(head(slot));
  await clock.advance(5_000);
  assert.equal(slow.text, `:\n\n${written(1)}`, "it asked for a pause, and no comments pile up");
  reply.rest?.resume();
  assert.equal(slow.text, `:\n\n${written(1)}${written(2)}`);
  for (const slot of [4, 5]) tell(head(slot));
  assert.deepEqual([slow.over, readers.size], [undefined, 2], "three wait, as many as may");
  tell(head(6));
  assert.deepEqual([slow.over, readers.size, streams.size], ["the client reads its events too slowly", 1, 1]);
  tell(head(7));
  assert.equal(slow.text, `:\n\n${written(1)}${written(2)}`);
  assert.ok(fast.text.endsWith(written(6) + written(7)));
});

test("stream: events that come before the client's connection reads are not lost", () => {
  const { tell, open } = setUp();
  const reply = open();
  tell(head(1));
  reply.rest?.resume();
  const got = client(reply);
  tell(head(2));
  assert.equal(got.text, `:\n\n${written(1)}${written(2)}`);
});

test("stream: when the server closes, or the source does, streams end as if all had been said, so that clients come back", () => {
  const { clock, streams, readers, open } = setUp();
  const [first, second] = [client(open()), client(open())];
  for (const reader of [...readers].slice(0, 1)) reader.closed();
  assert.deepEqual([first.over, second.over], ["end", undefined]);
  const unread = open();
  streams.close();
  assert.deepEqual([second.over, client(unread).over], ["end", "end"]);
  assert.deepEqual([streams.size, readers.size, clock.nextAt()], [0, 0, undefined]);
});

test("stream: what cannot be served is refused so that no client takes it for final, unless it asked for nothing that exists", () => {
  const refusal = (reply: Reply) => [
    reply.status,
    reply.headers["retry-after"],
    JSON.parse(String(reply.body)).code,
    reply.rest,
  ];
  assert.deepEqual(refusal(setUp({ refuses: "no_upstream" }).open()), [503, "5", 503, undefined]);
  assert.deepEqual(refusal(setUp({ refuses: "doubtful_request" }).open()), [400, undefined, 400, undefined]);
  assert.deepEqual(refusal(setUp({ refuses: "not_resident" }).open()), [451, undefined, 451, undefined]);
  const { open, streams } = setUp({ most: 1 });
  const cancellation = new Cancellation();
  open(cancellation);
  assert.deepEqual(refusal(open()), [503, "5", 503, undefined], "as many as there may be");
  cancellation.cancel();
  assert.equal(open().status, 200, "a place is free again");
  assert.equal(streams.size, 1);
});

test("stream: a source that ends a stream while it opens it leaves nothing behind", () => {
  const clock = new ManualClock();
  let subscribed = 0;
  const streams = createStreams({
    source: {
      open(_, reader) {
        subscribed++;
        reader.closed();
        return { close: () => void subscribed-- };
      },
    },
    clock,
    most: 10,
    queueBytes: 1_000,
  });
  const got = client(streams.open({ topics: ["head"] }, new Cancellation()));
  assert.deepEqual([got.over, subscribed, streams.size, clock.nextAt()], ["end", 0, 0, undefined]);
});

test("stream: a client that had left before it was answered is not kept", () => {
  const { clock, streams, readers, open } = setUp();
  const cancellation = new Cancellation();
  cancellation.cancel();
  open(cancellation);
  assert.deepEqual([streams.size, readers.size, clock.nextAt()], [0, 0, undefined]);
});
