import type { ByteStream } from "./bytes.ts";

/**
 * A definitive reply: any healthy upstream would say the same. A revert is one, "invalid params" is one.
 */
export interface Answer {
  readonly ok: true;
  /** The HTTP status it came with. */
  readonly status: number;
  /** The reply is a definitive no (a JSON-RPC error object, an HTTP 4xx). */
  readonly failed: boolean;
  /** What the client gets, without the protocol's envelope (a JSON-RPC `result` or `error`); its start when `rest` is set. */
  readonly payload: Uint8Array;
  /** The rest of a large payload, still on its way. Whoever drops the answer cancels it. */
  readonly rest: ByteStream | undefined;
  /** Headers that the client gets with it, lower-case names; where the protocol passes any on. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A height that the answer proves its upstream to have reached. */
  readonly height: number | undefined;
}

/** A failure of somebody: another upstream might do better. A value, never thrown. */
export interface Fault {
  readonly ok: false;
  readonly kind: FaultKind;
  /** For operators: what happened, with no secret in it. */
  readonly detail: string;
  /** How long the upstream asked to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** The upstream's own error (for JSON-RPC the `error` object), to be shown unchanged when nothing better comes. */
  readonly payload: Uint8Array | undefined;
}

export type Outcome = Answer | Fault;

/** Builds a fault; see {@link Fault} for the parts. */
export function fault(kind: FaultKind, detail: string, payload?: Uint8Array, retryAfterMs?: number): Fault {
  return { ok: false, kind, detail, payload, retryAfterMs };
}

/** The four questions that each kind of fault answers, and what the client sees. They are independent of each other. */
export interface FaultRule {
  /** Who caused it. */
  readonly blame: "client" | "upstream" | "proxy";
  /** Where to go next: nowhere, `other` upstreams, or `once` (one other upstream, for what may be a vendor's gap). */
  readonly next: "never" | "once" | "other";
  /** Evidence against the upstream's health: `hard` opens fast, `soft` weighs less. */
  readonly health: "none" | "soft" | "hard";
  /**
   * How the upstream is held off: `brief` for seconds, `backoff` for Retry-After or growing pauses, `long` for an
   * account that is used up or refused, `method` only for the method that it does not have.
   */
  readonly hold: "none" | "brief" | "backoff" | "long" | "method";
  /** Did the upstream get the call? Decides whether a write may be sent again. */
  readonly delivered: "no" | "maybe" | "yes";
  /** Would the same call, later, fare better? Then an exhausted call is answered with 503 and `retryable`. */
  readonly transient: boolean;
  /** Show the client the upstream's own error, unchanged? Never where it may name an account or a key. */
  readonly verbatim: boolean;
  /** The HTTP status for the client when it ends here. */
  readonly status: number;
}

/**
 * All kinds of fault. The order of columns follows {@link FaultRule}.
 * Source: the union of what seven RPC gateways distinguish (eRPC, nodecore, dshackle, proxyd, SmartRouter, blutgang,
 * PATH), with the axes that they conflate pulled apart.
 *
 * `rpc_error` (a JSON-RPC server error with HTTP 200 and no known cause) is worth another upstream but is no evidence:
 * otherwise a client that repeats an odd call could eject the whole fleet. An upstream that answers everything with it
 * is found by its probes.
 *
 * `not_resident`: no upstream stands where the call may be answered (HTTP 451, RFC 7725).
 *
 * For validators: `not_ready` is a node that says that it syncs or follows an unverified head, well otherwise;
 * `objectionable` is an answer that must not be used for a duty; `no_quorum` that nodes do not agree on what to sign;
 * `would_slash` a message that contradicts one sent before.
 */
const faultRules = {
  //                     blame       next     health  hold       delivered transient verbatim status
  unreachable: /*     */ rule("upstream", "other", "hard", "brief", "no", true, false, 503),
  interrupted: /*     */ rule("upstream", "other", "hard", "none", "maybe", true, false, 503),
  timeout: /*         */ rule("upstream", "other", "hard", "none", "maybe", true, false, 503),
  malformed: /*       */ rule("upstream", "other", "hard", "none", "maybe", true, false, 503),
  server_error: /*    */ rule("upstream", "other", "hard", "none", "maybe", true, true, 503),
  rpc_error: /*       */ rule("upstream", "other", "none", "none", "maybe", false, true, 200),
  unavailable: /*     */ rule("upstream", "other", "hard", "brief", "no", true, true, 503),
  node_timeout: /*    */ rule("upstream", "once", "soft", "none", "yes", false, true, 200),
  bad_result: /*      */ rule("upstream", "other", "soft", "none", "yes", true, false, 503),
  rate_limited: /*    */ rule("upstream", "other", "none", "backoff", "no", true, true, 503),
  quota_exhausted: /* */ rule("upstream", "other", "none", "long", "no", true, false, 503),
  unauthorized: /*    */ rule("upstream", "other", "none", "long", "no", true, false, 503),
  too_large: /*       */ rule("upstream", "other", "none", "none", "yes", false, true, 200),
  missing_data: /*    */ rule("upstream", "other", "none", "none", "yes", false, true, 200),
  unsupported: /*     */ rule("upstream", "other", "none", "method", "no", false, true, 200),
  unsupported_encoding: rule("upstream", "other", "none", "none", "no", false, true, 415),
  not_ready: /*       */ rule("upstream", "other", "none", "none", "no", true, true, 503),
  objectionable: /*   */ rule("upstream", "other", "none", "none", "yes", true, false, 503),
  no_quorum: /*       */ rule("proxy", "never", "none", "none", "yes", true, false, 503),
  not_resident: /*    */ rule("proxy", "never", "none", "none", "no", false, false, 451),
  would_slash: /*     */ rule("client", "never", "none", "none", "no", false, false, 400),
  unsupported_tag: /* */ rule("upstream", "other", "none", "none", "no", false, true, 200),
  doubtful_request: /**/ rule("client", "once", "none", "none", "no", false, true, 200),
  already_used: /*    */ rule("client", "never", "none", "none", "yes", false, true, 200),
  wrong_chain: /*     */ rule("upstream", "other", "hard", "long", "yes", true, false, 503),
  busy: /*            */ rule("proxy", "other", "none", "none", "no", true, false, 503),
  overloaded: /*      */ rule("proxy", "never", "none", "none", "no", true, false, 503),
  no_upstream: /*     */ rule("proxy", "never", "none", "none", "no", true, false, 503),
  deadline: /*        */ rule("proxy", "never", "none", "none", "maybe", true, false, 503),
  cancelled: /*       */ rule("client", "never", "none", "none", "maybe", false, false, 499),
} as const satisfies Record<string, FaultRule>;

export type FaultKind = keyof typeof faultRules;

export const faultKinds = Object.keys(faultRules) as readonly FaultKind[];

/** The rule of a kind, with the table's literals widened so that callers may compare freely. */
export function ruleOf(kind: FaultKind): FaultRule {
  return faultRules[kind];
}

function rule(
  blame: FaultRule["blame"],
  next: FaultRule["next"],
  health: FaultRule["health"],
  hold: FaultRule["hold"],
  delivered: FaultRule["delivered"],
  transient: boolean,
  verbatim: boolean,
  status: number,
): FaultRule {
  return { blame, next, health, hold, delivered, transient, verbatim, status };
}
