import assert from "node:assert/strict";
import { test } from "node:test";
import { type ByteReader, type ByteStream, collect, type Room } from "./bytes.ts";
import { fault } from "./outcome.ts";

/** A stream whose chunks come when the test says. Like a connection it fails when it is cancelled. */
class Played implements ByteStream {
  reader: ByteReader | undefined;
  cancelled = 0;

  read(reader: ByteReader): void {
    this.reader = reader;
  }

  resume(): void {}

  cancel(): void {
    this.cancelled++;
    this.reader?.fail(fault("interrupted", "lost"));
  }

  bring(text: string): boolean | undefined {
    return this.reader?.data(Buffer.from(text));
  }
}

const text = (result: unknown): string =>
  result instanceof Uint8Array ? Buffer.from(result).toString() : (result as { kind: string }).kind;

test("collect: a stream becomes one array, and one that breaks off or grows beyond the limit a fault", async () => {
  const cases: [string, (stream: Played) => void, string, number][] = [
    ["it ends", (stream) => stream.reader?.end(), "abcdef", 0],
    ["it breaks off", (stream) => stream.reader?.fail(fault("interrupted", "lost")), "interrupted", 0],
    ["it is too large", (stream) => stream.bring("ghi"), "too_large", 1],
  ];
  for (const [name, end, expected, cancelled] of cases) {
    const stream = new Played();
    const collected = collect(Buffer.from("abc"), stream, 8);
    assert.equal(stream.bring("def"), true);
    end(stream);
    assert.equal(text(await collected), expected, name);
    assert.equal(stream.cancelled, cancelled, name);
  }
});

test("collect: several share a room, the one that finds it full fails, and what it held is free again", async () => {
  const room: Room = { bytes: 10 };
  const [first, second] = [new Played(), new Played()];
  const one = collect(Buffer.from("abcd"), first, 100, room);
  const other = collect(Buffer.from("efgh"), second, 100, room);
  assert.equal(second.bring("ijk"), false);
  assert.equal(text(await other), "too_large");
  assert.equal(room.bytes, 6);
  assert.equal(first.bring("lmnopq"), true);
  first.reader?.end();
  assert.equal(text(await one), "abcdlmnopq");
  assert.equal(room.bytes, 0);
});
