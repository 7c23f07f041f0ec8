import type { IncomingMessage, ServerResponse } from "node:http";
import type { Reply } from "../core/protocol.ts";
import { refusal } from "./ingress-refusals.ts";

/** Writes replies to connections. */
export interface Sender {
  send(raw: ServerResponse, request: IncomingMessage, reply: Reply): void;
  /** Ends the event streams that are open, as if all had been said; those that are asked for from now on are refused. */
  endStreams(): void;
}

/** What fits into the buffers of any connection, in bytes: whoever does not read is not noticed before. */
const largeReply = 65_536;

/** So much of a streamed reply may wait for its client, in bytes; to stop and start for each chunk would cost more. */
const unsentBytes = 262_144;

/**
 * `traffic` adds up the bytes sent. A client that takes nothing of a large reply for `stallMs` milliseconds is given up;
 * that nothing happens in an event stream is no fault of the client's.
 */
export function createSender(traffic: { bytesOut: number }, stallMs: number): Sender {
  const streams = new Set<() => void>();
  let closing = false;

  const stream = (raw: ServerResponse, reply: Reply, rest: NonNullable<Reply["rest"]>): void => {
    const { status, headers, body, tail } = reply;
    const events = isEvents(reply);
    let over = false;
    const endEarly = (): void => {
      over = true;
      rest.cancel();
      endWhenSent(raw, "");
    };
    if (events) streams.add(endEarly);
    raw.setTimeout(stallMs, () => {
      if (!events || raw.writableLength > 0) raw.destroy();
    });
    if (reply.length !== undefined) headers["content-length"] = `${reply.length}`;
    // A length that is known spares the client, and us, the frame around each chunk.
    let missing = (reply.length ?? 0) - body.length - tail.length;
    raw.on("drain", () => rest.resume());
    raw.on("close", () => {
      streams.delete(endEarly);
      rest.cancel();
    });
    raw.writeHead(status, headers);
    raw.cork();
    raw.write(body, "latin1");
    rest.read({
      data(chunk) {
        traffic.bytesOut += chunk.length;
        missing -= chunk.length;
        raw.write(chunk);
        return raw.writableLength < unsentBytes;
      },
      end() {
        const end = missing > 0 ? tail + " ".repeat(missing) : tail;
        traffic.bytesOut += end.length;
        endWhenSent(raw, end);
      },
      fail: () => {
        if (!over) raw.destroy();
      },
    });
    raw.uncork();
  };

  return {
    send(raw, request, asked) {
      if (raw.destroyed) {
        asked.rest?.cancel();
        return;
      }
      let reply = asked;
      if (closing && isEvents(asked)) {
        asked.rest?.cancel();
        reply = comeBack();
      }
      const { status, headers, body, rest } = reply;
      if (request.headers.origin !== undefined) {
        headers["access-control-allow-origin"] = "*";
        headers["access-control-expose-headers"] = exposedBy(headers);
      }
      traffic.bytesOut += body.length;
      if (rest && request.method !== "HEAD") {
        stream(raw, reply, rest);
        return;
      }
      rest?.cancel();
      if (status !== 204 && !rest) headers["content-length"] = `${body.length}`;
      raw.writeHead(status, headers);
      if (body.length <= largeReply) {
        raw.end(body, "latin1");
        return;
      }
      // Node would keep the reply, and its connection, for as long as the client likes.
      raw.setTimeout(stallMs, () => raw.destroy());
      raw.write(body, "latin1");
      endWhenSent(raw, "");
    },
    endStreams() {
      closing = true;
      for (const end of streams) end();
    },
  };
}

/**
 * Ends a reply when most of it is on its way: a server that closes takes a connection for idle, and cuts it, as soon as
 * its reply was ended, though much of it may still wait to be sent.
 */
function endWhenSent(raw: ServerResponse, last: string): void {
  if (raw.writableNeedDrain) raw.once("drain", () => raw.end(last, "latin1"));
  else raw.end(last, "latin1");
}

function isEvents({ headers, rest }: Reply): boolean {
  return rest !== undefined && headers["content-type"] === "text/event-stream";
}

/** Where another instance serves, or this one again, in a second. */
function comeBack(): Reply {
  const reply = refusal(503, "closing", "this instance is being stopped; ask again", true);
  reply.headers["retry-after"] = "1";
  return reply;
}

const exposed =
  "x-breakwater-upstream, x-breakwater-attempts, x-breakwater-cache, x-breakwater-explain, retry-after, content-type";

/** What a page may read: our own headers, and all that a beacon node says beside the body. */
function exposedBy(headers: Readonly<Record<string, string>>): string {
  const own = Object.keys(headers).filter((name) => name.startsWith("eth-"));
  return own.length === 0 ? exposed : `${exposed}, ${own.join(", ")}`;
}
