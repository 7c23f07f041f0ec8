import { type Fault, ruleOf } from "../core/outcome.ts";

/**
 * Which of two faults the client should be told, `later` when they are worth the same. A call that might fare better
 * later is never reported as hopeless: one transient fault outweighs any number of "I do not have that", because client
 * libraries give up for good on those. And what an upstream said outweighs that nobody else was there to ask.
 */
export function preferred(earlier: Fault, later: Fault): Fault {
  const gain = worth(later) - worth(earlier);
  if (gain !== 0) return gain > 0 ? later : earlier;
  if (later.kind !== earlier.kind || later.payload || !earlier.payload) return later;
  // What is known by now, in the words of the upstream that said so.
  return { ...earlier, retryAfterMs: later.retryAfterMs ?? earlier.retryAfterMs };
}

function worth({ kind }: Fault): number {
  if (kind === "cancelled" || kind === "no_upstream") return 0;
  const { transient, hold, blame } = ruleOf(kind);
  if (transient) return blame === "proxy" ? 3 : 4;
  // "No such method" is the least that one can say of a call.
  return hold === "method" ? 1 : 2;
}
