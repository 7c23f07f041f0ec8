import type { ChainSpec, HeadFacts, Unfit } from "../core/duty.ts";
import type { NodeView } from "../core/protocol.ts";
import type { Clock } from "../lib/clock.ts";
import { Ancestry } from "./ancestry.ts";
import { type FitnessOptions, type Fleet, fitness, fleetOf, type ViewPlace, voiceOf } from "./fitness.ts";
import { type Settling, type Standing, settle } from "./hysteresis.ts";
import type { Node } from "./node.ts";
import type { NodeFacts } from "./node-facts.ts";
import { disparityMs, type Instant, instant, type SlotClock, slotClockOf } from "./slot-clock.ts";
import { type ConfiguredGenesis, type SpecAgreement, specAgreement } from "./spec.ts";
import { type Views, views } from "./views.ts";
import type { Disagreement } from "./views-sides.ts";
import { isMajority, unknownVoter, votersOf, weightsOf } from "./voters.ts";

export interface OverviewParts {
  readonly nodes: readonly Node[];
  readonly clock: Clock;
  /** Would health let traffic go there? */
  readonly inService: (node: Node) => boolean;
  readonly genesis: ConfiguredGenesis;
  readonly fitness: FitnessOptions;
  readonly settling: Settling;
  /** How many voters must be good for attesting, that the fleet counts as ready. */
  readonly leastVoters: number;
}

/** Something about the chain's constants that an operator should hear of. */
export interface Doubt {
  readonly because: string;
  /** The id of the node that is alone with them. */
  readonly upstream: string | undefined;
}

/** While nobody has told the chain's constants, it is not known what slot it is, and nobody can be asked for duties. */
const unknownYet = "the chain's constants are not known yet";
const nobodyKnows: Unfit = {
  schedule: unknownYet,
  attest: unknownYet,
  aggregate: unknownYet,
  propose: unknownYet,
  liveness: unknownYet,
};

/** So long health may take at the start until it has found a node to be well, in slots. */
const startSlots = 2;

/** How long after it appears a block's header may be asked of the next node, as a share of a slot. */
const askAgain = 0.25;

/**
 * All nodes as one: what time it is on the chain, which view of it counts, and who is good for what. Worked out anew upon
 * each change; what it finds is written to each node's status, where routing reads it.
 */
export class Overview {
  readonly tree = new Ancestry();
  slots: SlotClock | undefined;
  spec: SpecAgreement | undefined;
  voters: ReadonlyMap<string, string> = new Map();
  fleet: Fleet | undefined;
  standings: ReadonlyMap<string, Standing> = new Map();
  /** Each node's facts as they were judged. */
  facts: ReadonlyMap<string, NodeFacts> = new Map();
  #views: Views | undefined;
  /** Which constants the clock was made of, and why those that count make none. */
  #clockOf: ChainSpec | undefined;
  #clockless: string | undefined;
  /** What voters and constants were worked out from, which seldom changes. */
  #ground: readonly unknown[] = [];
  readonly #asked = new Map<string, { readonly at: number; readonly node: number }>();
  readonly #parts: OverviewParts;
  /** When the chain's time was known first, in the clock's milliseconds, and who has been in service since. */
  #began = Number.NaN;
  readonly #served = new Set<string>();
  primary: Node | undefined;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
    for (const { upstream } of parts.nodes) upstream.status.unfit = nobodyKnows;
  }

  get views(): Views | undefined {
    return this.#views;
  }

  get disagreement(): Disagreement | undefined {
    return this.#views?.disagreement;
  }

  /** What is wrong with the constants that nodes give, and with whose. */
  get doubts(): readonly Doubt[] {
    if (!this.spec) return [];
    const { disagreeing, remarks } = this.spec;
    const nobody = this.spec.agreed ? undefined : "nodes agree on no constants of the chain";
    const clockless = nobody ?? (this.#clockless && `the chain's constants make no clock: ${this.#clockless}`);
    return [
      ...[...(clockless === undefined ? [] : [clockless]), ...remarks].map((because) => ({
        because,
        upstream: undefined,
      })),
      ...[...disagreeing].map(([upstream, why]) => ({ because: `its chain's constants differ: ${why}`, upstream })),
    ];
  }

  /** The present in the chain's time; `undefined` while that is not known. */
  now(): Instant | undefined {
    return this.slots && instant(this.slots, this.#parts.clock);
  }

  /** Judges all nodes by what is known now. */
  refresh(): void {
    const { nodes, fitness: options, settling, inService } = this.#parts;
    this.#agree();
    const at = this.now();
    if (!at) return;
    if (Number.isNaN(this.#began)) this.#began = at.now;
    const facts = new Map(
      nodes.map((node) => {
        const { id } = node.upstream;
        const specDisagreement = this.spec?.disagreeing.get(id);
        const serving = inService(node);
        if (serving) this.#served.add(id);
        const starting = !this.#served.has(id) && at.now - this.#began <= startSlots * at.slotMs;
        return [id, { ...node.facts, inService: serving, starting, specDisagreement }] as const;
      }),
    );
    const all = [...facts.values()];
    const fleet = fleetOf(all, this.voters, at);
    this.#grow(all, at);
    this.#views = views(
      this.#views,
      all.map((one) => ({
        id: one.id,
        voter: this.voterOf(one.id),
        voice: voiceOf(one, fleet, at),
        head: one.head,
        finalized: one.finalized,
      })),
      this.tree,
      at,
    );
    const judged = all.map((one) => ({
      id: one.id,
      serving: one.inService,
      findings: fitness(one, fleet, this.placeOf(one.id), at, options),
    }));
    this.standings = settle(this.standings, judged, at, settling);
    this.fleet = fleet;
    this.facts = facts;
    for (const { upstream } of nodes) upstream.status.unfit = this.standings.get(upstream.id)?.unfit;
    this.#choosePrimary();
    this.#askMissing(at);
  }

  /**
   * In how many milliseconds a block that is of the next slot by our clock may be believed; `undefined` while there is none.
   * A clock that is late sees each block so, and nothing else would have nodes judged anew when its slot begins.
   */
  dueIn(): number | undefined {
    const at = this.now();
    const { slots } = this;
    if (!at || !slots || ![...this.facts.values()].some(({ head }) => head?.slot === at.newest + 1)) return undefined;
    return slots.startOf(at.newest + 1) - disparityMs - at.wall;
  }

  voterOf(id: string): string {
    return this.voters.get(id) ?? unknownVoter;
  }

  placeOf(id: string): ViewPlace {
    return this.#views?.places.get(id) ?? { member: false, decided: false, because: "nothing is known of it yet" };
  }

  /** The fleet as one node. Ready means that what is to be signed can be told. */
  view(): NodeView | undefined {
    const at = this.now();
    if (!at) return undefined;
    const { nodes, leastVoters } = this.#parts;
    const serving = nodes.filter((node) => this.facts.get(node.upstream.id)?.inService);
    const good = serving.filter(({ upstream }) => upstream.status.unfit?.attest === undefined);
    const voters = new Set(good.map(({ upstream }) => this.voterOf(upstream.id)));
    const reads = serving.some(({ upstream }) => upstream.status.unfit?.read === undefined);
    const ready = voters.size >= leastVoters;
    const heads = (ready ? good : serving).map(({ facts }) => facts.head?.slot ?? -1);
    const head = this.#views?.canonical?.head.slot ?? Math.max(-1, ...heads);
    return {
      state: ready ? "ready" : reads ? "degraded" : "down",
      head: Math.max(0, head),
      distance: Math.max(0, at.slot - head),
      primary: this.primary?.upstream.id,
    };
  }

  /**
   * Those who may say what to sign and have a block, if most such voters have it; nobody otherwise. Who does not even have
   * the block before it hangs, or has just come back: new blocks do not wait for such.
   */
  having(root: string): readonly Node[] {
    const parent = this.tree.get(root)?.parent;
    const able = this.#parts.nodes.filter(
      (node) =>
        node.upstream.status.unfit?.attest === undefined &&
        this.#parts.inService(node) &&
        (parent === undefined || this.#has(node, parent)),
    );
    const ballots = able.map(({ upstream }) => ({ id: upstream.id, voter: this.voterOf(upstream.id) }));
    const weights = weightsOf(ballots);
    const having = able.filter((node) => this.#has(node, root));
    const weight = having.reduce((sum, { upstream }) => sum + (weights.get(upstream.id) ?? 0), 0);
    return isMajority(weight, new Set(ballots.map(({ voter }) => voter)).size) ? having : [];
  }

  /** Is a block the node's head, or before it? */
  #has({ facts }: Node, root: string): boolean {
    return facts.head !== undefined && this.tree.precedes(root, facts.head.root) === true;
  }

  /** Does a block come before the newest one of the view that counts? Who has it as its head merely lacks that. */
  isOvertaken(root: string): boolean {
    const newest = this.#views?.canonical?.head.root;
    return newest !== undefined && newest !== root && this.tree.precedes(root, newest) === true;
  }

  /**
   * What the duties of an epoch depend on: what most voters say whose nodes are in the view that counts, each by its newest
   * head. `undefined` when none of them says, or they are at odds: one that errs must neither decide nor stop the others.
   */
  dependentRoot(epoch: number): string | undefined {
    const said = new Map<string, string>();
    for (const { upstream, lastHead } of this.#parts.nodes) {
      if (!lastHead || lastHead.optimistic || !this.placeOf(upstream.id).member) continue;
      const root = this.#dependentBy(lastHead, epoch);
      if (root !== undefined) said.set(upstream.id, root);
    }
    const weights = weightsOf([...said.keys()].map((id) => ({ id, voter: this.voterOf(id) })));
    const sums = new Map<string, number>();
    for (const [id, root] of said) sums.set(root, (sums.get(root) ?? 0) + (weights.get(id) as number));
    const total = new Set([...said.keys()].map((id) => this.voterOf(id))).size;
    return [...sums].find(([, sum]) => isMajority(sum, total))?.[0];
  }

  #dependentBy({ slot, previousDependent, currentDependent }: HeadFacts, epoch: number): string | undefined {
    const of = this.slots?.epochOf(slot);
    if (of === undefined) return undefined;
    if (epoch === of) return previousDependent;
    return epoch === of + 1 ? currentDependent : undefined;
  }

  /** Settles on the chain's constants, and makes a clock of them. */
  #agree(): void {
    const { nodes, genesis } = this.#parts;
    const epoch = this.now()?.epoch ?? 0;
    const ground = [
      epoch,
      ...nodes.flatMap(({ upstream, facts, spec }) => [upstream.coordinates, facts.versions, spec]),
    ];
    if (ground.every((one, index) => one === this.#ground[index])) return;
    this.#ground = ground;
    this.voters = votersOf(
      nodes.map(({ upstream, facts }) => {
        const { client, sources } = upstream.coordinates;
        // What was observed of it is one part of its own word, which it gives in full.
        const label = sources?.client === undefined ? client : undefined;
        return { id: upstream.id, told: facts.versions, label };
      }),
    );
    const told = nodes.flatMap(({ upstream, spec }) =>
      spec ? [{ id: upstream.id, voter: this.voterOf(upstream.id), spec }] : [],
    );
    if (told.length === 0) return;
    this.spec = specAgreement(told, genesis, epoch);
    const { agreed } = this.spec;
    if (!agreed || agreed === this.#clockOf) return;
    const slots = slotClockOf(agreed);
    this.#clockOf = agreed;
    this.#clockless = typeof slots === "string" ? slots : undefined;
    // With constants that make no sense the clock goes on that was made of those before.
    if (typeof slots !== "string") this.slots = slots;
  }

  /** Notes the blocks that nodes have. Those of slots that have not begun would push out the others. */
  #grow(all: readonly NodeFacts[], { newest }: Instant): void {
    this.tree.hold(all.flatMap(({ head }) => head?.root ?? []));
    for (const { head } of all) {
      if (head && head.slot <= newest) this.tree.add({ root: head.root, slot: head.slot, parent: undefined });
    }
  }

  /** Asks for the headers that are missing, of one node after the other. */
  #askMissing(at: Instant): void {
    const { nodes } = this.#parts;
    const missing = new Set(this.#views?.missing);
    for (const root of this.#asked.keys()) if (!missing.has(root)) this.#asked.delete(root);
    for (const root of missing) {
      const before = this.#asked.get(root);
      if (before && at.now - before.at < askAgain * at.slotMs) continue;
      const first = nodes.findIndex(({ facts }) => facts.head?.root === root);
      const index = before ? (before.node + 1) % nodes.length : Math.max(0, first);
      this.#asked.set(root, { at: at.now, node: index });
      nodes[index]?.lookBlock(root);
    }
  }

  /** Whose version and identity are shown: it stays the same one for as long as it is good. */
  #choosePrimary(): void {
    const isGood = (node: Node | undefined, duty: "attest" | "read") =>
      node !== undefined &&
      (this.facts.get(node.upstream.id)?.inService ?? false) &&
      node.upstream.status.unfit?.[duty] === undefined;
    if (isGood(this.primary, "attest")) return;
    const { nodes } = this.#parts;
    const good = nodes.find((node) => isGood(node, "attest"));
    if (good ?? !isGood(this.primary, "read")) this.primary = good ?? nodes.find((node) => isGood(node, "read"));
  }
}
