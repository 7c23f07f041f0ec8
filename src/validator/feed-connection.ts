import type { WireRequest } from "../core/call.ts";
import { type Fault, fault } from "../core/outcome.ts";
import type { ServerEvent, Subscription } from "../core/stream.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";

/** A connection to a node's event stream, open or being opened. */
export interface Connection {
  readonly topics: ReadonlySet<string>;
  /** In the clock's milliseconds; NaN before. */
  openedAt: number;
  /** When anything came, in the clock's milliseconds. */
  aliveAt: number;
  close(): void;
}

/** Hears of one connection; nothing after it was closed. */
export interface ConnectionHearer {
  opened(connection: Connection): void;
  event(connection: Connection, event: ServerEvent): void;
  /** It was never open. */
  failed(why: Fault): void;
  /** It was open and is no longer. */
  lost(connection: Connection, why: Fault): void;
}

/** Opens an event stream for some topics; fails when that takes longer than `patienceMs`. */
export function connect(
  upstream: Pick<Upstream, "subscribe">,
  topics: ReadonlySet<string>,
  { clock, patienceMs }: { readonly clock: Clock; readonly patienceMs: number },
  hears: ConnectionHearer,
): Connection {
  let over = false;
  let subscription: Subscription | undefined;
  const connection: Connection = {
    topics,
    openedAt: Number.NaN,
    aliveAt: Number.NaN,
    close() {
      over = true;
      timer.cancel();
      subscription?.close();
    },
  };
  const timer = clock.schedule(patienceMs, () => {
    connection.close();
    hears.failed(noAnswer);
  });
  subscription = upstream.subscribe(eventsRequest(topics), {
    opened() {
      if (over) return;
      timer.cancel();
      connection.openedAt = clock.now();
      connection.aliveAt = clock.now();
      hears.opened(connection);
    },
    event(event) {
      if (!over) hears.event(connection, event);
    },
    alive() {
      connection.aliveAt = clock.now();
    },
    ended(why) {
      if (over) return;
      over = true;
      timer.cancel();
      if (Number.isNaN(connection.openedAt)) hears.failed(why);
      else hears.lost(connection, why);
    },
  });
  if (over) subscription.close();
  return connection;
}

/** Topics are repeated, as OpenAPI has arrays in queries: not every node takes a list with commas. */
function eventsRequest(topics: ReadonlySet<string>): WireRequest {
  const query = [...topics].map((topic) => `topics=${encodeURIComponent(topic)}`).join("&");
  return { method: "GET", path: `/eth/v1/events?${query}`, headers: { accept: "text/event-stream" }, body: undefined };
}

const noAnswer = fault("timeout", "the event stream was not opened in time");
