import { collect, type Room } from "../core/bytes.ts";
import type { Call, WireRequest } from "../core/call.ts";
import type { Attempt, CallContext } from "../core/context.ts";
import { type Fault, fault, type Outcome, ruleOf } from "../core/outcome.ts";
import type { Protocol } from "../core/protocol.ts";
import type { EventReader, Subscription } from "../core/stream.ts";
import type { Transport, WireResponse } from "../core/transport.ts";
import { type Coordinates, type Upstream, type UpstreamStatus, unknownStatus } from "../core/upstream.ts";
import { Waiting } from "../core/waiting.ts";
import { Cancellation, type Link } from "../lib/cancellation.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { PeakEwma } from "../lib/ewma.ts";
import { asBuffer, bytesOf, textOf } from "../lib/latin1.ts";
import { redactText } from "../lib/redact.ts";
import type { Breaker } from "./breaker.ts";
import type { Gradient } from "./gradient.ts";
import type { HoldOff } from "./hold-off.ts";
import type { Limits } from "./limits.ts";
import { Place } from "./place.ts";
import { Streaming } from "./streaming.ts";

/** What one upstream is made of. */
export interface UpstreamParts {
  readonly id: string;
  readonly network: string;
  readonly coordinates: Coordinates;
  readonly tier: number;
  readonly archive: boolean;
  readonly traces: boolean;
  /** Shared with the parts that write to it. */
  readonly status?: UpstreamStatus;
  readonly transport: Transport;
  readonly classify: Protocol["classify"];
  readonly limits: Limits;
  readonly breaker: Breaker | undefined;
  /** Did anybody else answer what was asked since then (the clock's milliseconds)? If not, a failure is not held against it. */
  readonly othersAnswer?: (since: number) => boolean;
  readonly holdOff: HoldOff;
  readonly clock: Clock;
  /** What its own errors may repeat and clients must not see; what is short enough to stand in any text is left. */
  readonly secrets?: readonly string[];
  /** The size in bytes from which an answer with a sole reader is streamed. */
  readonly streamAbove: number;
  /** The most bytes of one answer that is gathered whole. */
  readonly responseBytes: number;
}

/** Time constant of the latency average, in milliseconds. Source: Finagle's peak EWMA, 10 s. */
const latencyTau = 10_000;

/** An answer of another's to what was asked at most so long before shows that we were not cut off, in milliseconds. */
const controlMs = 100;

/** The shortest secret that is looked for in errors: a shorter one is part of honest texts too, which must come unchanged. */
const shortestSecret = 12;

/** Builds an upstream: its identity, its status, and its chain: bulkhead > breaker > attempt timeout > transport > classify. */
export function createUpstream(parts: UpstreamParts): Upstream {
  return new LiveUpstream(parts);
}

/** A class, so that all upstreams and all attempts have one shape: thousands of closures would slow each call. */
class LiveUpstream implements Upstream {
  readonly id: string;
  readonly network: string;
  readonly tier: number;
  readonly status: UpstreamStatus;
  readonly waiting = new Waiting();
  readonly parts: UpstreamParts;
  readonly #latency = new PeakEwma(latencyTau);
  readonly #secrets: readonly string[];
  readonly #place: Place;

  constructor(parts: UpstreamParts) {
    this.#secrets = (parts.secrets ?? []).filter(({ length }) => length >= shortestSecret);
    this.parts = parts;
    this.id = parts.id;
    this.network = parts.network;
    this.#place = new Place(parts.coordinates);
    this.tier = parts.tier;
    this.status = parts.status ?? unknownStatus();
  }

  get coordinates(): Coordinates {
    return this.#place.coordinates(this.status.client, this.status.sight);
  }

  get failureDomains(): readonly string[] {
    return this.#place.failureDomains(this.status.client, this.status.sight);
  }

  get archive(): boolean {
    return this.parts.archive && !this.status.forgetful;
  }

  get traces(): boolean {
    return this.parts.traces && !this.status.traceless;
  }

  hasRoom({ traits }: Call): boolean {
    return this.parts.limits.hasRoom(this.status.inFlight, traits);
  }

  lacks(method: string): boolean {
    return this.parts.holdOff.lacks(method);
  }

  send(call: Call, context: CallContext, attempt: Attempt): Promise<Outcome> {
    const sending = new Sending(this, call, context, attempt);
    // What several wait for arrives whole; what shares its room with others is watched while it arrives.
    const whole = context.shared && !context.room;
    const streamAbove = whole ? Number.POSITIVE_INFINITY : this.parts.streamAbove;
    return this.parts.transport.send(call.wire, sending, streamAbove).then((response) => {
      let outcome: Outcome | Promise<Outcome>;
      try {
        outcome = this.judge(call, response, sending, context.shared, context.room);
      } catch (bug) {
        return sending.crash(bug);
      }
      if (!(outcome instanceof Promise)) return sending.end(outcome);
      return outcome.then(
        (late) => sending.end(late),
        (bug) => sending.crash(bug),
      );
    });
  }

  probe(call: Call, timeoutMs: number): Promise<Outcome> {
    const cancellation = new Cancellation();
    let timedOut = false;
    const timer = this.parts.clock.schedule(timeoutMs, () => {
      timedOut = true;
      cancellation.cancel();
    });
    return this.parts.transport
      .send(call.wire, cancellation, Number.POSITIVE_INFINITY)
      .then((response) => this.judge(call, response, cancellation, true))
      .then((outcome) => {
        timer.cancel();
        return timedOut && !outcome.ok ? noAnswerWithin(timeoutMs) : outcome;
      });
  }

  subscribe(request: WireRequest, reader: EventReader): Subscription {
    return this.parts.transport.subscribe(request, reader);
  }

  /** Answer or fault? Gathers a streaming body where its start does not tell, or where several wait for it. */
  judge(
    call: Call,
    response: WireResponse | Fault,
    cancellation: Cancellation,
    shared: boolean,
    room?: Room,
  ): Outcome | Promise<Outcome> {
    if (!response.ok) return response;
    const { rest } = response;
    const epoch = this.parts.clock.epoch();
    const outcome = rest && shared ? undefined : this.#classify(call, response, epoch);
    if (outcome) return outcome;
    if (!rest) return senseless;
    const link = cancellation.onCancel(rest);
    return collect(response.body, rest, this.parts.responseBytes, room).then((body) => {
      link.unlink();
      if (!(body instanceof Uint8Array)) return body;
      const whole = {
        ok: true,
        status: response.status,
        header: response.header.bind(response),
        headers: response.headers.bind(response),
        body,
        rest: undefined,
      } as const;
      return this.#classify(call, whole, epoch) ?? senseless;
    });
  }

  /** The protocol's word on a response. */
  #classify(call: Call, response: WireResponse, epoch: number): Outcome | undefined {
    const outcome = this.parts.classify(call, response, epoch);
    return outcome && (!outcome.ok || outcome.failed) ? withoutSecrets(outcome, this.#secrets) : outcome;
  }

  #isBlamed({ kind }: Fault, { startedAt }: Attempt): boolean {
    return ruleOf(kind).health === "hard" && (this.parts.othersAnswer?.(startedAt - controlMs) ?? true);
  }

  /** Books what an attempt that has ended says about the upstream. */
  learn(call: Call, attempt: Attempt, outcome: Outcome, taken: Gradient): void {
    const { breaker, holdOff, limits } = this.parts;
    const elapsed = attempt.endedAt - attempt.startedAt;
    const slow = !outcome.ok && (outcome.kind === "timeout" || outcome.kind === "cancelled");
    if (outcome.ok || (slow && elapsed > this.status.latencyMs)) {
      this.status.latencyMs = this.#latency.add(elapsed, attempt.endedAt);
    }
    if (outcome.ok) {
      this.waiting.answered(attempt);
      breaker?.record("success", attempt.startedAt);
    } else breaker?.record(this.#isBlamed(outcome, attempt) ? "failure" : "none", attempt.startedAt);
    holdOff.heard(call, outcome, attempt.startedAt);
    limits.heard(taken, outcome, attempt.startedAt, attempt.endedAt, this.status.inFlight);
    this.status.bearable = limits.bearable;
  }
}

/** One attempt under way. It is its own cancellation, which the timeout or the caller may pull. */
class Sending extends Cancellation {
  readonly #upstream: LiveUpstream;
  readonly #call: Call;
  readonly #attempt: Attempt;
  readonly #taken: Gradient;
  readonly #link: Link;
  readonly #timer: Scheduled;
  #timedOut = false;

  constructor(upstream: LiveUpstream, call: Call, context: CallContext, attempt: Attempt) {
    super();
    this.#upstream = upstream;
    this.#call = call;
    this.#attempt = attempt;
    upstream.status.inFlight++;
    upstream.waiting.add(attempt);
    this.#taken = upstream.parts.limits.take(call.traits);
    this.#link = context.cancellation.onCancel(this);
    this.#timer = upstream.parts.clock.schedule(call.traits.timeoutMs, () => {
      this.#timedOut = true;
      this.cancel();
    });
  }

  /** Books the outcome of the attempt, and gives the outcome to pass on. */
  end(outcome: Outcome): Outcome {
    const upstream = this.#upstream;
    const attempt = this.#attempt;
    this.#timer.cancel();
    this.#link.unlink();
    upstream.waiting.remove(attempt);
    const ended = outcome.ok || !this.cancelled ? outcome : this.#stopped();
    attempt.endedAt = upstream.parts.clock.now();
    attempt.outcome = ended;
    const taken = this.#taken;
    upstream.learn(this.#call, attempt, ended, taken);
    if (ended.ok && ended.rest) {
      const places = [upstream.status, taken];
      return { ...ended, rest: new Streaming(ended.rest, places, upstream.parts.breaker, attempt.startedAt) };
    }
    upstream.status.inFlight--;
    taken.inFlight--;
    return ended;
  }

  /** Gives the attempt's place back after a bug, or it would count as waiting for ever. */
  crash(bug: unknown): never {
    this.end(broken);
    throw bug;
  }

  /** What to call an attempt that was stopped from here, whatever the connection said when it was cut. */
  #stopped(): Fault {
    return this.#timedOut ? noAnswerWithin(this.#call.traits.timeoutMs) : calledOff;
  }
}

/** An error without our keys: some gateways repeat the path or the headers of a request. */
function withoutSecrets(outcome: Outcome, secrets: readonly string[]): Outcome {
  const { payload } = outcome;
  if (!payload || !secrets.some((secret) => asBuffer(payload).includes(secret))) return outcome;
  const hidden = bytesOf(redactText(textOf(payload), secrets));
  return outcome.ok
    ? { ...outcome, payload: hidden }
    : { ...outcome, payload: hidden, detail: redactText(outcome.detail, secrets) };
}

const broken = fault("cancelled", "a bug in Breakwater");
const calledOff = fault("cancelled", "no longer wanted");
const senseless = fault("malformed", "the body makes no sense");

function noAnswerWithin(ms: number): Fault {
  return fault("timeout", `no answer within ${ms} ms`);
}
