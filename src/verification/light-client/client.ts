import type { LightClientNews } from "../../core/observer.ts";
import type { StateStore } from "../../core/store.ts";
import type { LightClientStatus } from "../../core/verification.ts";
import type { Clock, Scheduled } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import { jittered, type Random } from "../../lib/random.ts";
import { type Chain, hexOf, periodAt } from "./chain.ts";
import { readBootstrap, readUpdate, type Update } from "./reading.ts";
import { SignedHeaders } from "./signed-headers.ts";
import { type BeaconNodes, Source } from "./source.ts";
import { type Belief, begin, judge } from "./sync.ts";

export interface LightClientParts {
  readonly network: string;
  /** The root of a block that is trusted: `0x` and 64 small hex digits. */
  readonly checkpoint: string;
  /** The nodes that it asks, once they are known. */
  readonly beacon: { readonly name: string; readonly nodes: () => BeaconNodes | undefined };
  readonly store: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly told: (news: LightClientNews) => void;
  readonly crashed: (bug: unknown) => void;
}

/**
 * A trusted block that is older than this is trusted no longer, in milliseconds: who was in its committee may have left
 * since, and has nothing to lose. Source: the default of Helios, a16z/helios, `max_checkpoint_age`.
 */
const oldestMs = 14 * 86_400_000;

/** What is final changes once an epoch; it is looked for some times as often. */
const looksPerEpoch = 6;
const shortestPauseMs = 2_000;
const longestPauseMs = 60_000;

/** A final block is older than this only where nothing becomes final, or newer ones are withheld; see the alert. */
const behindSeconds = 3_600;

/** How long nodes may take to be found to serve their chain, before it is said that none does. */
const startSeconds = 60;

/** Nodes that are asked in one look, and periods that are caught up with in one: two weeks have thirteen. */
const mostSources = 4;
const mostPeriods = 16;

type Heard =
  | { readonly what: "news" | "old" | "weak" | "ahead" }
  | { readonly what: "refused"; readonly because: string };

/**
 * Follows a beacon chain from a trusted block by what its sync committees sign, and so knows headers of execution blocks
 * that are final, whatever upstreams say. Nodes supply the data and are not trusted: what does not verify is refused, and
 * another one is asked. What it came to know last is kept, so that a restart does not need the old checkpoint.
 */
export class LightClient {
  readonly headers = new SignedHeaders();
  /** How often headers for which upstreams vouched were not those that it knows. */
  contradicted = 0;
  readonly #parts: LightClientParts;
  readonly #since: number;
  #sources: readonly Source[] | undefined;
  #turn = 0;
  #belief: Belief | undefined;
  #kept: string | undefined;
  #loaded = false;
  #refused = 0;
  #trouble: string | undefined = "it has only begun";
  #pauseMs = shortestPauseMs;
  #timer: Scheduled | undefined;
  #stopped = false;

  constructor(parts: LightClientParts) {
    this.#parts = parts;
    this.#since = parts.clock.epoch();
  }

  start(): void {
    this.#wait(0);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  status(): LightClientStatus {
    const { network, beacon, clock } = this.#parts;
    const { execution, slot } = this.#belief?.finalized ?? {};
    const since = execution === undefined ? this.#since : execution.timestamp * 1_000;
    return {
      network,
      beacon: beacon.name,
      block: execution && {
        number: execution.number,
        hash: execution.hash,
        slot: slot as number,
        timestamp: execution.timestamp,
      },
      ageSeconds: Math.max(0, Math.floor((clock.epoch() - since) / 1_000)),
      refused: this.#refused,
      contradicted: this.contradicted,
      trouble: this.#trouble,
    };
  }

  /** Upstreams vouched for another header than the one that was signed. */
  contradicts(because: string): void {
    this.contradicted++;
    this.#parts.told({ what: "contradicted", because, upstream: undefined });
  }

  #wait(ms: number): void {
    const { clock, random, crashed } = this.#parts;
    this.#timer = clock.schedule(jittered(random, ms, 0.2), () => {
      this.look()
        .catch(crashed)
        .finally(() => {
          if (!this.#stopped) this.#wait(this.#pauseMs);
        });
    });
  }

  /** Looks once for what is new: asks one node after another until one says what can be believed. */
  async look(): Promise<void> {
    await this.#load();
    const sources = this.#inTurn();
    if (sources.length === 0 && this.status().ageSeconds < startSeconds) return;
    let trouble =
      sources.length === 0 ? "no beacon node of its network serves its chain, or they do not agree on it" : undefined;
    for (const source of sources) {
      const because = await this.#follow(source);
      if (because === undefined) return this.#say(undefined);
      trouble = because;
    }
    this.#say(trouble);
  }

  /** Nodes that are well, another one first each time. */
  #inTurn(): readonly Source[] {
    const { beacon, clock } = this.#parts;
    const nodes = beacon.nodes();
    if (nodes?.preset() === undefined) return [];
    this.#sources ??= nodes?.upstreams.map((upstream) => new Source(upstream, nodes, clock));
    const well = (this.#sources ?? []).filter(({ isWell }) => isWell);
    const first = this.#turn++ % Math.max(1, well.length);
    return [...well.slice(first), ...well.slice(0, first)].slice(0, mostSources);
  }

  /** Learns what one node has; a sentence when that was nothing to go by. */
  async #follow(source: Source): Promise<string | undefined> {
    const chain = await this.#prepare(source);
    if (typeof chain === "string") return chain;
    for (let periods = 0; periods < mostPeriods; periods++) {
      const update = readUpdate(await source.finality(), chain);
      if (update === undefined) return `${source.upstream.id} shows no final block that was signed`;
      const heard = await this.#hear(update, source, chain);
      if (heard.what === "refused") return heard.because;
      if (heard.what === "weak") return `fewer than two thirds signed what ${source.upstream.id} shows`;
      if (heard.what !== "ahead" && this.#belief?.next) break;
      const committee = await this.#committee(source, chain);
      if (committee?.what === "refused") return committee.because;
      if (committee?.what === "news") continue;
      if (heard.what === "ahead") return `${source.upstream.id} has not the committees in between`;
      // In the first epochs of a period no block of it is final yet, and nobody can show who signs next.
      break;
    }
    return this.#behind();
  }

  /** Finds something to believe where there is nothing yet, and says by what chain the node is judged; or why not. */
  async #prepare(source: Source): Promise<Chain | string> {
    const chain = await source.chain();
    if (typeof chain === "string") return `${source.upstream.id}: ${chain}`;
    const { slotMs, slotsPerEpoch } = chain;
    const pauseMs = (slotMs * slotsPerEpoch) / looksPerEpoch;
    this.#pauseMs = Math.min(longestPauseMs, Math.max(shortestPauseMs, pauseMs));
    if (this.#belief && this.#tooOld(this.#belief)) this.#belief = undefined;
    return this.#belief ? chain : ((await this.#begin(source, chain)) ?? chain);
  }

  /** Hears who signs in the first period of which that is not known; `undefined` when it is not said. */
  async #committee(source: Source, chain: Chain): Promise<Heard | undefined> {
    const { next, finalized } = this.#belief as Belief;
    const update = readUpdate(await source.update(periodAt(chain, finalized.slot) + (next ? 1 : 0)), chain);
    return update === undefined ? undefined : this.#hear(update, source, chain);
  }

  /** Why what is known is of little use, although nothing was wrong. */
  #behind(): string | undefined {
    const { ageSeconds, block } = this.status();
    return ageSeconds > behindSeconds ? `nobody shows that anything after block ${block?.number} is final` : undefined;
  }

  /** Begins at the block that was final last, or at the checkpoint. */
  async #begin(source: Source, chain: Chain): Promise<string | undefined> {
    const { checkpoint } = this.#parts;
    let problem = `${source.upstream.id} has no bootstrap for the checkpoint ${checkpoint}`;
    for (const root of new Set([this.#kept ?? checkpoint, checkpoint])) {
      const data = await source.bootstrap(root);
      if (data === undefined) continue;
      const bootstrap = readBootstrap(data, chain);
      const belief = typeof bootstrap === "string" ? bootstrap : begin(bootstrap, root, chain);
      if (typeof belief === "string") return this.#refuse(source, belief);
      const age = this.#tooOld(belief);
      if (age === undefined) {
        this.#believe(belief);
        return undefined;
      }
      problem = `its block ${root} is ${age} old: configure a checkpoint that is younger than ${formatDuration(oldestMs)}`;
    }
    return problem;
  }

  async #hear(update: Update | string, source: Source, chain: Chain): Promise<Heard> {
    const { clock } = this.#parts;
    const judged =
      typeof update === "string"
        ? ({ what: "refused", because: update } as const)
        : await judge(this.#belief as Belief, update, chain, clock.epoch());
    if (judged.what === "refused") return { what: "refused", because: this.#refuse(source, judged.because) };
    if (judged.what === "news") this.#believe(judged.belief);
    return judged;
  }

  /** What does not verify may be due to what the node said of its chain, so it is asked for that again. */
  #refuse(source: Source, why: string): string {
    const { id } = source.upstream;
    this.#refused++;
    source.doubt();
    const because = `what ${id} says is refused: ${why}`;
    this.#parts.told({ what: "refused", because, upstream: id });
    return because;
  }

  #believe(belief: Belief): void {
    const { store, crashed } = this.#parts;
    this.#belief = belief;
    this.headers.add(belief.finalized.execution);
    const root = hexOf(belief.finalized.root);
    if (root === this.#kept) return;
    this.#kept = root;
    store.set(this.#key, root, oldestMs).catch(crashed);
  }

  /** How old it is, in words, when that is too old. */
  #tooOld({ finalized }: Belief): string | undefined {
    const age = this.#parts.clock.epoch() - finalized.execution.timestamp * 1_000;
    return age > oldestMs ? formatDuration(Math.floor(age / 86_400_000) * 86_400_000) : undefined;
  }

  /** Kept for each checkpoint: whoever configures another one wants to begin there. */
  get #key(): string {
    const { network, checkpoint } = this.#parts;
    return `verification/light-client/${network}/${checkpoint}`;
  }

  async #load(): Promise<void> {
    if (this.#loaded) return;
    this.#loaded = true;
    const kept = await this.#parts.store.get(this.#key);
    if (kept !== undefined && /^0x[0-9a-f]{64}$/.test(kept)) this.#kept = kept;
  }

  /** Tells of a change for the better or the worse, once. */
  #say(trouble: string | undefined): void {
    const before = this.#trouble;
    this.#trouble = trouble;
    if (before === trouble) return;
    const { number } = this.headers.newest ?? {};
    if (trouble === undefined) {
      this.#parts.told({ what: "follows", because: `block ${number} is final`, upstream: undefined });
    } else this.#parts.told({ what: "stuck", because: trouble, upstream: undefined });
  }
}
