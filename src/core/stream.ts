import { type Fault, fault } from "./outcome.ts";
import type { Residency } from "./residency.ts";

/** One event of an event stream: `event:` and `data:`, the latter without line breaks at its ends. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Who reads the event stream of an upstream. Nothing is told before `subscribe` has returned, nor after `close`. */
export interface EventReader {
  /** The upstream answered 200. */
  opened(): void;
  event(event: ServerEvent): void;
  /** Anything came, be it only a comment that keeps the connection alive. */
  alive(): void;
  /** The stream is over, for a reason. */
  ended(why: Fault): void;
}

/** A stream that goes on until it is closed. */
export interface Subscription {
  close(): void;
}

/** A client's wish for events: what `parse` makes of a request for an event stream. */
export interface Wish {
  readonly topics: readonly string[];
  /** Where events may come from; all rules must let it. */
  readonly residency?: readonly Residency[] | undefined;
}

/** Where clients' event streams come from. */
export interface EventSource {
  /** Opens one more stream; or says why not. `event` must not block and never throws. */
  open(wish: Wish, reader: { event(event: ServerEvent): void; closed(): void }): Subscription | Fault;
}

const none = fault("unsupported", "there are no event streams here");

/** `Transport.subscribe` where there are no event streams: each ends at once, though not before the caller has it. */
export function noEvents(_: unknown, reader: EventReader): Subscription {
  let open = true;
  queueMicrotask(() => {
    if (open) reader.ended(none);
  });
  return {
    close() {
      open = false;
    },
  };
}
