import assert from "node:assert/strict";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../lib/clock.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { redactText } from "../lib/redact.ts";
import { createLog, type LogOptions } from "./log.ts";
import { descriptorSink } from "./log-sink.ts";

/** A log whose sink takes the next chunk only when told to. */
function slowLog(options: Partial<LogOptions> = {}) {
  const chunks: string[] = [];
  const taken: (() => void)[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    colors: false,
    clock: new ManualClock(),
    sink: (chunk, done) => {
      chunks.push(chunk.toString());
      taken.push(done);
    },
    redact: (text) => redactText(text, ["k3y-in-a-path"]),
    ...options,
  });
  return { log, chunks, take: () => taken.shift()?.() };
}

test("log: a line is one JSON object with time, level, message and data", () => {
  const { log, chunks } = slowLog();
  log.warn("upstream a1: breaker closed -> open", { network: "ethereum", ms: 1.5, region: undefined });
  assert.deepEqual(JSON.parse(chunks[0] as string), {
    time: "2023-11-14T22:13:20.000Z",
    level: "warn",
    message: "upstream a1: breaker closed -> open",
    network: "ethereum",
    ms: 1.5,
  });
});

test("log: text for people is one line, whatever an upstream wrote into it", () => {
  const { log, chunks } = slowLog({ format: "text" });
  log.info("probe\nfailed", { upstream: "a1", detail: 'said "no"\n2023 ERROR fake \u001b[2J\u009b2J' });
  assert.equal(
    chunks[0],
    '2023-11-14T22:13:20.000Z INFO  probe failed upstream=a1 detail="said \\"no\\"\\n2023 ERROR fake \\u001b[2J 2J"\n',
  );
});

test("log: secrets are taken out of messages and data, in both formats", () => {
  for (const format of ["json", "text"] as const) {
    const { log, chunks } = slowLog({ format });
    log.error("https://rpc/v3/k3y-in-a-path is down", { detail: "GET /v3/k3y-in-a-path" });
    assert.ok(!chunks[0]?.includes("k3y"), chunks[0]);
    assert.ok(chunks[0]?.includes("***"));
  }
});

test("log: lines below the level are not written", () => {
  const { log, chunks } = slowLog({ level: "warn" });
  log.debug("a");
  log.info("b");
  log.error("c");
  assert.deepEqual(
    chunks.map((line) => JSON.parse(line).message),
    ["c"],
  );
  assert.deepEqual([log.writes("info"), log.writes("warn")], [false, true]);
});

test("log: while the sink is busy lines gather and go out together", () => {
  const { log, chunks, take } = slowLog({ format: "text" });
  for (const word of ["one", "two", "three"]) log.info(word);
  assert.equal(chunks.length, 1);
  take();
  assert.match(chunks[1] ?? "", /two\n.*three\n$/);
  take();
  assert.equal(chunks.length, 2);
});

test("log: a sink that takes nothing costs at most 1 MiB; what was lost is counted and told", () => {
  const { log, chunks, take } = slowLog();
  const data = { detail: "x".repeat(1_000) };
  for (let count = 0; count < 2_000; count++) log.info("flood", data);
  const waiting = 1_999 - log.dropped();
  assert.ok(log.dropped() > 900 && waiting > 900, `${log.dropped()} of 2000 dropped`);
  take();
  const told = (chunks[1] as string)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(told.length, waiting + 1);
  assert.deepEqual([told.at(-1).level, told.at(-1).lines], ["warn", log.dropped()]);
});

test("log: flushing waits for the sink, but not for one that takes nothing", async () => {
  const clock = new ManualClock();
  const { log, take } = slowLog({ clock });
  await log.flush();
  log.info("one");
  let flushed = 0;
  void log.flush().then(() => flushed++);
  take();
  await clock.advance(0);
  assert.equal(flushed, 1);
  log.info("two");
  void log.flush().then(() => flushed++);
  await clock.advance(999);
  assert.equal(flushed, 1);
  await clock.advance(1);
  assert.equal(flushed, 2);
});

test("log: a file descriptor takes lines in their order", async () => {
  const folder = mkdtempSync(join(tmpdir(), "log-"));
  const file = join(folder, "log");
  const sink = descriptorSink(openSync(file, "w"), systemClock);
  const { log } = slowLog({ sink, clock: systemClock });
  for (let count = 0; count < 500; count++) log.info("line", { count });
  await log.flush();
  const lines = readFileSync(file, "utf8").trim().split("\n");
  rmSync(folder, { recursive: true });
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).count),
    Array.from({ length: 500 }, (_, count) => count),
  );
});
