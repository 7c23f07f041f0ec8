import type { EventReader, Subscription } from "../core/stream.ts";
import type { ActiveFault } from "./faults.ts";
import type { SimulatedResponse } from "./plan.ts";

/** A request as it arrives at a simulated upstream. */
export interface SimulatedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array | undefined;
}

/** Work for a request, relative to reading one balance: all of it, and its hardest part, which decides how long it takes. */
export interface Effort {
  readonly total: number;
  readonly hardest: number;
}

/** What a simulated upstream is, behind its connections: the protocol that it speaks and the chain that it serves. */
export interface SimulatedService {
  effort(request: SimulatedRequest): Effort;
  /** The answer of this moment, under the faults that hit the request. */
  respond(request: SimulatedRequest, hits: readonly ActiveFault[]): SimulatedResponse;
  /** How much later it comes by faults of its own, in milliseconds. */
  delay?(request: SimulatedRequest, hits: readonly ActiveFault[]): number;
  /** Opens an event stream. */
  subscribe?(request: SimulatedRequest, reader: EventReader): Subscription;
}
