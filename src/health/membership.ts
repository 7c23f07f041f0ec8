import type { Halt, Observer } from "../core/observer.ts";
import type { NetworkView, ProbeReading } from "../core/protocol.ts";
import type { Upstream, Verdict } from "../core/upstream.ts";
import type { Control } from "./control.ts";
import { Heads } from "./head.ts";
import { mostSaid, refusal } from "./identity.ts";
import { Member } from "./member.ts";
import { judge, type Standing } from "./verdict.ts";

/** When nobody else answered either for so long, it was not for want of being asked, in milliseconds. */
const unfoundedMs = 1_000;

/** How long the first rounds of slow upstreams are waited for before those that came decide, in milliseconds. */
const settleMs = 1_000;

export interface MembershipParts {
  readonly network: string;
  /** As configured; learned from the upstreams when undefined. */
  readonly chain: string | undefined;
  readonly genesis: string | undefined;
  readonly blockTimeMs: number | undefined;
  readonly maxLag: number;
  /** Can an upstream tell which chain it serves? Then none serves before it told. */
  readonly tellsChain: boolean;
  /** Hears of verdicts that change. */
  readonly observer: Observer;
  /** Who answered last, in the whole process. */
  readonly control: Control;
  /** Has the network about as many calls as its upstreams bear? */
  strained(): boolean;
  /** Called after a verdict changed. */
  turned(member: Member, from: Verdict, now: number): void;
}

/** The upstreams of one network: which chain they serve, where its head is, and who of them may serve. */
export class Membership {
  readonly members = new Map<Upstream, Member>();
  readonly heads: Heads;
  readonly view: NetworkView & { chain: string | undefined };
  /** At least one upstream was confirmed. */
  ready = false;
  genesis: string | undefined;
  readonly #parts: MembershipParts;
  readonly #untilReady: (() => void)[] = [];
  /** An upstream fails, and nobody else has answered for a while either. */
  #dark = false;
  /** Enough upstreams were heard to say which chain this is and where its head is. */
  #settled = false;
  #firstPassAt = Number.NaN;
  /** The halt of the chain that observers were told of. */
  #halt: Halt | undefined;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.heads = new Heads(parts.maxLag, parts.blockTimeMs);
    this.view = { network: parts.network, chain: parts.chain, head: this.heads.served };
    this.genesis = parts.genesis;
  }

  /** Was an attempt that was sent at `sentAt` sent while we were cut off ourselves? It says nothing of its upstream then. */
  wasDark(sentAt: number): boolean {
    return sentAt < this.#parts.control.reachableSince;
  }

  get settled(): boolean {
    return this.#settled;
  }

  add(upstream: Upstream, now: number): Member {
    const member = new Member(upstream, now);
    this.members.set(upstream, member);
    this.#parts.control.add(upstream);
    this.heads.add(member.track);
    return member;
  }

  remove(upstream: Upstream, now: number): void {
    const member = this.members.get(upstream);
    if (!member) return;
    this.members.delete(upstream);
    this.#parts.control.remove(upstream);
    this.heads.remove(member.track);
    this.heads.settle(now);
  }

  onReady(task: () => void): void {
    if (this.ready) task();
    else this.#untilReady.push(task);
  }

  /** Takes in what a probe read. */
  read(member: Member, reading: Partial<ProbeReading>, now: number): void {
    const { track } = member;
    const { status } = track;
    if (reading.version !== undefined) this.#named(member, reading.version);
    if (reading.peers !== undefined) member.peers = reading.peers;
    if (reading.syncing !== undefined) {
      member.syncing = reading.syncing && (member.syncing || !this.heads.excuses(track, now));
    }
    if (reading.safe !== undefined) track.safe = reading.safe;
    if (reading.finalized !== undefined) status.finalized = reading.finalized;
    if (reading.head !== undefined) this.heads.read(track, reading.head, now);
    this.#tellHalt();
    if (reading.chain === undefined && reading.genesis === undefined) return;
    member.chain = reading.chain ?? member.chain;
    member.genesis = reading.genesis ?? member.genesis;
    this.#identify(now);
  }

  /** A round of probes at a member ended. */
  probed(member: Member, passed: boolean, now: number): void {
    member.probed = true;
    if (passed) {
      member.passed = true;
      if (Number.isNaN(this.#firstPassAt)) this.#firstPassAt = now;
    }
    if (this.#settled) this.#confirm(member);
    else this.#settle(now);
    this.judge(member, now);
    if (this.ready || !member.upstream.status.confirmed) return;
    this.ready = true;
    for (const task of this.#untilReady.splice(0)) task();
  }

  /** A member answered, to a client or a probe, what it was asked at `askedAt`. */
  answered(member: Member, askedAt: number, now: number): void {
    const { status } = member.upstream;
    status.heardAt = now;
    if (this.#dark) this.#lighten(now);
    if (askedAt <= status.goodAt) return;
    status.goodAt = askedAt;
    this.#parts.control.answered(member.upstream, askedAt);
  }

  /** An answer to a client proves that a member has the block `height`. */
  heard(member: Member, height: number, now: number): void {
    if (member.refused !== undefined) return;
    this.heads.heard(member.track, height, now);
    this.#tellHalt();
  }

  /** An upstream named its software. */
  #named({ upstream, client }: Member, version: string): void {
    const before = upstream.coordinates;
    upstream.status.version = version;
    upstream.status.client = client.heard(version);
    if (upstream.coordinates !== before) this.#parts.observer.relabelled?.(upstream);
  }

  #tellHalt(): void {
    if (this.heads.halt === this.#halt) return;
    this.#halt = this.heads.halt;
    this.#parts.observer.halted?.(this.#parts.network, this.#halt);
  }

  /** Judges a member anew: after evidence, a probe, or time. */
  judge(member: Member, now: number): void {
    let others = 0;
    let fleet = 0;
    for (const one of this.members.values()) {
      if (one.serves && one !== member) others++;
      if (one.refused === undefined) fleet++;
    }
    let signs = member.signs(this.heads, this.#parts.control, this.#parts.strained(), others, fleet, now);
    if (!signs.control && now - signs.failingSince >= unfoundedMs) {
      this.#dark = true;
    } else if (signs.control && this.#dark) {
      this.#lighten(now);
      signs = member.signs(this.heads, this.#parts.control, this.#parts.strained(), others, fleet, now);
    }
    const next = judge(member.standing, signs, now);
    if (next !== member.standing) this.#apply(member, next, now);
    const { status } = member.upstream;
    status.weight = Math.min(next.weight, status.allowance, status.trusted);
    this.#admit(member, now);
  }

  /** What failed while nobody answered was our own fault: let each show anew how it is, in calls that are sent from now on. */
  #lighten(now: number): void {
    this.#dark = false;
    this.#parts.control.reachable(now);
    for (const { evidence } of this.members.values()) evidence.acquit();
  }

  #apply(member: Member, next: Standing, now: number): void {
    const { status } = member.upstream;
    const from = member.standing.verdict;
    member.standing = next;
    status.verdict = next.verdict;
    status.because = next.because;
    if (from === next.verdict) return;
    if (next.verdict === "ejected") member.passes = member.rounds = member.failedRounds = 0;
    if (next.verdict === "ramping") member.evidence.acquit();
    this.#parts.turned(member, from, now);
    const { because, cause } = next;
    const change = { what: "verdict", from, to: next.verdict, because, cause } as const;
    this.#parts.observer.changed?.(member.upstream, change);
  }

  /** Lets the head of a member count from when it serves, and no longer. */
  #admit(member: Member, now: number): void {
    if (member.track.serving === member.serves) return;
    member.track.serving = member.serves;
    this.heads.settle(now);
  }

  /** Which chain is it, and who serves another one? */
  #identify(now: number): void {
    const { chain, genesis } = this.#parts;
    const all = [...this.members.values()];
    if (chain === undefined) {
      this.view.chain = mostSaid(
        all.map((member) => member.chain),
        this.view.chain,
      );
    }
    if (genesis === undefined) {
      const same = all.filter((member) => member.chain === this.view.chain);
      this.genesis = mostSaid(
        same.map((member) => member.genesis),
        this.genesis,
      );
    }
    const expected = this.#settled ? { chain: this.view.chain, genesis: this.genesis } : { chain, genesis };
    for (const member of all) {
      const refused = refusal(member, expected);
      if (refused === member.refused) continue;
      member.refused = refused;
      if (refused !== undefined) this.#forget(member);
      this.judge(member, now);
    }
  }

  /** What an upstream of another chain says about heads means nothing here. */
  #forget({ upstream: { status }, track }: Member): void {
    status.confirmed = false;
    status.head = -1;
    status.finalized = -1;
    track.safe = -1;
  }

  /** Nobody serves until most have been heard, or those that answer have waited a second for the others. */
  #settle(now: number): void {
    let heard = 0;
    for (const member of this.members.values()) if (member.probed) heard++;
    if (!(heard * 2 > this.members.size || now - this.#firstPassAt >= settleMs)) return;
    if (Number.isNaN(this.#firstPassAt)) return;
    this.#settled = true;
    this.#identify(now);
    for (const member of this.members.values()) {
      this.#confirm(member);
      member.track.serving = member.serves;
    }
    this.heads.settle(now);
  }

  #confirm(member: Member): void {
    const { status } = member.upstream;
    if (status.confirmed || !member.passed || member.refused !== undefined) return;
    if (this.#parts.tellsChain && member.chain === undefined) return;
    status.confirmed = true;
    if (member.standing.verdict === "healthy") {
      status.because = "probes pass";
      member.standing = { ...member.standing, because: status.because };
    }
  }
}
