import type { Decision, DomainStatus, FailoverControl, FailoverMode, Order, Panic } from "../core/failover.ts";
import type { Dimension, Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";

/** What the sample says; a test may change it while it runs. */
interface Told {
  /** In place of the domain of the same name, which is closed otherwise. */
  domains: DomainStatus[];
  decisions: Decision[];
  impaired: string | undefined;
  panics: Panic[];
  mode: FailoverMode;
}

/**
 * For tests of what is shown of failover and ordered of it: every label that two upstreams carry is a domain, closed
 * unless `told` says otherwise, and orders are kept until they expire.
 */
export function sampleFailover(
  clock: Clock,
  upstreams: readonly Upstream[],
  told: Partial<Told> = {},
): FailoverControl & { readonly told: Told } {
  const known: Told = { domains: [], decisions: [], impaired: undefined, panics: [], mode: "act", ...told };
  const labels = [...new Set(upstreams.flatMap(({ failureDomains }) => failureDomains))];
  const closed = labels.flatMap((label) => {
    const members = upstreams.filter(({ failureDomains }) => failureDomains.includes(label));
    return members.length < 2 ? [] : [sampleDomain(label, members)];
  });
  const orders = new Map<string, Order>();
  let lastId = 0;
  const current = (): readonly Order[] => [...orders.values()].filter(({ until }) => until > clock.now());
  return {
    told: known,
    get mode() {
      return known.mode;
    },
    domains(all = false) {
      const others = closed.filter(({ domain }) => !known.domains.some((one) => one.domain === domain));
      return [...known.domains, ...others].filter(({ phase }) => all || phase !== "closed");
    },
    decisions: () => known.decisions,
    orders: current,
    order({ target, what, share, by, forMs }) {
      if (by === "nobody") return { problem: "nobody may not order anything" };
      const order: Order = { id: ++lastId, target, what, share, until: clock.now() + forMs, by };
      orders.set(target, order);
      return order;
    },
    lift(target) {
      const order = current().find((one) => one.target === target);
      orders.delete(target);
      return order;
    },
    impaired: () => known.impaired,
    panics: () => known.panics,
  };
}

/** For tests: a failure domain, closed unless `status` says otherwise. */
export function sampleDomain(
  domain: string,
  members: readonly Upstream[],
  status: Partial<DomainStatus> = {},
): DomainStatus {
  const dimensions = domain.split(" & ").map((label) => label.split(":")[0] as Dimension);
  const rest = {
    source: "declared",
    phase: "closed",
    because: "well",
    since: 0,
    share: 1,
    holdUntil: undefined,
    strikes: 0,
  } as const;
  return { domain, dimensions, members, ...rest, ...status };
}

/** For tests: the decision to take out `region:aws/us-east-1`, unless `decision` says otherwise. */
export function sampleDecision(decision: Partial<Decision> = {}): Decision {
  return {
    id: 1,
    at: 1_700_000_000_000,
    action: "open",
    subject: "region:aws/us-east-1",
    because: "3 of 3 members became suspect within 310 ms",
    logOdds: 14.26,
    evidence: [
      { upstream: "aws-1", agoMs: 310.4, symptom: "timeout" },
      { upstream: "aws-2", agoMs: 12, symptom: "probe: unreachable" },
    ],
    rivals: [{ subject: "provider:aws", logOdds: 9.13 }],
    spared: [],
    moved: [
      { provider: "hetzner", share: 0.600_04 },
      { provider: "gcp", share: 0.4 },
    ],
    shadow: false,
    ...decision,
  };
}
