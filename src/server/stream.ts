import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Clock, Scheduled } from "../lib/clock.ts";
import type { Runtime } from "./runtime.ts";
import { statusOf } from "./status.ts";

/** Who listens at once, at most: more ask for `/api/status` from time to time. */
const mostReaders = 32;

/** Between two looks, ms; a look that takes long is followed by a pause of 20 times as long, as when pages ask. */
const pauseMs = 1_000;

/** After so long without a change readers and what is between hear that the stream lives, ms. */
const silenceMs = 15_000;

/** A status of more bytes is not sent each time: readers are told that there is a new one, and fetch it when they can. */
const mostBytes = 65_536;

/** A reader who has left more than this unread is let go, bytes. */
const mostUnread = 4 * mostBytes;

/** What is to be read at one moment: the text that changes when anything did, and what is sent then. */
export interface Snapshot {
  readonly mark: string;
  readonly frame: string;
}

/** A server-sent event. Its data must be one line, as JSON is. */
function frameOf(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

/** The status as an event: whole when it is small, else a word that there is a new one. The passing of time is no change. */
export function snapshotOf(status: { readonly summary: string; readonly uptimeSeconds: number }): Snapshot {
  const data = JSON.stringify(status);
  const mark = JSON.stringify({ ...status, uptimeSeconds: 0 });
  const whole = Buffer.byteLength(data) <= mostBytes;
  return { mark, frame: whole ? frameOf("status", data) : frameOf("changed", JSON.stringify(status.summary)) };
}

/** A response, as far as it is written to here. */
export type Reader = Pick<ServerResponse, "write" | "end" | "destroy" | "writableLength">;

export interface Stream {
  /** False when there are too many already. */
  add(reader: Reader): boolean;
  remove(reader: Reader): void;
  /** Ends what all of them read. */
  close(): void;
}

/**
 * Sends what `look` finds to all readers, at most once a second and only when it changed. Looks once for all of them, and
 * not at all while there are none. `failed` hears of a look that went wrong; the next one is tried as usual.
 */
export function createStream(clock: Clock, look: () => Promise<Snapshot>, failed: (error: Error) => void): Stream {
  /** What each reader has seen last. */
  const readers = new Map<Reader, string | undefined>();
  let next: Scheduled | undefined;
  let saidAt = clock.now();

  const tell = ({ mark, frame }: Snapshot) => {
    const alive = clock.now() - saidAt >= silenceMs;
    for (const [reader, seen] of readers) {
      if (reader.writableLength > mostUnread) {
        readers.delete(reader);
        reader.destroy();
        continue;
      }
      if (seen !== mark) reader.write(frame);
      else if (alive) reader.write(": alive\n\n");
      if (seen !== mark || alive) saidAt = clock.now();
      readers.set(reader, mark);
    }
  };
  const round = async () => {
    const began = clock.now();
    try {
      if (readers.size > 0) tell(await look());
    } catch (error) {
      failed(error as Error);
    }
    next = undefined;
    plan(Math.max(pauseMs, 20 * (clock.now() - began)));
  };
  const plan = (ms: number) => {
    if (readers.size > 0) next ??= clock.schedule(ms, () => void round());
  };

  return {
    add(reader) {
      if (readers.size >= mostReaders) return false;
      readers.set(reader, undefined);
      plan(0);
      return true;
    },
    remove(reader) {
      readers.delete(reader);
    },
    close() {
      for (const reader of readers.keys()) reader.end();
      readers.clear();
      next?.cancel();
    },
  };
}

/** Adds `GET /api/stream`: what `/api/status` says, as server-sent events, for pages that stay open. */
export function addStream(app: FastifyInstance, runtime: Runtime, failed: (error: Error) => void): void {
  const stream = createStream(runtime.clock, async () => snapshotOf(await statusOf(runtime)), failed);
  app.addHook("preClose", (done) => {
    stream.close();
    done();
  });
  app.get("/api/stream", { exposeHeadRoute: false }, (_, reply) => {
    const { raw } = reply;
    if (!stream.add(raw)) return reply.code(503).send({ error: "too many read this already; ask /api/status" });
    raw.on("close", () => stream.remove(raw));
    const headers = { ...reply.getHeaders(), "content-type": "text/event-stream", "x-accel-buffering": "no" };
    reply.hijack();
    raw.writeHead(200, headers as Record<string, string>);
    raw.write("retry: 3000\n\n");
    return reply;
  });
}
