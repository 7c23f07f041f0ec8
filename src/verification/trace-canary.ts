import type { Call } from "../core/call.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Auditor } from "./auditor.ts";
import { canonical } from "./evm/canonical.ts";
import { quantityOf } from "./evm/header.ts";
import { tracePlan, traceQuestions } from "./evm/trace.ts";
import { parsedBlock, toldBy, type Witnesses } from "./witnesses.ts";

export interface TraceCanaryParts {
  readonly auditor: Pick<Auditor, "check">;
  readonly witnesses: Witnesses;
  readonly finalized: () => number;
}

/** A transaction in a final block, which an upstream that serves traces must be able to trace. */
export interface Traceable {
  readonly hash: string;
  readonly height: number;
}

/**
 * Asks an upstream for a trace and has it checked. True when it gave one, false when it says that it has none,
 * `undefined` where nobody can tell: it failed to answer, does not know the transaction, or gave one that is too long
 * to look at.
 */
export async function tryTrace(
  { auditor, witnesses, finalized }: TraceCanaryParts,
  suspect: Upstream,
  { hash, height }: Traceable,
): Promise<boolean | undefined> {
  const known = traceQuestions.filter(({ method }) => !suspect.lacks(method));
  for (const { method, params } of known.length > 0 ? known : traceQuestions) {
    const call = boundTo(witnesses.question(method, params(hash)), height);
    const outcome = await witnesses.outcome(suspect, call);
    if (!isDefinitive(outcome)) return undefined;
    if (!outcome.ok || outcome.failed) continue;
    const told = toldBy(outcome);
    if (!told) return undefined;
    const { text } = told;
    if (canonical(method, text) === undefined) continue;
    const plan = tracePlan(method, params(hash), height);
    await auditor.check({ call, plan, suspect, text, finalAt: finalized() });
    return true;
  }
  // Somebody else told of the transaction, and may have made it up, or taken an old one, whose state it may well lack.
  const told = await witnesses.ask(suspect, witnesses.question("eth_getTransactionReceipt", [hash]));
  const receipt = told && parsedBlock(told.text);
  return receipt && (quantityOf(receipt["blockNumber"]) ?? height) === height ? false : undefined;
}

/** The hash alone does not say how old the state is that it takes. */
function boundTo(call: Call, height: number): Call {
  return { ...call, height, floor: height, needsState: true };
}

/** An answer, or the word that there is none to be had. */
function isDefinitive(outcome: Outcome): boolean {
  return outcome.ok || outcome.kind === "unsupported" || outcome.kind === "missing_data";
}
