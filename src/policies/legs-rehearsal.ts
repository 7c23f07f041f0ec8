import type { Call, MethodTraits } from "../core/call.ts";
import { Attempt, CallContext } from "../core/context.ts";
import type { DutyDesk, DutyProtocol, FanOut, Vote } from "../core/duty.ts";
import { type Answer, fault, type Outcome } from "../core/outcome.ts";
import { compose, type Handler, type Policy } from "../core/policy.ts";
import { isUpstream, type Selector } from "../core/selector.ts";
import type { Upstream } from "../core/upstream.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { Detached } from "./detached.ts";
import type { DutyParts } from "./legs.ts";
import { answering, type Cue, sampleAnswer, sampleCall, sampleUpstream } from "./rehearsal.ts";

/** What a node does with the calls that it gets: a cue for each, the last one repeated; or a bug of ours. */
type Part = Cue | readonly Cue[] | "bug" | "bug at once";

/** How a call went that nodes played. */
interface Play {
  readonly context: CallContext;
  outcome: Outcome | undefined;
  /** What the client was told: the payload of an answer, the kind of a fault, or the error that it ended in. */
  end: string | undefined;
  endedAt: number;
  bug: unknown;
}

/**
 * For tests of policies that put a call to several: named nodes in virtual time, in the order of their welcome. The
 * voter of a node is its name up to the first dash. What is of use is asked for by the soft time, 1 s, and wanted by the
 * hard one, 4 s after the beginning; a slot takes 12 s.
 */
export class Ensemble {
  readonly clock = new ManualClock();
  readonly upstreams: readonly Upstream[];
  /** Who is not well, though possibly there. */
  readonly ill = new Set<string>();
  /** The contexts in which they were asked. */
  readonly seen: CallContext[] = [];
  /** What they were sent, as `when name path`. */
  readonly sent: string[] = [];
  /** What became of it, as metrics hear of it: `when name outcome`. */
  readonly heard: string[] = [];
  readonly bugs: unknown[] = [];
  readonly detached = new Detached(this.clock);
  readonly parts: DutyParts;
  readonly #cues = new Map<string, readonly Cue[] | "bug" | "bug at once">();

  constructor(
    nodes: Readonly<Record<string, Part>>,
    desk: Partial<DutyDesk> = {},
    protocol: Partial<DutyProtocol> = {},
  ) {
    this.upstreams = Object.keys(nodes).map((name) => sampleUpstream(name));
    for (const [name, part] of Object.entries(nodes)) {
      this.#cues.set(name, typeof part === "string" ? part : "outcome" in part ? [part] : part);
    }
    const selector: Selector = {
      pick: (_call, { attempts }) =>
        this.upstreams.find((one) => !this.ill.has(one.id) && !attempts.some(({ upstream }) => upstream === one)) ??
        fault("no_upstream", "all were asked"),
      all: (_call, reach) => this.upstreams.filter(({ id }) => reach === "possible" || !this.ill.has(id)),
    };
    this.parts = {
      desk: { ...sampleDesk, ...desk },
      protocol: { ...sampleProtocol, ...protocol } as DutyProtocol,
      selector,
      detached: this.detached,
      crashed: (bug) => this.bugs.push(bug),
    };
  }

  /** Asks a node, as the proxy does. */
  readonly handler: Handler = (call, context) => {
    const upstream = context.only ?? this.parts.selector.pick(call, context);
    if (!isUpstream(upstream)) return Promise.resolve(upstream);
    const { id } = upstream;
    this.seen.push(context);
    const attempt = new Attempt(upstream, context.reason, this.clock.now(), call.traits.name);
    context.attempts.push(attempt);
    this.sent.push(`${this.clock.now()} ${id}${call.wire.path && ` ${call.wire.path}`}`);
    const cues = this.#cues.get(id);
    if (cues === "bug at once") throw new Error("bug at once");
    if (cues === "bug") return Promise.reject(new Error("bug"));
    const [cue, ...others] = cues as readonly [Cue, ...Cue[]];
    if (others.length > 0) this.#cues.set(id, others);
    return new Promise((resolve) => {
      const end = (outcome: Outcome): void => {
        if (attempt.outcome) return;
        timer.cancel();
        attempt.outcome = outcome;
        attempt.endedAt = this.clock.now();
        this.heard.push(`${this.clock.now()} ${id} ${inWords(outcome)}`);
        resolve(outcome);
      };
      const { ms = 0, outcome } = cue;
      const { timeoutMs } = call.traits;
      const timer = this.clock.schedule(Math.min(ms, timeoutMs), () =>
        end(ms > timeoutMs ? fault("timeout", `no answer within ${timeoutMs} ms`) : outcome),
      );
      context.cancellation.onCancel({ cancel: () => end(fault("cancelled", "called off")) });
    });
  };

  /** Begins a call; the first policy is the outermost. */
  run(policies: Policy | readonly Policy[], call: Call, deadline = 4_000): Play {
    const context = new CallContext(new Cancellation(), this.clock.now() + deadline);
    const play: Play = { context, outcome: undefined, end: undefined, endedAt: Number.NaN, bug: undefined };
    const ended = (told: string): void => {
      play.end = told;
      play.endedAt = this.clock.now();
    };
    compose([policies].flat(), this.handler)(call, context).then(
      (outcome) => {
        play.outcome = outcome;
        ended(inWords(outcome));
      },
      (bug) => {
        play.bug = bug;
        ended("bug");
      },
    );
    return play;
  }
}

function inWords(outcome: Outcome): string {
  if (!outcome.ok) return outcome.kind;
  return `${outcome.payload}${outcome.status === 200 ? "" : ` (${outcome.status})`}`;
}

const sampleDesk: DutyDesk = {
  timing: () => ({ soft: 1_000, hard: 4_000 }),
  admit: (call) => call,
  candidates: (_call, able) => able,
  width: () => undefined,
  objection: () => undefined,
  isBehind: () => false,
  voter: ({ id }) => id.split("-")[0] as string,
  leastVoters: 1,
  leastHeard: 2,
  untaken: () => {},
  settled: (_call, outcome) => outcome,
  cached: () => undefined,
};

/** Answers are numbers, which are their scores, or votes: `base/choice` or `base/choice/weight`. */
const sampleProtocol: Partial<DutyProtocol> = {
  score: (_call, { payload }) => Number(`${payload}`),
  vote: (_call, answer) => voteOf(answer),
  merge: (_call, outcomes) => sampleAnswer(`merged ${outcomes.map(inWords).join(" + ")}`),
  recode: () => undefined,
  recodeAnswer: (_call, answer) => answer,
};

function voteOf({ payload }: Answer): Vote | undefined {
  const [base, choice, weight = "0"] = `${payload}`.split("/");
  return base && choice ? { base, choice, weight: Number(weight) } : undefined;
}

/** A call of a validator client that is put to several so. */
export function dutyCall(fanOut: FanOut, traits: Partial<MethodTraits> = {}): Call {
  const duty = { duty: "attest", fanOut, budget: { soft: 1 / 12, hard: 1 / 3, until: undefined } } as const;
  return sampleCall({ priority: 0, coalesce: false, hedge: false, timeoutMs: 6_000, duty, ...traits });
}

/** A publish: what was signed, to be sent to several so. */
export function publish(fanOut: FanOut = "broadcast"): Call {
  const duty = { duty: "publish", fanOut, budget: { soft: 1 / 12, hard: 1 / 3, until: undefined } } as const;
  return dutyCall(fanOut, { access: "write", duty });
}

/** A cue that ends in an answer with another status. */
export function answeringWith(status: number, payload = "", ms = 0): Cue {
  const { outcome } = answering(payload, ms);
  return { ms, outcome: { ...(outcome as Answer), status, failed: status >= 400 } };
}
