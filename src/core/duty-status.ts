import type { Duty } from "./duty.ts";

/** A block as it is shown: its slot and its root. */
export interface ShownBlock {
  readonly slot: number;
  readonly root: string;
}

/** One node as validators depend on it. Times are the clock's milliseconds; `undefined` is what is not known. */
export interface NodeSnapshot {
  readonly id: string;
  readonly trust: "trusted" | "verify" | "publish_only";
  /** Is it told of committees? */
  readonly subscribe: boolean;
  /** Does health let it serve? */
  readonly inService: boolean;
  /** May it be sent anything at all, though it seems to be ill? */
  readonly reachable: boolean;
  /** The names of its software, as it tells them. */
  readonly clients: { readonly consensus: string | undefined; readonly execution: string | undefined } | undefined;
  /** Whose vote it shares: `lighthouse+geth`. */
  readonly voter: string;
  readonly head: (ShownBlock & { readonly at: number }) | undefined;
  readonly finalizedEpoch: number | undefined;
  /** What it says of itself. */
  readonly sync:
    | {
        readonly distance: number;
        readonly syncing: boolean;
        readonly optimistic: boolean;
        readonly elOffline: boolean;
        readonly at: number;
      }
    | undefined;
  /** Is it on the chain that counts? Why not, where it is not. */
  readonly onChain: boolean;
  readonly offChain: string;
  /** The duties that it is not asked for, and why. */
  readonly unfit: Readonly<Partial<Record<Duty, string>>>;
  /** By how many milliseconds its clock is ahead. */
  readonly skewMs: number | undefined;
  /** When it was last seen to have restarted. */
  readonly restartedAt: number | undefined;
  /** Its event stream: since when it is open or is not, when the last event came, and topics that it does not have. */
  readonly stream:
    | {
        readonly open: boolean;
        readonly since: number;
        readonly eventAt: number | undefined;
        readonly because: string;
        readonly lacks: readonly string[];
      }
    | undefined;
  /** Does it know whom to pay, and the epoch in which it last acknowledged that. `undefined` where nobody is to be paid yet. */
  readonly isPrepared: boolean | undefined;
  readonly preparedEpoch: number | undefined;
  /** The kinds of control state that it has yet to be told of. */
  readonly behind: readonly string[];
  /** Its version and identity are those that clients are shown. */
  readonly primary: boolean;
}

/** What goes to all nodes, those too that seem to be ill: signed messages spread by whoever takes them. */
const forAll: ReadonlySet<Duty> = new Set<Duty>(["publish", "prepare", "liveness"]);

/** Is a node asked for a duty now? */
export function isAsked({ unfit, inService, reachable }: NodeSnapshot, duty: Duty): boolean {
  return unfit[duty] === undefined && (inService || (reachable && forAll.has(duty)));
}

/** What nodes disagree about. */
export const disputes = ["head", "target", "finality"] as const;
export type Dispute = (typeof disputes)[number];

/** Nodes that disagree. */
export interface ShownDisagreement {
  readonly about: Dispute;
  /** A majority is on one side all the same; else nothing is signed until they agree. */
  readonly decided: boolean;
  /** All of it in a sentence. */
  readonly text: string;
  /** The side with most voters first. */
  readonly sides: readonly {
    readonly voters: readonly string[];
    readonly nodes: readonly string[];
    readonly head: ShownBlock;
    readonly finalized: { readonly epoch: number; readonly root: string } | undefined;
  }[];
}

/** All that is known for validators of one network, for people and metrics. */
export interface ValidatorSnapshot {
  /** `undefined` until the chain's constants are known. */
  readonly slot: number | undefined;
  readonly epoch: number | undefined;
  readonly state: "ready" | "degraded" | "down" | "unknown";
  /** The head of the chain that counts, and the newest block of it that most voters have. */
  readonly head: ShownBlock | undefined;
  readonly agreed: ShownBlock | undefined;
  readonly disagreement: ShownDisagreement | undefined;
  /** How many voters there are who are good for attesting, and how many must agree. */
  readonly voters: number;
  readonly quorum: number;
  readonly nodes: readonly NodeSnapshot[];
  /** How many entries of control state are remembered, by kind. */
  readonly remembered: Readonly<Record<string, number>>;
  /** How many blocks are remembered with who produced them, and the newest of these. */
  readonly pins: number;
  readonly newestPins: readonly { readonly slot: number; readonly upstream: string }[];
  /** How many clients follow events. */
  readonly listeners: number;
}

/** A chain's slots by wall-clock time, as far as those who watch need them. */
export interface Slots {
  readonly slotMs: number;
  slotAt(wall: number): number;
  startOf(slot: number): number;
  momentOf(slot: number, moment: "attestation" | "aggregate" | "end"): number;
}
