import type { Vitals } from "../core/failover.ts";
import type { Upstream } from "../core/upstream.ts";
import { Backlog } from "./backlog.ts";
import type { Control } from "./control.ts";
import { Evidence } from "./evidence.ts";
import { type Heads, newTrack, type Track } from "./head.ts";
import { AnsweringClient } from "./identity.ts";
import { Latencies } from "./latencies.ts";
import type { Prober } from "./prober.ts";
import { newcomer, type Signs, type Standing } from "./verdict.ts";

/** While an upstream fails only now and then, an answer of another's this lately shows that we are not cut off. */
const controlMs = 2_000;

/** All that health knows of one upstream. */
export class Member {
  readonly upstream: Upstream;
  readonly evidence: Evidence;
  readonly track: Track;
  /** How long its own answers take. */
  readonly latencies = new Latencies();
  readonly backlog = new Backlog();
  standing: Standing;
  prober: Prober | undefined;
  /** What it says of itself. */
  chain: string | undefined;
  genesis: string | undefined;
  readonly client = new AnsweringClient();
  syncing = false;
  peers: number | undefined;
  /** A round of probes ended, well or not. */
  probed = false;
  /** A round went well. */
  passed = false;
  /** Rounds in a row that went well since it was last ejected; and of all before them since then, how many did not. */
  passes = 0;
  rounds = 0;
  failedRounds = 0;
  /** No probe before then: it asked to be left alone, or refuses probes for another reason than being ill. */
  restUntil = 0;
  /** Why it must not serve this network. */
  refused: string | undefined;
  /** The last round of probes failed. */
  stumbled = false;
  /** A second opinion was asked for and is not in yet. */
  alarmed = false;

  constructor(upstream: Upstream, now: number) {
    this.upstream = upstream;
    this.evidence = new Evidence(now);
    this.track = newTrack(upstream.status);
    this.standing = newcomer(now);
  }

  /** Would it be given calls, other things being equal? */
  get serves(): boolean {
    const { verdict } = this.standing;
    return this.upstream.status.confirmed && (verdict === "healthy" || verdict === "suspect" || verdict === "ramping");
  }

  /** What it is judged by, besides what it shows itself: its place among the heads, and how many others serve. */
  signs(heads: Heads, control: Control, strained: boolean, others: number, fleet: number, now: number): Signs {
    const { evidence, track } = this;
    const { condemned, disproved, drained, forced, allowance } = this.upstream.status;
    const failingSince = evidence.failingSince;
    const distance = `${track.lag} ${track.lag === 1 ? "block" : "blocks"} behind`;
    return {
      score: evidence.score,
      suspectAbove: evidence.suspectAbove,
      ejectAbove: evidence.ejectAbove,
      failingSince,
      silent: evidence.silent,
      lastFailure: evidence.lastFailure,
      passes: this.passes,
      refused: this.refused,
      disproved,
      behind: this.syncing ? "syncing" : heads.lags(track) ? distance : undefined,
      trails: heads.trails(track, now) ? distance : undefined,
      others,
      fleet,
      control: control.answers(this.upstream, this.#doubtedSince(now)),
      strained,
      granted: allowance < 1,
      condemned,
      drained,
      forced,
    };
  }

  /**
   * Since when somebody else must have answered to show that the fault is not ours: since it became suspect, as one failure
   * of its own may have come just before ours began.
   */
  #doubtedSince(now: number): number {
    const { failingSince } = this.evidence;
    if (Number.isNaN(failingSince)) return now - controlMs;
    const { verdict, since } = this.standing;
    return verdict === "suspect" ? Math.max(failingSince, since) : failingSince;
  }

  /** What failover infers from. */
  vitals(heads: Heads): Vitals {
    const { evidence, passes, track } = this;
    return {
      suspicion: evidence.score / evidence.suspectAbove,
      // What is held against one that is out is the reason why it is; whether it still fails, probes say.
      failing: this.stumbled || (this.serves && evidence.score > evidence.suspectAbove),
      rate: evidence.rate,
      passes,
      failingShare: this.rounds > passes ? this.failedRounds / (this.rounds - passes) : 1,
      current: !this.syncing && !heads.lags(track),
      usualFailures: evidence.baseline,
      symptom: evidence.lastFailure,
    };
  }
}
