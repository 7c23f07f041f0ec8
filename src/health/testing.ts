import type { Call, MethodTraits } from "../core/call.ts";
import { Attempt, CallContext } from "../core/context.ts";
import type { Change, Observer } from "../core/observer.ts";
import { type Answer, type FaultKind, fault, type Outcome } from "../core/outcome.ts";
import type { ProbeReading, ProbeStep } from "../core/protocol.ts";
import { noEvents } from "../core/stream.ts";
import { type Coordinates, failureDomains, type Upstream, unknownStatus } from "../core/upstream.ts";
import { Waiting } from "../core/waiting.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { createMonitor, type Monitor, type MonitorParts } from "./monitor.ts";

// For tests: a fleet whose upstreams do what they are told, in virtual time.

const traits: MethodTraits = {
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

export function callOf(method: string, more: Partial<MethodTraits> = {}): Call {
  return {
    network: "test",
    method,
    traits: { ...traits, ...more },
    key: undefined,
    height: undefined,
    floor: undefined,
    needsState: false,
    pin: undefined,
    detail: undefined,
    wire: { method: "POST", path: "", headers: {}, body: undefined },
  };
}

export function answerOf(value: unknown, height?: number): Answer {
  const payload = Buffer.from(JSON.stringify(value ?? null));
  return { ok: true, status: 200, failed: false, payload, rest: undefined, height };
}

/** What a fake upstream is asked in a probe: one call per question, named after it. */
export function stepOf(name: ProbeStep["name"], every: ProbeStep["every"] = "probe", optional = false): ProbeStep {
  return {
    name,
    every,
    optional,
    call: callOf(name),
    read: (answer) => ({ [name]: JSON.parse(Buffer.from(answer.payload).toString()) }) as Partial<ProbeReading>,
  };
}

const steps = [
  stepOf("chain", "rare"),
  stepOf("genesis", "rare", true),
  stepOf("head"),
  stepOf("syncing", "probe", true),
  stepOf("safe", "slow", true),
  stepOf("finalized", "slow", true),
];

/** An upstream that answers after `latencyMs` what its fields say, unless `fate` gives a fault, or silence. */
export class FakeUpstream implements Upstream {
  readonly network = "test";
  readonly coordinates: Coordinates;
  readonly failureDomains: readonly string[];
  readonly tier = 0;
  readonly archive = false;
  readonly traces = false;
  readonly status = unknownStatus();
  readonly waiting = new Waiting();
  readonly id: string;
  readonly clock: ManualClock;
  latencyMs = 20;
  chain: unknown = "1";
  genesis: unknown = "0xa";
  syncing = false;
  head = 100;
  safe = 90;
  finalized = 80;
  /** What befalls a call, asked for each one. */
  fate: (method: string) => FaultKind | "silence" | undefined = () => undefined;
  /** The methods of the probes so far, and the most rounds that were under way at once. */
  readonly probes: { readonly at: number; readonly method: string }[] = [];

  constructor(id: string, clock: ManualClock, provider: string) {
    this.id = id;
    this.clock = clock;
    this.coordinates = {
      provider,
      kind: "bare_metal",
      region: undefined,
      asn: undefined,
      jurisdiction: undefined,
      operator: undefined,
      client: undefined,
      edge: undefined,
    };
    this.failureDomains = failureDomains(this.coordinates);
  }

  readonly subscribe = noEvents;

  hasRoom(): boolean {
    return true;
  }

  lacks(): boolean {
    return false;
  }

  send(call: Call, context: CallContext, attempt: Attempt): Promise<Outcome> {
    this.waiting.add(attempt);
    return this.#answer(call, call.traits.timeoutMs, context.cancellation).then((outcome) => {
      this.waiting.remove(attempt);
      attempt.endedAt = this.clock.now();
      attempt.outcome = outcome;
      return outcome;
    });
  }

  probe(call: Call, timeoutMs: number): Promise<Outcome> {
    this.probes.push({ at: this.clock.now(), method: call.method });
    return this.#answer(call, timeoutMs, new Cancellation());
  }

  #answer({ method }: Call, timeoutMs: number, cancellation: Cancellation): Promise<Outcome> {
    const fate = this.fate(method);
    const silent = fate === "silence" || this.latencyMs > timeoutMs;
    return new Promise((resolve) => {
      cancellation.onCancel({ cancel: () => resolve(fault("cancelled", "")) });
      this.clock.schedule(silent ? timeoutMs : this.latencyMs, () => {
        if (silent) resolve(fault("timeout", ""));
        else resolve(fate === undefined ? answerOf(this[method as "head"]) : fault(fate as FaultKind, ""));
      });
    });
  }
}

/** A change of verdict, with its time. */
type Turn = Change & { readonly at: number; readonly upstream: string };

export interface FakeFleet {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly upstreams: readonly FakeUpstream[];
  readonly monitor: Monitor;
  readonly turns: Turn[];
  /** Has one upstream serve one call; resolves when it is over. */
  call(upstream: FakeUpstream, call?: Call, cancellation?: Cancellation): Promise<Outcome>;
  /** Sends `perSecond` calls to upstreams that are not out, for `ms` milliseconds of virtual time. */
  traffic(perSecond: number, ms: number, hedgeMs?: number): Promise<void>;
  /** Milliseconds from `since` until an upstream turned to `verdict`; Infinity when it did not. */
  turned(upstream: FakeUpstream, verdict: string, since: number): number;
}

export function fakeFleet(
  size: number,
  seed = 1,
  more: Partial<MonitorParts> = {},
  clock = new ManualClock(),
  providers: readonly string[] = ["home"],
): FakeFleet {
  const random = seededRandom(seed);
  const upstreams = Array.from({ length: size }, (_, index) => {
    return new FakeUpstream(`u${index}`, clock, providers[index % providers.length] as string);
  });
  const turns: Turn[] = [];
  const observer: Observer = {
    changed: (upstream, change) => void turns.push({ ...change, at: clock.now(), upstream: upstream.id }),
  };
  const monitor = createMonitor({
    network: "test",
    upstreams,
    protocol: { probe: steps },
    clock,
    random,
    observer,
    options: { interval: 1_000, idleInterval: 5_000, timeout: 2_000, maxLag: 3 },
    ...more,
  });

  const send = (upstream: FakeUpstream, call: Call, cancellation: Cancellation) => {
    const attempt = new Attempt(upstream, "primary", clock.now(), call.traits.name);
    return upstream.send(call, new CallContext(cancellation, clock.now() + 10_000), attempt).then((outcome) => {
      monitor.attempted(call, attempt);
      return outcome;
    });
  };
  const plain = callOf("read");
  const pick = () => {
    const inn = upstreams.filter(({ status }) => status.confirmed && status.verdict !== "ejected");
    const from = inn.length > 0 ? inn : upstreams;
    return from[Math.floor(random() * from.length)] as FakeUpstream;
  };
  /** Sends a second copy elsewhere when the first takes too long; the slower of the two is called off. */
  const race = (hedgeMs: number) => {
    const cancellations = [new Cancellation(), new Cancellation()];
    let over = false;
    const end = () => {
      over = true;
      for (const one of cancellations) one.cancel();
    };
    void send(pick(), plain, cancellations[0] as Cancellation).then(end);
    clock.schedule(hedgeMs, () => {
      if (!over) void send(pick(), plain, cancellations[1] as Cancellation).then(end);
    });
  };
  return {
    clock,
    random,
    upstreams,
    monitor,
    turns,
    call: (upstream, call = plain, cancellation = new Cancellation()) => send(upstream, call, cancellation),
    async traffic(perSecond, ms, hedgeMs) {
      const until = clock.now() + ms;
      const next = () => {
        if (clock.now() >= until) return;
        if (hedgeMs === undefined) void send(pick(), plain, new Cancellation());
        else race(hedgeMs);
        clock.schedule((-Math.log(1 - random()) * 1_000) / perSecond, next);
      };
      next();
      await clock.advance(ms);
    },
    turned(upstream, verdict, since) {
      const turn = turns.find((one) => one.at >= since && one.upstream === upstream.id && one.to === verdict);
      return turn ? turn.at - since : Number.POSITIVE_INFINITY;
    },
  };
}

/** A fleet that has been served calls at this rate for ten seconds, each of its upstreams failing 0.5 % of them. */
export async function seasoned(
  size: number,
  perSecond: number,
  seed: number,
): Promise<FakeFleet & { readonly bad: FakeUpstream }> {
  const fleet = fakeFleet(size, seed);
  for (const upstream of fleet.upstreams) upstream.fate = () => (fleet.random() < 0.005 ? "server_error" : undefined);
  fleet.monitor.start();
  await fleet.clock.advance(500);
  await fleet.traffic(perSecond, 10_000);
  return { ...fleet, bad: one(fleet) };
}

export function verdicts({ upstreams }: FakeFleet): string[] {
  return upstreams.map(({ status }) => status.verdict);
}

export function one({ upstreams }: FakeFleet, index = 0): FakeUpstream {
  return upstreams[index] as FakeUpstream;
}
