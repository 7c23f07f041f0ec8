import { createHash } from "node:crypto";
import type { Call, Caller, MethodTraits, WireRequest } from "../../core/call.ts";
import { jsonType } from "./bodies.ts";
import { endpointOf } from "./endpoints.ts";

/** What a call is made of beside its request. */
export interface CallParts {
  readonly network: string;
  readonly method: string;
  readonly traits: MethodTraits;
  readonly pin?: Call["pin"];
  readonly caller?: Caller | undefined;
  readonly slot?: number | undefined;
  readonly epoch?: number | undefined;
}

/** A call to an endpoint. Nodes differ in what they keep, not by height, so none is asked for. */
export function callOf({ network, method, traits, pin, caller, slot, epoch }: CallParts, wire: WireRequest): Call {
  return {
    network,
    method,
    traits,
    key: traits.coalesce ? keyOf(wire) : undefined,
    height: undefined,
    floor: undefined,
    needsState: false,
    pin,
    caller,
    slot,
    epoch,
    detail: undefined,
    wire,
  };
}

/** A question of our own, in JSON. */
export function ownCall(method: string, path: string): Call {
  const { traits } = endpointOf(method);
  const wire: WireRequest = { method: "GET", path, headers: { accept: jsonType }, body: undefined };
  return callOf({ network: "", method, traits }, wire);
}

/** Bodies up to this size stand in a key as they are. */
const shortBody = 256;

/** Requests of one verb, target and body, with the same headers, have one answer. */
function keyOf({ method, path, headers, body }: WireRequest): string {
  const wishes = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const content = !body ? "" : body.length <= shortBody ? Buffer.from(body).toString("latin1") : digest(body);
  return [method, path, ...wishes, "", content].join("\n");
}

function digest(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("base64");
}
