import { keccak256 } from "ethers";
import type { Call } from "../../core/call.ts";
import { type Answer, fault, type Outcome, ruleOf } from "../../core/outcome.ts";
import type { Confirmation, NetworkView, Protocol } from "../../core/protocol.ts";
import type { WireResponse } from "../../core/transport.ts";
import { elements } from "../../lib/json-text.ts";
import { asBuffer, bytesOf, textOf } from "../../lib/latin1.ts";
import { retryAfterMs } from "../../lib/retry-after.ts";
import {
  codes,
  type Item,
  isRefusal,
  type Message,
  type MessageLimits,
  readMessages,
  rpcError,
} from "../json-rpc/message.ts";
import { callSlot, type Envelope, encodeReply, errorSlot, refusal, resultSlot, type Slot } from "../json-rpc/reply.ts";
import { type RpcResponse, readResponse } from "../json-rpc/response.ts";
import { judgeBody, judgeError, judgeResult } from "./errors.ts";
import { filterOf, withFilter } from "./filters.ts";
import { boundTo, emptyMeans, heightProvedBy, type Replacement } from "./heights.ts";
import { createMethodRules, type MethodRules, traitsOf } from "./methods.ts";
import { evmPeers } from "./peers.ts";
import { evmProbe } from "./probe.ts";
import { wireRequest } from "./wire.ts";

export interface EvmOptions extends MessageLimits {
  /** Patterns (`debug_*`) of methods to serve although they are denied by default, and to deny although they are not. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** The language of Ethereum's execution layer and its kin: JSON-RPC 2.0 over HTTP, the `eth_` methods and their relatives. */
export function createEvm(options: EvmOptions): Protocol<EvmEnvelope> {
  const allows = createMethodRules(options);
  return {
    name: "evm",
    parse(inbound, view) {
      if (inbound.method !== "POST") {
        const error = rpcError(codes.invalidRequest, "method_not_allowed", "send JSON-RPC calls by POST");
        return refusal(error, 405, { allow: "POST" });
      }
      const read = readMessages(inbound.body, options);
      if ("code" in read) return refusal(read);
      const calls: Call[] = [];
      const slots = read.items.map((item) => place(item, calls, view, allows));
      return { calls, envelope: { batch: read.batch, slots, calls } };
    },
    classify,
    encode: (envelope, outcomes, view) => encodeReply(envelope, withServedHead(envelope.calls, outcomes, view)),
    confirmation,
    pinned: (call, outcome, upstream) => withFilter(call.method, outcome, upstream),
    question,
    agrees: (a, b) => a.failed === b.failed && asBuffer(a.payload).equals(b.payload),
    probe: evmProbe,
    peers: evmPeers,
  };
}

interface EvmEnvelope extends Envelope {
  readonly calls: readonly Call[];
}

/**
 * Whoever asks for the head is told the one that the fleet serves, which never goes back, and which the next call can
 * be answered for; not what one upstream thinks. The answer itself has been heard by health before this.
 */
function withServedHead(
  calls: readonly Call[],
  outcomes: readonly Outcome[],
  { head }: NetworkView,
): readonly Outcome[] {
  if (head.latest < 0 || !calls.some(asksForHead)) return outcomes;
  const served = bytesOf(`"0x${head.latest.toString(16)}"`);
  return outcomes.map((outcome, index) =>
    outcome.ok && !outcome.failed && asksForHead(calls[index] as Call) ? { ...outcome, payload: served } : outcome,
  );
}

function asksForHead({ method }: Call): boolean {
  return method === "eth_blockNumber";
}

/** Finds a message its place in the reply, and adds it to the calls if somebody must be asked. */
function place(item: Item, calls: Call[], view: NetworkView, allows: MethodRules): Slot {
  if (isRefusal(item)) return errorSlot(item.id, item.error);
  const { id, method } = item;
  if (!allows(method)) {
    return errorSlot(id, rpcError(codes.methodNotFound, "method_denied", `the method ${method} is not served here`));
  }
  if (traitsOf(method).name === "subscription") {
    return errorSlot(
      id,
      rpcError(codes.methodNotFound, "needs_websocket", `${method} needs a WebSocket; poll over HTTP`),
    );
  }
  if (method === "eth_chainId" && view.chain !== undefined) {
    return resultSlot(id, `"0x${BigInt(view.chain).toString(16)}"`);
  }
  calls.push(toCall(item, view));
  return callSlot(id, calls.length - 1);
}

/** What `classify` and `confirmation` must know of a call that others need not. */
interface EvmDetail {
  readonly params: unknown;
}

function toCall({ method, params, paramsText }: Message, view: NetworkView): Call {
  const traits = traitsOf(method);
  const { height, floor, state, replacements } = boundTo(method, params, view.head);
  const filter = filterOf(method, params);
  const changes = filter ? [{ index: 0, text: filter.id }] : replacements;
  const text = changes.length === 0 ? (paramsText ?? "[]") : replaced(paramsText ?? "[]", changes);
  const detail: EvmDetail = { params };
  return {
    network: view.network,
    method,
    traits,
    key: traits.coalesce ? method + text : undefined,
    height,
    floor,
    needsState: state,
    pin: filter?.isAt,
    detail,
    wire: wireRequest(method, text),
  };
}

/** The parameters with some positions rewritten or added, and every other byte as it was. */
function replaced(paramsText: string, replacements: readonly Replacement[]): string {
  const parts = elements(paramsText, 0).map(({ from, to }) => paramsText.slice(from, to));
  for (const { index, text } of replacements) parts[index] = text;
  return `[${parts.join(",")}]`;
}

function classify(call: Call, response: WireResponse, epoch: number): Outcome | undefined {
  const read = readResponse(response.body, response.rest);
  if (read.kind === "undecided") return undefined;
  if (read.kind === "result") return classifyResult(call, response, read);
  const contentType = response.header("content-type");
  const { status } = response;
  const retryAfter = retryAfterMs(response.header("retry-after"), epoch);
  if (read.kind === "none") {
    const { verdict } = judgeBody({ status, contentType, body: textOf(response.body, 0, 1_024), method: call.method });
    return fault(verdict, `HTTP ${status}: ${read.problem}`, undefined, retryAfter);
  }
  const { code, message, data, payload } = read;
  const { verdict } = judgeError({ status, contentType, code, message, data, method: call.method });
  if (verdict === "answer") return answer(status, true, payload, undefined);
  if (verdict === "already_known") return knownTransaction(call, payload);
  const shown = ruleOf(verdict).verbatim ? `${code} ${message.slice(0, 200)}` : `error ${code}`;
  return fault(verdict, shown, payload, retryAfter);
}

function classifyResult(call: Call, response: WireResponse, read: RpcResponse & { kind: "result" }): Outcome {
  const { payload, rest } = read;
  const { method } = call;
  if (payload.length === 4 && rest === undefined && textOf(payload) === "null") {
    const meaning = emptyMeans(method, call.height);
    if (meaning === "missing") return fault("missing_data", "null for a block that the fleet has", payload);
    if (meaning === "broken") return fault("bad_result", "null where no node says null");
  }
  const judgement = judgeResult(method, payload);
  if (judgement) return fault(judgement.verdict, judgement.rule);
  return answer(response.status, false, payload, heightProvedBy(method, payload), rest);
}

function answer(
  status: number,
  failed: boolean,
  payload: Uint8Array,
  height: number | undefined,
  rest: Answer["rest"] = undefined,
): Answer {
  return { ok: true, status, failed, payload, rest, height };
}

/** A question that no client asked, about whatever block its parameters say. */
function question(network: string, method: string, params: readonly unknown[]): Call {
  const text = JSON.stringify(params).replace(
    /[\u0080-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const detail: EvmDetail = { params };
  return {
    network,
    method,
    traits: traitsOf(method),
    key: undefined,
    height: undefined,
    floor: undefined,
    needsState: false,
    pin: undefined,
    detail,
    wire: wireRequest(method, text),
  };
}

/** The hash of the transaction that a call sends, as JSON text, or `undefined` when the parameter is none. */
function transactionHash(call: Call): string | undefined {
  const { params } = call.detail as EvmDetail;
  const raw: unknown = Array.isArray(params) ? params[0] : undefined;
  return typeof raw === "string" && /^0x(?:[0-9a-fA-F]{2})+$/.test(raw) ? `"${keccak256(raw)}"` : undefined;
}

/** The node has the transaction already: what the client wanted is so, and its hash is the hash of what it sent. */
function knownTransaction(call: Call, payload: Uint8Array): Answer {
  const hash = call.method === "eth_sendRawTransaction" ? transactionHash(call) : undefined;
  return hash === undefined ? answer(200, true, payload, undefined) : answer(200, false, bytesOf(hash), undefined);
}

/** A transaction is asked for by its own hash, whatever became of the attempts to send it. */
function confirmation(call: Call): Confirmation | undefined {
  const hash = call.method === "eth_sendRawTransaction" ? transactionHash(call) : undefined;
  if (hash === undefined) return undefined;
  const method = "eth_getTransactionByHash";
  const params = `[${hash}]`;
  const question: Call = {
    ...call,
    method,
    traits: traitsOf(method),
    key: undefined,
    wire: wireRequest(method, params),
  };
  return {
    call: question,
    conclude: (told) =>
      told.ok && !told.failed && textOf(told.payload, 0, 4) !== "null"
        ? answer(200, false, bytesOf(hash), undefined)
        : undefined,
  };
}
