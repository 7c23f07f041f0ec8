import type { Panic } from "../core/failover.ts";
import type { Upstream, Verdict } from "../core/upstream.ts";
import { formatDuration } from "../lib/duration.ts";

/** Out because of what health or failover concluded, and not by an order or as a stranger. */
const concluded: ReadonlySet<Verdict> = new Set(["ejected"]);
const notOurs: ReadonlySet<Verdict> = new Set(["drained", "quarantined"]);

/** A network at the moment: its upstreams, and the failure domains that are out and keep a part of their traffic there. */
interface Situation {
  readonly upstreams: readonly Upstream[];
  readonly kept: readonly string[];
}

/**
 * Why a network should panic; `undefined` when it should not. When more than half of what could serve is out, as was
 * concluded, or a domain that is out keeps a part of its traffic because the others cannot bear all of it, then health is no
 * longer obeyed in full: whoever may still answer is asked. Source of the half: Envoy's panic threshold, 50 %; what it does
 * then, all hosts alike, would wake the dead.
 */
function reasonFor({ upstreams, kept }: Situation): string | undefined {
  const able = upstreams.filter(({ status: { confirmed, verdict } }) => confirmed && !notOurs.has(verdict));
  const out = able.filter(({ status }) => concluded.has(status.verdict)).length;
  if (out * 2 > able.length) return `${out} of ${able.length} upstreams are out`;
  const [domain] = kept;
  return domain && `${domain} is out and keeps a part of its traffic, as the others cannot bear all of it`;
}

/** What the networks that panic are told of: `because` of what, or that it is over. */
type Told = (network: string, because: string) => void;

/** Keeps which networks panic, from one look to the next. A panic ends by itself, with its reason. */
export class Panics {
  readonly #told: Told;
  readonly #panics = new Map<string, Panic>();

  constructor(told: Told) {
    this.#told = told;
  }

  look(network: string, situation: Situation, now: number): void {
    const because = reasonFor(situation);
    const panic = this.#panics.get(network);
    if (because !== undefined) {
      this.#panics.set(network, { network, since: panic?.since ?? now, because });
      if (!panic) this.#told(network, `${because}; whoever may still answer is asked, and nobody twice for being slow`);
    } else if (panic) {
      this.#panics.delete(network);
      this.#told(network, `over after ${formatDuration(Math.round(now - panic.since))}: enough is in service again`);
    }
  }

  list(): readonly Panic[] {
    return [...this.#panics.values()];
  }
}
