import type { ByteReader, ByteStream } from "../../core/bytes.ts";
import { type Answer, type Fault, type FaultKind, type Outcome, ruleOf } from "../../core/outcome.ts";
import type { Reply } from "../../core/protocol.ts";
import { parseJson } from "../../lib/json-text.ts";
import { bytesOf, textOf } from "../../lib/latin1.ts";
import { codes, type RpcError } from "./message.ts";

/**
 * One place in a reply: the id to echo (`undefined` for a notification, which gets none), and what stands there:
 * the number of a call, or text known without asking anybody.
 */
export interface Slot {
  readonly id: string | undefined;
  readonly call: number;
  readonly text: string;
}

/** What `encode` needs to put outcomes back together. */
export interface Envelope {
  readonly batch: boolean;
  readonly slots: readonly Slot[];
}

/** A slot for a call that is sent on. */
export function callSlot(id: string | undefined, call: number): Slot {
  return { id, call, text: "" };
}

/** A slot whose result (JSON text) is known already. */
export function resultSlot(id: string | undefined, result: string): Slot {
  return { id, call: -1, text: `"result":${result}}` };
}

/** A slot for a call that is refused. */
export function errorSlot(id: string | undefined, error: RpcError): Slot {
  return { id, call: -1, text: `"error":${JSON.stringify(error)}}` };
}

/** Up to this size a reply is built as a string: one copy less, and Node joins it with the headers into one write. */
const stringBytes = 4_096;

/** Builds the reply to a single call or a batch. A batch may hold large answers, but none of them streams. */
export function encodeReply({ batch, slots }: Envelope, outcomes: readonly Outcome[]): Reply {
  if (!batch) return encodeSingle(slots[0] as Slot, outcomes);
  const answered = slots.filter(({ id }) => id !== undefined);
  if (answered.length === 0) return noContent();
  const parts: Uint8Array[] = [];
  for (const slot of answered) {
    parts.push(bytesOf(`${parts.length === 0 ? "[" : ","}{"jsonrpc":"2.0","id":${slot.id},`));
    const outcome = outcomes[slot.call];
    if (!outcome) parts.push(bytesOf(slot.text));
    else if (outcome.ok) parts.push(outcome.failed ? errorKey : resultKey, outcome.payload, brace);
    else parts.push(bytesOf(`"error":${faultText(outcome)}}`));
  }
  parts.push(bracket);
  return { status: 200, headers: jsonHeaders(), body: Buffer.concat(parts), rest: undefined, tail: "" };
}

const resultKey = Buffer.from('"result":');
const errorKey = Buffer.from('"error":');
const brace = Buffer.from("}");
const bracket = Buffer.from("]");

/** A reply that is an error about the request as a whole. `headers` come beside those that every reply has. */
export function refusal(error: RpcError, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = `{"jsonrpc":"2.0","id":null,"error":${JSON.stringify(error)}}`;
  return { status, headers: { ...jsonHeaders(), ...headers }, body, rest: undefined, tail: "" };
}

function encodeSingle({ id, call, text }: Slot, outcomes: readonly Outcome[]): Reply {
  const outcome = outcomes[call];
  if (id === undefined) {
    if (outcome?.ok) outcome.rest?.cancel();
    return noContent();
  }
  const start = `{"jsonrpc":"2.0","id":${id},`;
  if (!outcome) return { status: 200, headers: jsonHeaders(), body: start + text, rest: undefined, tail: "" };
  return outcome.ok ? encodeAnswer(start, outcome) : encodeFault(start, outcome);
}

function encodeAnswer(start: string, { failed, payload, rest }: Answer): Reply {
  const before = failed ? `${start}"error":` : `${start}"result":`;
  if (rest) {
    const length = rest.length === undefined ? undefined : before.length + payload.length + rest.length;
    return { status: 200, headers: jsonHeaders(), body: before, rest: new Begun(payload, rest), tail: "}", length };
  }
  if (payload.length > stringBytes) {
    return { status: 200, headers: jsonHeaders(), body: join(before, payload, "}"), rest: undefined, tail: "" };
  }
  return { status: 200, headers: jsonHeaders(), body: `${before}${textOf(payload)}}`, rest: undefined, tail: "" };
}

/** A stream of which the first chunk has arrived. */
class Begun implements ByteStream {
  readonly #start: Uint8Array;
  readonly #rest: ByteStream;

  constructor(start: Uint8Array, rest: ByteStream) {
    this.#start = start;
    this.#rest = rest;
  }

  read(reader: ByteReader): void {
    reader.data(this.#start);
    this.#rest.read(reader);
  }

  resume(): void {
    this.#rest.resume();
  }

  cancel(): void {
    this.#rest.cancel();
  }
}

function join(before: string, payload: Uint8Array, after: string): Uint8Array {
  const body = Buffer.allocUnsafe(before.length + payload.length + after.length);
  body.write(before, 0, "latin1");
  body.set(payload, before.length);
  body.write(after, before.length + payload.length, "latin1");
  return body;
}

function encodeFault(start: string, fault: Fault): Reply {
  const { status, transient } = ruleOf(fault.kind);
  const headers = jsonHeaders();
  if (transient) headers["retry-after"] = `${Math.ceil((fault.retryAfterMs ?? 1_000) / 1_000)}`;
  return { status, headers, body: `${start}"error":${faultText(fault)}}`, rest: undefined, tail: "" };
}

/** The codes of errors that no upstream worded; `internal` for the rest. */
const errorCodes: Partial<Record<FaultKind, number>> = {
  rate_limited: codes.limitExceeded,
  quota_exhausted: codes.limitExceeded,
  overloaded: codes.limitExceeded,
  busy: codes.limitExceeded,
  unsupported: codes.methodNotFound,
};

/**
 * The error object for a fault. The upstream's own code, message and data are kept where they may be shown; a transient
 * fault without data of its own gets `reason` and `retryable`, on which programs can rely.
 */
function faultText({ kind, detail, payload }: Fault): string {
  const { transient, verbatim, blame } = ruleOf(kind);
  const data = { reason: kind, retryable: transient };
  if (payload && verbatim) {
    const own = textOf(payload);
    if (!transient) return own;
    const error = parseJson(own);
    if (typeof error === "object" && error !== null) return "data" in error ? own : JSON.stringify({ ...error, data });
  }
  const code = errorCodes[kind] ?? codes.internal;
  const who = blame === "upstream" ? "no upstream could answer" : "not answered";
  return JSON.stringify({ code, message: `${who}: ${detail}`, data });
}

function noContent(): Reply {
  return { status: 204, headers: {}, body: "", rest: undefined, tail: "" };
}

function jsonHeaders(): Record<string, string> {
  return { "content-type": "application/json" };
}
