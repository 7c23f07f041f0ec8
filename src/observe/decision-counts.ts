import type { Action, Decision } from "../core/failover.ts";

/** How often something was decided. */
interface DecisionCount {
  readonly action: Action;
  readonly dimension: string;
  /** `shadow`: it was not done. */
  readonly mode: "act" | "shadow";
  count: number;
}

/** Counts decisions. Actions and dimensions come from closed sets, and so does what is counted apart. */
export class DecisionCounts {
  readonly counts: DecisionCount[] = [];

  add({ action, subject, shadow }: Decision): void {
    const dimension = dimensionOf(subject);
    const mode = shadow ? "shadow" : "act";
    const known = this.counts.find((one) => one.action === action && one.dimension === dimension && one.mode === mode);
    if (known) known.count++;
    else this.counts.push({ action, dimension, mode, count: 1 });
  }
}

/** What kind of thing the subject of a decision is: `region`, `provider+client` of two labels, `upstream`, `self`. */
export function dimensionOf(subject: string): string {
  return subject
    .split(" & ")
    .map((label) => label.split(":")[0])
    .join("+");
}
