/** One answer, as evidence shows it. */
export interface Testimony {
  /** The id of the upstream. */
  readonly upstream: string;
  /** SHA-256 of the answer in the form in which answers are compared, as hex. */
  readonly digest: string;
  /** Its beginning. */
  readonly excerpt: string;
}

/**
 * Why an upstream was found to have said what is not so: enough for anybody with a node of the chain to repeat it. Holds
 * no keys and no addresses of upstreams.
 */
export interface EvidenceRecord {
  /** A name that no other record has, also of other instances, and when it was written: RFC 3339. */
  readonly id: string;
  readonly at: string;
  readonly network: string;
  readonly upstream: string;
  /** What was checked, and how it is known: `proved` or `outvoted`. */
  readonly check: string;
  readonly finding: string;
  readonly because: string;
  readonly request: { readonly method: string; readonly params: string };
  readonly answer: Testimony;
  /** What the others said. */
  readonly references: readonly Testimony[];
  /** The block that it is about, as two independent upstreams vouch for it. */
  readonly header:
    | { readonly number: number; readonly hash: string; readonly stateRoot: string; readonly receiptsRoot: string }
    | undefined;
  /** What is proven instead, and by what. */
  readonly truth: string | undefined;
}

/** How an upstream stands with those who check answers. */
export interface VerifiedUpstream {
  readonly network: string;
  readonly upstream: string;
  /** The share of right answers that it has at least, with 95 % certainty. */
  readonly trust: number;
  /** How many audits ended how: by check, by finding. */
  readonly audits: readonly { readonly check: string; readonly finding: string; readonly count: number }[];
  readonly phase: "clear" | "held" | "trial" | "probation";
  readonly because: string;
  /** Wall-clock milliseconds; `until` is undefined where time alone ends nothing. */
  readonly since: number;
  readonly until: number | undefined;
  /** How often it was found to lie since the start. */
  readonly convictions: number;
  /** Audits that it passed of those that its trial takes. */
  readonly passed: number;
  /** Ids of upstreams that are known to be the same node, itself left out. */
  readonly sameBackend: readonly string[];
  /** It is said to keep old state, and does not. */
  readonly forgetful: boolean;
  /** It is said to serve traces, and does not. */
  readonly traceless: boolean;
}

/** What operators see of the checks of answers, and what they may do. */
export interface VerificationControl {
  readonly mode: "off" | "observe" | "quarantine";
  upstreams(): readonly VerifiedUpstream[];
  /** Oldest first. */
  evidence(): readonly EvidenceRecord[];
  /** Calls that were made for checks, and answers of clients' calls that might have been checked, by network. */
  effort(): readonly { readonly network: string; readonly asked: number; readonly seen: number }[];
  /** Lets a quarantined upstream serve again, all of its calls audited; false when it is not quarantined. */
  release(upstream: string): boolean;
}
