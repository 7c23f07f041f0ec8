import assert from "node:assert/strict";
import { test } from "node:test";
import { EventParser, eventText, keepAliveText } from "./event-stream.ts";
import { seededRandom } from "./random.ts";

type Events = [event: string, data: string][];

/** Reads bytes that come in pieces of the given sizes, the last one repeated. */
function read(
  bytes: Uint8Array,
  sizes: (at: number) => number,
  mostBytes = 1_000,
): { events: Events; dropped: number } {
  const events: Events = [];
  const parser = new EventParser((event, data) => events.push([event, data]), mostBytes);
  for (let at = 0; at < bytes.length; ) {
    const size = sizes(at);
    // A buffer that is overwritten afterwards: nothing may point into it.
    const piece = Uint8Array.from(bytes.subarray(at, at + size));
    parser.push(piece);
    piece.fill(0x21);
    at += size;
  }
  return { events, dropped: parser.dropped };
}

/** Streams and what they say. The first four are the examples of the specification. */
const streams: [name: string, text: string, events: Events][] = [
  ["lines of one event are joined", "data: YHOO\ndata: +2\ndata: 10\n\n", [["message", "YHOO\n+2\n10"]]],
  [
    "comments, fields without a meaning here and the space after the colon",
    ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    [
      ["message", "first event"],
      ["message", "second event"],
      ["message", " third event"],
    ],
  ],
  [
    "empty data is data, and what is not ended is none",
    "data\n\ndata\ndata\n\ndata:",
    [
      ["message", ""],
      ["message", "\n"],
    ],
  ],
  [
    "a space or none",
    "data:test\n\ndata: test\n\n",
    [
      ["message", "test"],
      ["message", "test"],
    ],
  ],
  [
    "types",
    "event: head\ndata: 1\n\nevent:block\ndata: 2\n\ndata: 3\n\n",
    [
      ["head", "1"],
      ["block", "2"],
      ["message", "3"],
    ],
  ],
  ["a type without data is no event, and not that of the next", "event: head\n\ndata: 1\n\n", [["message", "1"]]],
  [
    "ends of lines of all kinds, mixed",
    "event: head\rdata: 1\r\revent: head\r\ndata: 2\r\n\r\nevent: head\ndata: 3\r\n\n",
    [
      ["head", "1"],
      ["head", "2"],
      ["head", "3"],
    ],
  ],
  ["a byte order mark, once", "\ufeffdata: 1\n\n\ufeffdata: 2\n\n", [["message", "1"]]],
  ["what begins like a byte order mark and is none", "\ufec0data: 1\n\ndata: 2\n\n", [["message", "2"]]],
  ["characters of several bytes", "data: a€😀ü\n\n", [["message", "a€😀ü"]]],
  ["a colon in the value", 'data: {"slot":"1"}\n\n', [["message", '{"slot":"1"}']]],
  ["a field in capitals is another", "DATA: 1\n\n", []],
  ["an event that breaks off", "data: 1\n", []],
];

test("event stream: what a stream says is the same wherever it is cut", () => {
  const random = seededRandom(7);
  for (const [name, text, events] of streams) {
    const bytes = Buffer.from(text);
    assert.deepEqual(read(bytes, () => bytes.length).events, events, `${name}: in one piece`);
    assert.deepEqual(read(bytes, () => 1).events, events, `${name}: byte by byte`);
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.deepEqual(read(bytes, (at) => (at === 0 ? cut : bytes.length)).events, events, `${name}: cut at ${cut}`);
    }
    for (let round = 0; round < 20; round++) {
      assert.deepEqual(read(bytes, () => 1 + Math.floor(4 * random())).events, events, `${name}: at random`);
    }
  }
});

test("event stream: an event that is too large is left out and counted, the ones around it are told", () => {
  const around = (large: string): Buffer => Buffer.from(`data: 1\n\n${large}\n\ndata: 2\n\n`);
  const told: Events = [
    ["message", "1"],
    ["message", "2"],
  ];
  const cases: [name: string, large: string, dropped: number][] = [
    ["one long line", `data: ${"x".repeat(200)}`, 1],
    ["many short lines", "data: xxxxxxxx\n".repeat(20).trim(), 1],
    ["a long line, then data that would fit", `data: ${"x".repeat(200)}\ndata: 3`, 1],
    ["many comments in front of what fits", `${": xxxxxxxx\n".repeat(20)}: x`, 0],
  ];
  for (const [name, large, dropped] of cases) {
    for (const size of [1, 7, 1_000]) {
      assert.deepEqual(
        read(around(large), () => size, 100),
        { events: told, dropped },
        `${name}, pieces of ${size}`,
      );
    }
  }
  const fits = `data: ${"x".repeat(94)}`;
  assert.equal(read(around(fits), () => 7, 100).events.length, 3, "what is just not too large is told");
});

test("event stream: what is written is read again as it was, in the form that every validator client knows", () => {
  assert.equal(eventText("head", '{"slot":"1"}'), 'event: head\ndata: {"slot":"1"}\n\n');
  const data = ["", "x", "a\nb", "a\r\nb\rc\n", " leading", "€"];
  const text = data.map((one) => eventText("head", one) + keepAliveText).join("");
  const { events } = read(Buffer.from(text), () => 3);
  assert.deepEqual(
    events,
    data.map((one) => ["head", one.replace(/\r\n|\r/g, "\n")]),
  );
});

test("event stream: no type can smuggle a field or an event into a stream", () => {
  const { events } = read(Buffer.from(eventText("head\n\nevent: block\ndata: forged", "1")), () => 100);
  assert.deepEqual(events, [["headevent: blockdata: forged", "1"]]);
});
