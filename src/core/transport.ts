import type { Cancellation } from "../lib/cancellation.ts";
import type { ByteStream } from "./bytes.ts";
import type { WireRequest } from "./call.ts";
import type { Fault } from "./outcome.ts";
import type { EventReader, Subscription } from "./stream.ts";

/** What came back over the wire, before anyone judged it. */
export interface WireResponse {
  readonly ok: true;
  readonly status: number;
  /** The value of a header, by its lower-case name. */
  header(name: string): string | undefined;
  /** All headers, lower-case names; of one that came several times the first. */
  headers(): Readonly<Record<string, string>>;
  /** The whole body, or its start when `rest` is set. */
  readonly body: Uint8Array;
  readonly rest: ByteStream | undefined;
}

/** Carries requests to one upstream. Never rejects but for a bug: what goes wrong on the way is a fault. */
export interface Transport {
  /**
   * `streamAbove` is the size in bytes from which the body may be handed over before it is complete; Infinity to have it whole.
   * A cancelled request resolves to a `cancelled` fault and frees its connection.
   */
  send(request: WireRequest, cancellation: Cancellation, streamAbove: number): Promise<WireResponse | Fault>;
  /** Opens an event stream. What the upstream answers other than 200 is told as its end. */
  subscribe(request: WireRequest, reader: EventReader): Subscription;
  close(): Promise<void>;
}
