import type { Call, MethodTraits } from "../core/call.ts";
import { Attempt, CallContext } from "../core/context.ts";
import { type Answer, type Fault, fault, type Outcome } from "../core/outcome.ts";
import { compose, type Handler, type Policy } from "../core/policy.ts";
import { noEvents } from "../core/stream.ts";
import { type Upstream, unknownStatus } from "../core/upstream.ts";
import { Waiting } from "../core/waiting.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";

/** What the stage does when it is called: an attempt that ends after `ms`, or, with `nobody`, no upstream to pick. */
export interface Cue {
  readonly ms?: number;
  readonly outcome: Outcome;
  readonly nobody?: boolean;
  /** How many others waited at the upstream when the call came there, and after how long it answers them, if it does. */
  readonly ahead?: number;
  readonly othersMs?: number;
}

/** For tests of policies: virtual time, and in place of upstreams a handler that plays cues in order. */
export class Rehearsal {
  readonly clock = new ManualClock();
  /** The contexts that the handler was called with. */
  readonly seen: CallContext[] = [];
  /** When it was called, in virtual milliseconds. */
  readonly times: number[] = [];
  /** What a probe takes at every upstream. */
  probeMs = Number.NaN;
  readonly handler: Handler;

  /** The last cue is repeated. */
  constructor(cues: readonly Cue[]) {
    this.handler = (_call, context) => {
      const cue = cues[Math.min(this.seen.length, cues.length - 1)] as Cue;
      this.seen.push(context);
      this.times.push(this.clock.now());
      if (cue.nobody) return Promise.resolve(cue.outcome);
      const upstream = sampleUpstream(`u${this.seen.length}`, this.probeMs);
      const attempt = new Attempt(upstream, context.reason, this.clock.now(), "read");
      attempt.ahead = attempt.turn = cue.ahead ?? 0;
      if (cue.othersMs !== undefined) this.#answerOther(upstream, cue.othersMs);
      context.attempts.push(attempt);
      return new Promise((resolve) => {
        const end = (outcome: Outcome) => {
          timer.cancel();
          attempt.endedAt = this.clock.now();
          attempt.outcome ??= outcome;
          resolve(attempt.outcome);
        };
        const timer = this.clock.schedule(cue.ms ?? 0, () => end(cue.outcome));
        context.cancellation.onCancel({ cancel: () => end(fault("cancelled", "called off")) });
      });
    };
  }

  /** Another call at the upstream is answered just after one came. */
  #answerOther({ waiting }: Upstream, ms: number): void {
    const other = sampleAttempt();
    this.clock.schedule(1, () => {
      other.endedAt = this.clock.now();
      waiting.answered({ ...other, startedAt: other.endedAt - ms });
    });
  }

  /** A context whose client waits for 10 s from now. */
  context(ms = 10_000): CallContext {
    return new CallContext(new Cancellation(), this.clock.now() + ms);
  }

  /** Begins a call through a policy. */
  run(policy: Policy, call: Call = sampleCall(), context = this.context()): Performance {
    const performance: Performance = { context, outcome: undefined, endedAt: Number.NaN };
    compose([policy], this.handler)(call, context).then((outcome) => {
      performance.outcome = outcome;
      performance.endedAt = this.clock.now();
    }, assertNever);
    return performance;
  }
}

/** A call under way or done. */
interface Performance {
  readonly context: CallContext;
  outcome: Outcome | undefined;
  endedAt: number;
}

function assertNever(bug: unknown): never {
  throw bug;
}

/** A cue that ends in a fault of a kind. */
export function failing(kind: Fault["kind"], ms = 0): Cue {
  return { ms, outcome: fault(kind, "as rehearsed") };
}

/** A cue that ends in an answer with this payload. */
export function answering(payload = "1", ms = 0): Cue {
  return { ms, outcome: sampleAnswer(payload) };
}

export function sampleAnswer(payload: string): Answer {
  return {
    ok: true,
    status: 200,
    failed: false,
    payload: Buffer.from(payload),
    rest: undefined,
    height: undefined,
  };
}

const read: MethodTraits = {
  name: "read",
  access: "read",
  freshness: "head",
  priority: 2,
  repeat: "always",
  hedge: true,
  coalesce: true,
  cost: 1,
  timeoutMs: 2_000,
};

/** A cheap read with a key, its traits changed as given. */
export function sampleCall(traits: Partial<MethodTraits> = {}, key: string | undefined = "key"): Call {
  return {
    network: "ethereum",
    method: "eth_getBalance",
    traits: { ...read, ...traits },
    key,
    height: undefined,
    floor: undefined,
    needsState: false,
    pin: undefined,
    detail: undefined,
    wire: { method: "POST", path: "", headers: {}, body: undefined },
  };
}

/** An upstream that is nothing but its status. */
export function sampleUpstream(id: string, probeMs = Number.NaN): Upstream {
  return {
    id,
    network: "ethereum",
    coordinates: {
      provider: id,
      kind: "cloud",
      region: undefined,
      asn: undefined,
      jurisdiction: undefined,
      operator: undefined,
      client: undefined,
      edge: undefined,
    },
    failureDomains: [],
    tier: 0,
    archive: false,
    traces: false,
    status: { ...unknownStatus(), probeMs },
    waiting: new Waiting(),
    hasRoom: () => true,
    lacks: () => false,
    send: () => Promise.resolve(fault("unreachable", "a sample")),
    probe: () => Promise.resolve(fault("unreachable", "a sample")),
    subscribe: noEvents,
  };
}

/** An attempt of that read. */
export function sampleAttempt(): Attempt {
  return new Attempt(sampleUpstream("u1", Number.NaN), "primary", 0, read.name);
}
