import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireRequest } from "../core/call.ts";
import { type FaultKind, fault } from "../core/outcome.ts";
import type { EventReader } from "../core/stream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { createFeed } from "./feed.ts";

const slotMs = 12_000;
const base = new Set(["head", "block"]);

/** A node whose connections the test answers, and what the feed says of them. `at` is when each was asked for. */
function setUp({
  random = () => 0.5,
  others = () => false,
}: {
  random?: Random;
  others?: (since: number) => boolean;
} = {}) {
  const clock = new ManualClock();
  const asked: { at: number; topics: string; reader: EventReader; open: boolean }[] = [];
  const told: string[] = [];
  const feed = createFeed(base, {
    upstream: {
      subscribe(request: WireRequest, reader: EventReader) {
        assert.equal(request.method, "GET");
        const [path, query] = request.path.split("?");
        assert.equal(path, "/eth/v1/events");
        const topics = new URLSearchParams(query).getAll("topics").join(" ");
        const connection = { at: clock.now(), topics, reader, open: true };
        asked.push(connection);
        return {
          close() {
            connection.open = false;
          },
        };
      },
    },
    clock,
    random,
    slotMs: () => slotMs,
    othersSpokeSince: others,
    hears: {
      opened: () => told.push("opened"),
      event: ({ event, data }) => told.push(`${event} ${data}`),
      closed: ({ detail }) => told.push(`closed: ${detail}`),
    },
  });
  const last = () => {
    const connection = asked.at(-1);
    assert.ok(connection?.open, "a connection is being opened or open");
    return connection;
  };
  const open = () => last().reader.opened();
  const end = (kind: FaultKind = "interrupted", retryAfterMs?: number) => {
    const connection = last();
    connection.open = false;
    connection.reader.ended(fault(kind, kind, undefined, retryAfterMs));
  };
  const tell = (data: string, connection = last()) => {
    connection.reader.alive();
    connection.reader.event({ event: "head", data });
  };
  /** Waits until it is asked again. */
  const again = async () => {
    const before = asked.length;
    while (asked.length === before) await clock.advance((clock.nextAt() ?? assert.fail("it gave up")) - clock.now());
  };
  const topics = () => asked.map((connection) => connection.topics);
  return { clock, feed, asked, told, last, open, end, tell, again, topics };
}

test("feed: a node's events are told, and each loss and return, so that control state can be told again", async () => {
  const { clock, feed, told, open, end, tell } = setUp();
  assert.deepEqual([feed.state.open, feed.state.because], [false, "not opened yet"]);
  open();
  tell("1");
  await clock.advance(20_000);
  end();
  assert.deepEqual([feed.state.open, feed.state.since, feed.state.because], [false, 20_000, "interrupted"]);
  await clock.advance(250);
  open();
  tell("2");
  assert.deepEqual(told, ["opened", "head 1", "closed: interrupted", "opened", "head 2"]);
  assert.deepEqual([feed.state.open, feed.state.since, feed.state.eventAt], [true, 20_250, 20_250]);
});

test("feed: pauses double from 250 ms to 15 s, to a minute where a node refuses as such, and chance moves each by half at most", async () => {
  const pausesAfter = async (kind: FaultKind, random?: Random) => {
    const { clock, end, again } = setUp(random && { random });
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 10; attempt++) {
      const at = clock.now();
      end(kind);
      await again();
      pauses.push(clock.now() - at);
    }
    return pauses;
  };
  const pauses = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000];
  assert.deepEqual(await pausesAfter("unreachable"), pauses);
  assert.deepEqual((await pausesAfter("unauthorized")).slice(-3), [32_000, 60_000, 60_000]);
  const moved = await pausesAfter("unreachable", seededRandom(3));
  for (const pause of moved.slice(6)) assert.ok(pause >= 7_500 && pause <= 22_500, String(pause));
  assert.equal(new Set(moved).size, moved.length);
});

test("feed: after a connection that lasted, the next pause is a short one; after one that broke at once, it is longer", async () => {
  const { clock, open, end, again } = setUp();
  const lastFor = async (ms: number): Promise<number> => {
    open();
    await clock.advance(ms);
    const at = clock.now();
    end();
    await again();
    return clock.now() - at;
  };
  assert.deepEqual(
    [await lastFor(0), await lastFor(0), await lastFor(9_999), await lastFor(10_000)],
    [250, 500, 1_000, 250],
  );
});

test("feed: a node that asks to be left alone for a while is, for a minute at most", async () => {
  const { clock, end, again } = setUp();
  for (const [asked, expected] of [
    [7_000, 7_000],
    [3_600_000, 60_000],
  ]) {
    const at = clock.now();
    end("rate_limited", asked);
    await again();
    assert.equal(clock.now() - at, expected);
  }
});

test("feed: a node that takes a connection and never answers is given up after two slots and asked again", async () => {
  const { clock, asked, told } = setUp();
  await clock.advance(24_000);
  assert.equal(asked[0]?.open, false);
  await clock.advance(250);
  assert.equal(asked.length, 2);
  asked[0]?.reader.opened();
  asked[0]?.reader.event({ event: "head", data: "late" });
  assert.deepEqual(told, [], "what it says on the connection that was given up is not heard");
});

test("feed: topics that clients come to want are opened beside the old stream, so that no event is missed and no loss is told", async () => {
  const { clock, feed, asked, told, open, tell, topics } = setUp();
  open();
  feed.want(new Set([...base, "a"]));
  feed.want(new Set([...base, "a", "b"]));
  await clock.advance(50);
  assert.deepEqual(topics(), ["head block", "head block a b"], "clients that come together are one change");
  tell("old", asked[0]);
  open();
  tell("new");
  tell("old again", asked[0]);
  assert.deepEqual(told, ["opened", "head old", "head new"]);
  assert.deepEqual([asked[0]?.open, asked[1]?.open], [false, true]);
});

test("feed: topics that nobody wants any more are let go after a minute, and not at all when somebody comes back for them", async () => {
  const { clock, feed, last, open, topics } = setUp();
  open();
  const more = new Set([...base, "attestation"]);
  feed.want(more);
  await clock.advance(50);
  open();
  feed.want(base);
  await clock.advance(59_000);
  last().reader.alive();
  feed.want(more);
  await clock.advance(59_000);
  last().reader.alive();
  assert.equal(topics().length, 2);
  feed.want(base);
  await clock.advance(60_000);
  assert.deepEqual(topics(), ["head block", "head block attestation", "head block"]);
});

test("feed: a node that does not know a topic is asked for each alone, once, and serves the others", async () => {
  const { clock, feed, open, end, again, topics, told } = setUp();
  feed.want(new Set([...base, "head_v2"]));
  end("unreachable");
  await again();
  end("doubtful_request");
  open(); // head
  open(); // block
  end("doubtful_request"); // head_v2
  open();
  assert.deepEqual(topics(), ["head block", "head block head_v2", "head", "block", "head_v2", "head block"]);
  assert.deepEqual([told, feed.state.lacks, feed.state.open], [["opened"], ["head_v2"], true]);
  await clock.advance(20_000);
  end();
  await again();
  open();
  assert.equal(topics().at(-1), "head block", "it is not tried again with each return");
  await clock.advance(600_000);
  end();
  await again();
  assert.equal(topics().at(-1), "head block head_v2", "but when the node may have been upgraded");
});

test("feed: a node that refuses after its restart what it took before is asked for each topic again", async () => {
  const { open, end, again, topics, feed } = setUp();
  open();
  end();
  await again();
  end("doubtful_request");
  await again();
  end("doubtful_request");
  open(); // head
  end("doubtful_request"); // block
  open();
  assert.deepEqual(topics().slice(3), ["head", "block", "head"]);
  assert.deepEqual([feed.state.open, feed.state.lacks], [true, ["block"]]);
});

test("feed: a node whose old stream goes on serves it while new topics are tried, and after they were refused", async () => {
  const { clock, feed, asked, open, end, told, tell } = setUp();
  open();
  feed.want(new Set([...base, "new"]));
  await clock.advance(50);
  end("doubtful_request");
  tell("meanwhile", asked[0]);
  end("doubtful_request");
  assert.equal(asked.length, 4, "only what it is not known to have is asked for alone");
  open();
  tell("after");
  assert.deepEqual(told, ["opened", "head meanwhile", "head after"]);
  assert.equal(asked[0]?.open, false);
});

test("feed: a node that refuses everything is not asked in a loop", async () => {
  const { clock, feed, asked, last, end } = setUp();
  for (let index = 0; index < 1_000 && clock.now() < 3_600_000; index++) {
    if (asked.at(-1)?.open) {
      assert.ok(last());
      end("unsupported");
    } else await clock.advance(1_000);
  }
  assert.ok(asked.length < 150, `${asked.length} in an hour`);
  assert.deepEqual([feed.state.open, [...feed.state.lacks]], [false, ["head", "block"]]);
});

test("feed: a node that refuses together what it takes alone is asked ever less often", async () => {
  const { clock, asked, open, end } = setUp();
  for (let index = 0; index < 10_000 && clock.now() < 3_600_000; index++) {
    if (!asked.at(-1)?.open) await clock.advance(1_000);
    else if (asked.at(-1)?.topics === "head block") end("doubtful_request");
    else open();
  }
  assert.ok(clock.now() >= 3_600_000);
  assert.ok(asked.length < 300, `${asked.length} in an hour`);
});

test("feed: a stream that is silent while other nodes tell events is opened anew after two slots, a node that syncs ever less often", async () => {
  const { clock, asked, open, told, again } = setUp({ others: () => true });
  open();
  const lives: number[] = [];
  for (let round = 0; round < 7; round++) {
    const at = clock.now();
    // It goes on sending comments.
    const alive = () => asked.at(-1)?.reader.alive();
    const before = asked.length;
    while (asked.length === before) {
      alive();
      await clock.advance(1_000);
    }
    open();
    lives.push(Math.floor((clock.now() - at) / slotMs));
  }
  assert.deepEqual(lives, [2, 4, 8, 16, 32, 32, 32]);
  asked.at(-1)?.reader.event({ event: "head", data: "1" });
  const at = clock.now();
  await again();
  assert.equal(Math.floor((clock.now() - at) / slotMs), 2, "one event, and two slots count again");
  assert.equal(told.filter((line) => line === "opened").length, 8);
});

test("feed: where nobody tells events the chain is at fault; only a connection without a byte for eight slots is opened anew", async () => {
  const { clock, asked, open } = setUp();
  open();
  for (let slot = 0; slot < 50; slot++) {
    await clock.advance(slotMs);
    asked[0]?.reader.alive();
  }
  assert.equal(asked.length, 1, "comments show that it is alive");
  await clock.advance(7 * slotMs);
  assert.equal(asked.length, 1);
  await clock.advance(slotMs + 7_000);
  assert.equal(asked.length, 2);
});

test("feed: one that is closed lets go of everything and is silent", async () => {
  for (const state of ["opening", "open", "waiting", "widening"]) {
    const { clock, feed, asked, told, open, end } = setUp();
    if (state !== "opening") open();
    if (state === "waiting") end();
    if (state === "widening") {
      feed.want(new Set(["a"]));
      await clock.advance(50);
    }
    const before = told.length;
    feed.close();
    feed.want(new Set(["b"]));
    assert.deepEqual([asked.some((one) => one.open), clock.nextAt(), told.length], [false, undefined, before], state);
  }
});
