import type { Call, MethodTraits } from "./core/call.ts";
import { Attempt, CallContext, type Explanation } from "./core/context.ts";
import type { Observer } from "./core/observer.ts";
import { type Fault, fault, type Outcome, ruleOf } from "./core/outcome.ts";
import { compose, type Handler, type RoutedPolicy } from "./core/policy.ts";
import type { Inbound, NetworkView, Protocol, Reply } from "./core/protocol.ts";
import { effective, type Residency, residencyInWords } from "./core/residency.ts";
import { isUpstream, type Selector } from "./core/selector.ts";
import type { Wish } from "./core/stream.ts";
import { Cancellation } from "./lib/cancellation.ts";
import type { Clock } from "./lib/clock.ts";

/** What one network's proxy is made of. */
export interface ProxyParts<Envelope> {
  readonly protocol: Protocol<Envelope>;
  /** What the network looks like now; kept up to date in place by health. */
  readonly view: NetworkView;
  /** Outermost first; each serves the methods whose traits it says. */
  readonly policies: readonly RoutedPolicy[];
  readonly selector: Selector;
  readonly observer: Required<Observer>;
  readonly clock: Clock;
  /** The longest that a client waits, in milliseconds. */
  readonly deadlineMs: number;
  /** How many calls of one batch are under way at once, and how many bytes their answers may have together. */
  readonly batchConcurrency: number;
  readonly batchBytes: number;
  /** Where calls may be answered. */
  readonly residency?: Residency | undefined;
  /** Opens an event stream for a client, where the network has any; see `stream.ts`. */
  readonly stream?: (wish: Wish, cancellation: Cancellation) => Reply;
}

/** Turns requests to one network into replies. Never rejects but for a bug. */
export interface Proxy {
  handle(inbound: Inbound, cancellation: Cancellation): Promise<Reply>;
}

/** THE request path: parse > policies > pick > send > encode. */
export function createProxy<Envelope>(parts: ProxyParts<Envelope>): Proxy {
  const { protocol, view, policies, selector, observer, clock, stream = noStream } = parts;
  const chains = new Map<MethodTraits, Handler>();

  /** Sends one attempt to one upstream and writes it into the journal. */
  const attempt: Handler = (call, context) => {
    const upstream = context.only ?? selector.pick(call, context);
    if (!isUpstream(upstream)) return Promise.resolve(upstream);
    const record = new Attempt(upstream, context.reason, clock.now(), call.traits.name);
    context.attempts.push(record);
    return upstream.send(call, context, record).then((outcome) => {
      observer.attempted(call, record);
      return outcome;
    });
  };

  /** The policies for a kind of method, composed the first time that it is met; protocols have few kinds. */
  const chainFor = (traits: MethodTraits): Handler => {
    let chain = chains.get(traits);
    if (!chain) {
      const serving = policies.filter((policy) => policy.serves(traits));
      chain = compose(
        serving.map(({ policy }) => policy),
        attempt,
      );
      chains.set(traits, chain);
    }
    return chain;
  };

  const run = (call: Call, context: CallContext): Promise<Outcome> => {
    const startedAt = clock.now();
    return chainFor(call.traits)(call, context).then((outcome) => {
      observer.answered(call, outcome, context, clock.now() - startedAt);
      return call.residency === undefined ? outcome : withResidency(outcome, call.residency);
    });
  };

  return {
    handle(inbound, cancellation) {
      const parsed = protocol.parse(inbound, view);
      if ("status" in parsed) return Promise.resolve(parsed);
      const rules = effective([parts.residency, inbound.residency]);
      if ("topics" in parsed) return Promise.resolve(stream({ ...parsed, residency: rules }, cancellation));
      const { envelope } = parsed;
      const calls = rules.length === 0 ? parsed.calls : parsed.calls.map((call) => residing(call, rules));
      const explanation: Explanation | undefined = inbound.headers["x-breakwater-explain"] ? { picks: [] } : undefined;
      const deadline = clock.now() + parts.deadlineMs;
      if (calls.length === 1) {
        const context = new CallContext(cancellation, deadline, [], explanation);
        return run(calls[0] as Call, context).then((outcome) =>
          described(protocol.encode(envelope, [outcome], view), [context], explanation),
        );
      }
      // Each has a cancellation of its own: one that runs into its deadline must not take the others along.
      const contexts = calls.map(() => new CallContext(new Cancellation(), deadline, [], explanation));
      const room = { bytes: parts.batchBytes };
      for (const context of contexts) {
        context.shared = true;
        context.room = room;
      }
      const link = cancellation.onCancel({
        cancel() {
          for (const context of contexts) context.cancellation.cancel();
        },
      });
      return runBatch(calls, contexts, run, parts).then((outcomes) => {
        link.unlink();
        return described(protocol.encode(envelope, outcomes, view), contexts, explanation);
      });
    },
  };
}

/** A call with rules about where it is answered. It shares no answer with one that has others. */
function residing(call: Call, rules: readonly Residency[]): Call {
  const key = call.key === undefined ? undefined : `${residencyInWords(rules)}|${call.key}`;
  return { ...call, key, residency: rules };
}

/** A failure that others might have prevented who may not be asked says so. */
function withResidency(outcome: Outcome, rules: readonly Residency[]): Outcome {
  if (outcome.ok || ruleOf(outcome.kind).blame === "client" || outcome.kind === "not_resident") return outcome;
  return { ...outcome, detail: `${outcome.detail}; calls are answered ${residencyInWords(rules)}` };
}

/** Runs the calls of a batch, a few at a time, until their answers are more than one reply may carry. */
async function runBatch(
  calls: readonly Call[],
  contexts: readonly CallContext[],
  run: Handler,
  limits: { readonly batchConcurrency: number; readonly batchBytes: number },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = new Array(calls.length);
  let next = 0;
  let bytes = 0;
  const worker = async () => {
    for (let index = next++; index < calls.length; index = next++) {
      const context = contexts[index] as CallContext;
      const unasked = context.cancellation.cancelled ? clientLeft : bytes > limits.batchBytes ? batchFull : undefined;
      const outcome = unasked ?? (await run(calls[index] as Call, context));
      bytes += outcome.payload?.length ?? 0;
      outcomes[index] = outcome;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.batchConcurrency, calls.length) }, worker));
  return outcomes;
}

function noStream(): never {
  throw new Error("a protocol with event streams needs somebody who opens them");
}

const clientLeft: Fault = fault("cancelled", "the client left");
const batchFull: Fault = fault("too_large", "the answers to the earlier calls of this batch already fill the reply");

/** Says in headers who served the reply and how many attempts it took. */
function described(reply: Reply, contexts: readonly CallContext[], explanation: Explanation | undefined): Reply {
  const { headers } = reply;
  let attempts = 0;
  let served = "";
  for (const context of contexts) {
    attempts += context.attempts.length;
    const id = (context.served ?? context.attempts.findLast(({ outcome }) => outcome?.ok)?.upstream)?.id;
    if (id !== undefined && id !== served) served = served === "" ? id : "several";
  }
  if (served !== "") headers["x-breakwater-upstream"] = served;
  headers["x-breakwater-attempts"] = `${attempts}`;
  if (explanation) headers["x-breakwater-explain"] = explained(contexts, explanation);
  return reply;
}

/** The explanation as one header line of JSON, ASCII, at most 7 KiB: most proxies and clients refuse headers over 8. */
function explained(contexts: readonly CallContext[], { picks }: Explanation): string {
  const attempts = contexts.flatMap((context) =>
    context.attempts.map(({ upstream, reason, startedAt, endedAt, outcome }) => ({
      upstream: upstream.id,
      reason,
      ms: Number((endedAt - startedAt).toFixed(1)),
      outcome: outcome === undefined ? "waiting" : outcome.ok ? "answer" : outcome.kind,
      ...(outcome?.ok === false && { detail: outcome.detail }),
    })),
  );
  const text = JSON.stringify({ attempts, picks }).replace(/[^\x20-\x7e]/g, "?");
  return text.length <= 7_168
    ? text
    : JSON.stringify({ attempts: attempts.slice(0, 10), truncated: true }).slice(0, 7_168);
}
