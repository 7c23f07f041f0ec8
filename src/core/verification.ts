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
  /** The block that it is about, and who vouches for it; records of earlier versions do not say who. */
  readonly header:
    | {
        readonly number: number;
        readonly hash: string;
        readonly stateRoot: string;
        readonly receiptsRoot: string;
        readonly by?: Voucher;
      }
    | undefined;
  /** What is proven instead, and by what. */
  readonly truth: string | undefined;
}

/** Who vouches for a header: two upstreams that are independent of each other, or a light client. */
export type Voucher = "two_upstreams" | "light_client";

/** How the light client of a network stands. */
export interface LightClientStatus {
  readonly network: string;
  /** The network whose beacon nodes it asks. */
  readonly beacon: string;
  /** The newest block that it knows to be final, its slot on the beacon chain, and its time in seconds since 1970. */
  readonly block:
    | { readonly number: number; readonly hash: string; readonly slot: number; readonly timestamp: number }
    | undefined;
  /** How old that block is, in seconds; while there is none, since when it looks for one. */
  readonly ageSeconds: number;
  /** How often it was given what does not verify. */
  readonly refused: number;
  /** How often headers for which upstreams vouched were not those that it knows. */
  readonly contradicted: number;
  /** Why it does not follow the chain, as a sentence; `undefined` while it does. */
  readonly trouble: string | undefined;
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
  /** Of the networks that have one. */
  lightClients(): readonly LightClientStatus[];
  /** Calls that were made for checks, and answers of clients' calls that might have been checked, by network. */
  effort(): readonly { readonly network: string; readonly asked: number; readonly seen: number }[];
  /**
   * Lets a quarantined upstream serve again, all of its calls audited; in every network that has one of that id unless one is
   * named. False when it is not quarantined.
   */
  release(upstream: string, network?: string): boolean;
}
