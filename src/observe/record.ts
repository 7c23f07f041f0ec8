import { HourWindow } from "../concentration/window.ts";
import type { Call, Priority } from "../core/call.ts";
import type { Attempt, AttemptReason } from "../core/context.ts";
import type { Observer } from "../core/observer.ts";
import { faultKinds, type Outcome, ruleOf } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import { DecisionCounts } from "./decision-counts.ts";
import { Durations } from "./durations.ts";
import { outcomeNames, reasons, slotOf } from "./outcomes.ts";

const unservedSlots = faultKinds.filter((kind) => ruleOf(kind).transient).map((kind) => outcomeNames.indexOf(kind));

const answerSlots: ReadonlySet<number> = new Set(["answer", "error_answer"].map((name) => outcomeNames.indexOf(name)));

/** What happened to the calls of one class in one network. */
export class ClassRecord {
  readonly name: string;
  readonly priority: Priority;
  /** Calls by outcome; see `outcomes.ts` for the slots. */
  readonly outcomes = new Float64Array(outcomeNames.length);
  readonly durations = new Durations();
  retries = 0;
  hedges = 0;
  hedgeWins = 0;
  coalesced = 0;

  constructor(name: string, priority: Priority) {
    this.name = name;
    this.priority = priority;
  }

  /** Calls that ended in a fault which the same call might not meet later. */
  get unserved(): number {
    return unservedSlots.reduce((sum, slot) => sum + (this.outcomes[slot] as number), 0);
  }
}

/** What happened to the attempts at one upstream. */
export class UpstreamRecord {
  /** Attempts by reason and outcome: `reason slot * outcomes + outcome slot`. */
  readonly attempts = new Float64Array(reasons.length * outcomeNames.length);
  readonly durations = new Durations();
  /** Answers of the last hour. */
  readonly served = new HourWindow();
  readonly changes = { verdict: 0, breaker: 0, hold: 0 };

  /** Answers since the start, a definitive no among them. */
  get answers(): number {
    return this.attempts.reduce(
      (sum, count, slot) => (answerSlots.has(slot % outcomeNames.length) ? sum + count : sum),
      0,
    );
  }
}

/** Counts everything that metrics, shares and the status page tell. Records come to be when they are first needed. */
export interface Recorder extends Required<Pick<Observer, "attempted" | "answered" | "changed" | "decided">> {
  /** Bytes of bodies from and to clients; whoever talks with them adds. */
  readonly client: { bytesIn: number; bytesOut: number };
  /** The classes of calls seen in a network. */
  classes(network: string): Iterable<ClassRecord>;
  upstream(upstream: Upstream): UpstreamRecord;
  readonly decisions: DecisionCounts;
}

const cancelled = outcomeNames.indexOf("cancelled");

/** Creates a recorder of plain numbers; it runs on the request path and allocates only for what it has not met before. */
export function createRecorder(): Recorder {
  const networks = new Map<string, Map<string, ClassRecord>>();
  const upstreams = new Map<Upstream, UpstreamRecord>();
  const decisions = new DecisionCounts();

  const classOf = ({ network, traits }: Call): ClassRecord => {
    const known = networks.get(network)?.get(traits.name);
    if (known) return known;
    const record = new ClassRecord(traits.name, traits.priority);
    const classes = networks.get(network) ?? new Map<string, ClassRecord>();
    networks.set(network, classes.set(traits.name, record));
    return record;
  };

  const recordOf = (upstream: Upstream): UpstreamRecord => {
    const known = upstreams.get(upstream);
    if (known) return known;
    const record = new UpstreamRecord();
    upstreams.set(upstream, record);
    return record;
  };

  return {
    client: { bytesIn: 0, bytesOut: 0 },
    classes: (network) => networks.get(network)?.values() ?? [],
    upstream: recordOf,
    decisions,
    decided: (decision) => decisions.add(decision),
    attempted(call, attempt) {
      const outcome = attempt.outcome as Outcome;
      const record = recordOf(attempt.upstream);
      const slot = slotOf(outcome);
      increment(record.attempts, reasonSlot(attempt.reason) * outcomeNames.length + slot);
      if (slot !== cancelled) record.durations.add(attempt.endedAt - attempt.startedAt);
      if (outcome.ok) record.served.add(attempt.endedAt);
      if (attempt.reason === "retry") classOf(call).retries++;
      else if (attempt.reason === "hedge") classOf(call).hedges++;
    },
    answered(call, outcome, { attempts, joined }, elapsedMs) {
      const record = classOf(call);
      increment(record.outcomes, slotOf(outcome));
      record.durations.add(elapsedMs);
      if (joined) record.coalesced++;
      else if (outcome.ok && attempts.length > 1 && winnerOf(attempts)?.reason === "hedge") record.hedgeWins++;
    },
    changed(upstream, { what }) {
      recordOf(upstream).changes[what]++;
    },
  };
}

function increment(counts: Float64Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}

function reasonSlot(reason: AttemptReason): number {
  return reason === "primary" ? 0 : reasons.indexOf(reason);
}

function winnerOf(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.findLast(({ outcome }) => outcome?.ok);
}
