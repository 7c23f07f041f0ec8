import type { Call } from "../core/call.ts";
import type { Audit, Observer } from "../core/observer.ts";
import type { NetworkView } from "../core/protocol.ts";
import type { StateStore } from "../core/store.ts";
import type { Upstream } from "../core/upstream.ts";
import type { LightClientStatus, VerificationControl, VerifiedUpstream } from "../core/verification.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { TokenBucket } from "../lib/token-bucket.ts";
import { Auditor } from "./auditor.ts";
import { Canaries } from "./canaries.ts";
import { EvidenceBook } from "./evidence.ts";
import type { Header } from "./evm/header.ts";
import { Fingerprints } from "./fingerprint.ts";
import { Keeping } from "./keeping.ts";
import type { LightClient } from "./light-client/client.ts";
import { farthest } from "./light-client/signed-headers.ts";
import { later, released } from "./quarantine.ts";
import { SameBackend } from "./same-backend.ts";
import type { VerificationOptions } from "./schema.ts";
import { Subject } from "./subject.ts";
import { trafficShare, trustOf } from "./trust.ts";
import { Witnesses } from "./witnesses.ts";

/** So deep a block is taken for final where no upstream says what is: more than any reorganisation that clients allow. */
const settledDepth = 128;

/** What audits may save up of their budget: a few disputes. */
const burstSeconds = 10;
const leastBurst = 40;

export interface VerificationParts {
  readonly options: VerificationOptions;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly crashed: (bug: unknown) => void;
}

/** One network whose upstreams are checked. */
export interface WatchedNetwork {
  readonly name: string;
  readonly upstreams: readonly Upstream[];
  readonly view: Pick<NetworkView, "head">;
  readonly question: (method: string, params: readonly unknown[]) => Call;
  /** Must checks stop, because calls need what they take? */
  readonly paused: () => boolean;
  /** What health reads of an upstream changed. */
  readonly rejudge: (upstream: Upstream) => void;
  readonly told: (upstream: Upstream, audit: Audit) => void;
  /** Knows final headers whatever upstreams say; absent where none is configured. */
  readonly lightClient?: Followed | undefined;
}

/** What is used of a light client. */
export type Followed = Pick<LightClient, "headers" | "start" | "stop" | "status" | "contradicts">;

/** Checks what upstreams answer, over all networks. */
export interface Verification extends VerificationControl {
  /** Begins to watch a network. The observer must hear of its attempts. */
  watch(network: WatchedNetwork): Required<Pick<Observer, "attempted">>;
  /** Asks one upstream so many questions with known answers, at once; resolves when all are judged. */
  examine(upstream: string, questions: number): Promise<void>;
  start(): void;
  stop(): void;
}

interface Watch {
  readonly network: WatchedNetwork;
  readonly subjects: ReadonlyMap<Upstream, Subject>;
  readonly witnesses: Witnesses;
  readonly backends: SameBackend;
  readonly auditor: Auditor;
  readonly canaries: Canaries;
  readonly fingerprints: Fingerprints;
  readonly keeping: Keeping;
  /** Makes what is known of an upstream felt, and keeps and shares what must be. */
  readonly apply: (subject: Subject) => void;
}

export function createVerification(parts: VerificationParts): Verification {
  const { options, clock } = parts;
  const budget = new TokenBucket(options.budget, Math.max(leastBurst, options.budget * burstSeconds), clock);
  const book = new EvidenceBook(parts);
  const watches: Watch[] = [];
  return {
    mode: options.mode,
    watch(network) {
      const watch = watchOver(network, parts, budget, book);
      watches.push(watch);
      return watch.auditor;
    },
    start() {
      book.start();
      for (const { network, keeping, auditor, canaries, fingerprints } of watches) {
        keeping.start();
        network.lightClient?.start();
        auditor.start();
        canaries.start();
        fingerprints.start();
      }
    },
    stop() {
      book.stop();
      for (const { network, keeping, auditor, canaries, fingerprints } of watches) {
        keeping.stop();
        network.lightClient?.stop();
        auditor.stop();
        canaries.stop();
        fingerprints.stop();
      }
    },
    async examine(id, questions) {
      for (const { subjects, witnesses, canaries, fingerprints } of watches) {
        await witnesses.recognise();
        for (const subject of subjects.values()) {
          if (subject.upstream.id !== id) continue;
          await fingerprints.compare(subject.upstream);
          await canaries.examine(subject, questions);
        }
      }
    },
    upstreams: () =>
      watches.flatMap((watch) => [...watch.subjects.values()].map((one) => shown(watch, one, clock.epoch()))),
    evidence: () => book.list(),
    lightClients: () => watches.flatMap(followed),
    effort: () =>
      watches.map(({ network, witnesses, subjects }) => ({
        network: network.name,
        asked: witnesses.asked,
        seen: [...subjects.values()].reduce((sum, { seen }) => sum + seen, 0),
      })),
    release(id, name) {
      const meant = watches.filter(({ network }) => name === undefined || network.name === name);
      const confined = meant.flatMap(({ subjects, apply }) =>
        [...subjects.values()]
          .filter((one) => one.upstream.id === id && one.confined)
          .map((subject) => ({ subject, apply })),
      );
      for (const { subject, apply } of confined) {
        subject.custody = released(subject.custody, clock.epoch());
        apply(subject);
      }
      return confined.length > 0;
    },
  };
}

function watchOver(
  network: WatchedNetwork,
  { options, store, clock, random, crashed }: VerificationParts,
  budget: TokenBucket,
  book: EvidenceBook,
): Watch {
  const { name, upstreams, view, question, paused, told, lightClient } = network;
  const subjects = new Map(upstreams.map((upstream) => [upstream, new Subject(upstream)] as const));
  const backends = new SameBackend();
  const { independent } = backends;
  const finalized = () => newestFinal(view, lightClient);
  const signed = lightClient?.headers;
  const contradicted = (header: Header, vouchers: readonly Upstream[]) => {
    const names = vouchers.map(({ id }) => id).join(" and ");
    lightClient?.contradicts(`${names} vouched for another block ${header.number} than the one that was signed`);
    auditor.confront(header, vouchers).catch(crashed);
  };
  const witnesses = new Witnesses({
    upstreams,
    independent,
    question,
    clock,
    random,
    budget,
    finalized,
    signed,
    contradicted,
  });
  const apply = (subject: Subject) => {
    felt(subject, options, clock.epoch(), network);
    keeping.changed(subject);
  };
  const auditor = new Auditor({
    network: name,
    subjects,
    witnesses,
    independent,
    options,
    clock,
    random,
    budget,
    finalized,
    paused,
    told,
    changed: apply,
    evidence: (evidence) => book.add(evidence),
    crashed,
  });
  const canaries = new Canaries({
    subjects,
    auditor,
    witnesses,
    clock,
    random,
    everyMs: options.canaries,
    head: () => view.head.latest,
    finalized,
    paused,
    looked(subject) {
      if (!paused()) witnesses.recognise().catch(crashed);
      const before = subject.custody;
      subject.custody = later(before, clock.epoch());
      if (subject.custody.phase !== before.phase) auditor.draw(subject);
      apply(subject);
      keeping.look(subject);
    },
    crashed,
  });
  const fingerprints = new Fingerprints({ upstreams, witnesses, backends, clock, random, paused, crashed });
  const keeping = new Keeping({
    store,
    clock,
    network: name,
    subjects: subjects.values(),
    learned(subject) {
      auditor.draw(subject);
      apply(subject);
    },
    crashed,
  });
  return { network, subjects, witnesses, backends, auditor, canaries, fingerprints, keeping, apply };
}

/**
 * The newest block that is final: that of the light client, as long as it is near what the fleet says, so that whatever is
 * settled can be settled by it; where it has fallen behind, that of the fleet.
 */
function newestFinal({ head }: WatchedNetwork["view"], lightClient: Followed | undefined): number {
  const told = head.finalized >= 0 ? head.finalized : head.latest - settledDepth;
  const known = lightClient?.headers.newest?.number;
  return known === undefined || known < told - farthest ? told : Math.min(told, known);
}

/** Lets routing and health feel what is known of an upstream, unless it is only observed. */
function felt(subject: Subject, { mode }: VerificationOptions, now: number, { rejudge }: WatchedNetwork): void {
  if (mode !== "quarantine") return;
  const { status } = subject.upstream;
  const disproved = subject.confined ? subject.custody.because : undefined;
  const trusted = trafficShare(subject.standing(now));
  if (status.disproved === disproved && status.trusted === trusted) return;
  status.disproved = disproved;
  status.trusted = trusted;
  rejudge(subject.upstream);
}

/** How its light client stands; one of another chain is of no use here, however well it follows that. */
function followed({ network, witnesses }: Watch): readonly LightClientStatus[] {
  const status = network.lightClient?.status();
  if (!status) return [];
  if (!status.block || status.trouble !== undefined || !witnesses.estranged) return [status];
  return [{ ...status, trouble: `no upstream of ${network.name} has shown the block that it knows` }];
}

function shown({ network, backends }: Watch, subject: Subject, now: number): VerifiedUpstream {
  const { upstream, custody, convictions } = subject;
  const { phase, because, since, until, passed } = custody;
  return {
    network: network.name,
    upstream: upstream.id,
    trust: trustOf(subject.standing(now)),
    audits: subject.counts(),
    phase,
    because,
    since,
    until,
    convictions,
    passed,
    sameBackend: backends.of(upstream).map(({ id }) => id),
    forgetful: upstream.status.forgetful,
    traceless: upstream.status.traceless,
  };
}
