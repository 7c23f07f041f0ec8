import type { Outcome } from "../core/outcome.ts";

/** Drops an outcome that nobody waits for any more: a stream without a reader would hold its connection. */
export function discard(outcome: Outcome): void {
  if (outcome.ok) outcome.rest?.cancel();
}
