import type { Call } from "../core/call.ts";
import type { Attempt } from "../core/context.ts";
import type { DutyDesk, DutyProtocol, HeadFacts } from "../core/duty.ts";
import type { Slots, ValidatorSnapshot } from "../core/duty-status.ts";
import type { Alarm, Observer } from "../core/observer.ts";
import type { NodeView } from "../core/protocol.ts";
import { mayReside } from "../core/residency.ts";
import type { StateStore } from "../core/store.ts";
import type { EventSource } from "../core/stream.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { jittered, type Random } from "../lib/random.ts";
import { createCallerWatch } from "./callers.ts";
import { ControlState } from "./control-state.ts";
import { createDesk, preparation, registration } from "./desk.ts";
import { createEvents, type Events, type EventsHearer } from "./events.ts";
import { usualFitness } from "./fitness.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { Memory } from "./memory.ts";
import { Node, type NodeListener } from "./node.ts";
import { withPrepared } from "./node-facts.ts";
import { createOthers } from "./others.ts";
import { Outgoing } from "./outgoing.ts";
import { Overview } from "./overview.ts";
import { Pins } from "./pins.ts";
import { Registrar } from "./registrar.ts";
import { Replay } from "./replay.ts";
import type { NodeRole, ValidatorsOptions } from "./schema.ts";
import { servesHead } from "./serves-head.ts";
import { Sharing } from "./sharing.ts";
import { snapshotOf } from "./snapshot.ts";
import { createSurroundGuard } from "./surround.ts";
import { Tidings } from "./tidings.ts";
import { createTripWire } from "./trip-wire.ts";

export interface ValidatorParts {
  /** The network's name. */
  readonly network: string;
  readonly upstreams: readonly Upstream[];
  readonly role: (upstream: Upstream) => NodeRole;
  readonly protocol: DutyProtocol;
  readonly clock: Clock;
  readonly random: Random;
  readonly options: ValidatorsOptions;
  /** The genesis validators root, where the operator says it. */
  readonly genesis: string | undefined;
  /** May it be asked and told anything of clients by the rule on residency of the network? */
  readonly resides: (upstream: Upstream) => boolean;
  /** Would health let traffic go there? */
  readonly inService: (upstream: Upstream) => boolean;
  /** How long a question about a node may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly store: StateStore;
  /** Hears of what is worth an operator's attention. */
  readonly alarm: (alarm: Alarm) => void;
  /** Hears of what becomes of nodes. */
  readonly tell: Required<Pick<Observer, "retold" | "refitted">>;
  readonly crashed: (bug: unknown) => void;
}

/** All that one network does for validators beyond passing calls on. */
export interface Validator extends Observer {
  readonly desk: DutyDesk;
  /** The one event stream of the fleet. */
  readonly events: EventSource;
  /** The fleet as one node; `undefined` until it is known. */
  view(): NodeView | undefined;
  /** The slot of a block, as far as one was heard of. */
  headSlot(root: string): number | undefined;
  slotsPerEpoch(): number | undefined;
  /** The name of the chain's preset. */
  preset(): string | undefined;
  /** The chain's slots; `undefined` until they are known. */
  slots(): Slots | undefined;
  snapshot(): ValidatorSnapshot;
  /** Begins to watch the nodes. */
  start(): void;
  /** Lets go of everything, and keeps what must outlive the process. */
  stop(): Promise<void>;
}

/** Builds what a network needs for validators. */
export function createValidator(parts: ValidatorParts): Validator {
  return new LiveValidator(parts);
}

/** Until the chain's pace is known, nodes are asked so often, in milliseconds. */
const introduceMs = 1_000;
/** A node whose stream was away for longer than this may have restarted; a shorter gap is the network's, in milliseconds. */
const restartMs = 2_000;
/** Software and constants are asked for again after so many epochs; identity and finality with each. */
const anewEpochs = 9;
/**
 * After all was judged it rests so long for each node that there is, in milliseconds: 30 ms with 300 of them, whose heads
 * all come within a second, and nothing with eight.
 */
const restPerNodeMs = 0.1;
/** Where in its slot a node is asked for its state: after aggregates, when nothing is due, as a share of what is left. */
const calmShare = 0.5;

/** The kinds of control state that nodes without `duties.subscribe` are not told. */
const ofCommittees = /^(beacon|sync)_committee_subscriptions/;

class LiveValidator implements Validator {
  readonly desk: DutyDesk;
  readonly #parts: ValidatorParts;
  readonly #nodes: readonly Node[];
  readonly #byUpstream: ReadonlyMap<Upstream, Node>;
  readonly #control = new ControlState();
  readonly #pins = new Pins();
  readonly #overview: Overview;
  readonly #replay: Replay;
  readonly #registrar: Registrar;
  readonly #memory: Memory;
  readonly #sharing: Sharing;
  readonly #outgoing: Outgoing;
  readonly #events: Events;
  readonly #tidings: Tidings;
  readonly #lostAt = new Map<Node, number>();
  /** The tellings under way, by the call that carries them, and in which life each node was then. */
  readonly #tellings = new WeakMap<Call, Telling>();
  #timer: Scheduled | undefined;
  #epoch = -1;
  #refreshing = false;
  /** When all was judged the last time, in the clock's milliseconds, and that it will be soon. */
  #judgedAt = Number.NEGATIVE_INFINITY;
  #later: Scheduled | undefined;
  /** When a block that came before its slot began by our clock is of the present. */
  #due: Scheduled | undefined;
  /** The chain that is followed, and what is remembered of it alone. */
  #chain: string | undefined;
  readonly #ofChain: readonly { clear(): void }[];

  constructor(parts: ValidatorParts) {
    const { upstreams, protocol, clock, options, role, timeoutMs } = parts;
    this.#parts = parts;
    const control = this.#control;
    const hear = this.#listenerForNodes();
    this.#nodes = upstreams.map(
      (upstream) => new Node({ upstream, role: role(upstream), protocol, control, clock, timeoutMs, hear }),
    );
    this.#byUpstream = new Map(this.#nodes.map((node) => [node.upstream, node]));
    this.#overview = new Overview({
      nodes: this.#nodes,
      clock,
      inService: ({ upstream }) => parts.inService(upstream),
      genesis: parts.genesis === undefined ? {} : { genesisValidatorsRoot: parts.genesis },
      fitness: { ...usualFitness, clockSkew: options.clockSkew },
      settling: options.settle,
      leastVoters: options.quorum,
    });
    this.#tidings = new Tidings({ ...parts, nodes: this.#nodes, overview: this.#overview });
    this.#events = createEvents({
      upstreams: upstreams.filter((upstream) => parts.resides(upstream)),
      protocol,
      clock,
      random: parts.random,
      slots: () => this.#overview.slots,
      canonical: (upstream) => this.#overview.placeOf(upstream.id).member,
      serves: (head, by) => {
        const slot = this.#overview.slots?.slotAt(clock.epoch());
        const having = this.#overview.having(head.root);
        return slot === undefined
          ? Promise.resolve(false)
          : servesHead({ head, by, having, slot, protocol, timeoutMs });
      },
      crashed: parts.crashed,
      hears: this.#listenerForEvents(),
    });
    this.#registrar = new Registrar(this.#nodes, parts.inService);
    const wants = (upstream: Upstream, kind: string) => this.#wants(upstream, kind);
    this.#replay = new Replay({
      control,
      protocol,
      epoch: () => this.#overview.now()?.epoch ?? 0,
      wants: ({ upstream }, kind) => wants(upstream, kind),
      timeoutMs,
      told: (node, kind, entries, well) => {
        if (well) this.#markPrepared(node, kind);
        parts.tell.retold(node.upstream, { kind, entries, well });
      },
      crashed: parts.crashed,
    });
    const surround = createSurroundGuard();
    const tripWire = createTripWire();
    const keptAnswers = new KeptAnswers();
    const kept = { control, pins: this.#pins, surround, tripWire };
    this.#ofChain = [surround, tripWire, control, this.#pins, keptAnswers, this.#overview.tree];
    this.#memory = new Memory({ ...kept, store: parts.store, network: parts.network, clock, crashed: parts.crashed });
    const now = () => this.#overview.now();
    const acted = createCallerWatch(parts.alarm, () => now()?.epoch);
    this.#sharing = new Sharing({
      store: parts.store,
      network: parts.network,
      clock,
      hears: createOthers({
        pins: this.#pins,
        control,
        surround,
        outgoing: () => this.#outgoing,
        nodes: this.#nodes,
        now,
        touched: (what) => this.#memory.touch(what),
      }),
    });
    this.#outgoing = new Outgoing({
      protocol,
      tripWire,
      sharing: this.#sharing,
      epoch: () => now()?.epoch,
      acted,
      touched: () => this.#memory.touch("tripWire"),
      alarm: parts.alarm,
    });
    this.desk = createDesk({
      control,
      pins: this.#pins,
      surround,
      outgoing: this.#outgoing,
      sharing: this.#sharing,
      acted,
      overview: this.#overview,
      protocol,
      kept: keptAnswers,
      options,
      clock,
      wants,
      forAll: ({ residency = [] }, kind) =>
        upstreams.every((one) => !wants(one, kind) || mayReside(one.coordinates.jurisdiction, residency)),
      isIdle: (kind) => this.#isIdle(kind),
      registrars: (upstreams) => this.#registrar.among(upstreams),
      told: (call, kind, number) => this.#tellings.set(call, { kind, number, lives: this.#lives() }),
      touched: (what) => this.#memory.touch(what),
      alarm: parts.alarm,
    });
  }

  get events(): EventSource {
    return this.#events;
  }

  view(): NodeView | undefined {
    return this.#overview.view();
  }

  headSlot(root: string): number | undefined {
    return this.#overview.tree.get(root)?.slot;
  }

  slotsPerEpoch(): number | undefined {
    return this.#overview.slots?.slotsPerEpoch;
  }

  preset(): string | undefined {
    return this.#overview.spec?.agreed?.values["PRESET_BASE"];
  }

  slots(): Slots | undefined {
    return this.#overview.slots;
  }

  snapshot(): ValidatorSnapshot {
    return snapshotOf({
      overview: this.#overview,
      nodes: this.#nodes,
      stream: ({ upstream }) => this.#events.state(upstream),
      control: this.#control,
      pins: this.#pins,
      quorum: this.desk.leastVoters,
      listeners: this.#events.clients,
      wants: ({ upstream }, kind) => this.#wants(upstream, kind),
    });
  }

  start(): void {
    this.#events.start();
    const { genesis } = this.#parts;
    if (genesis !== undefined) this.#follow(genesis.toLowerCase());
    this.#tick();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#later?.cancel();
    this.#due?.cancel();
    this.#events.close();
    this.#sharing.close();
    await this.#memory.close();
  }

  // What the request path tells.

  attempted(call: Call, { upstream, outcome }: Attempt): void {
    if (outcome?.ok === false && outcome.kind === "not_ready") this.#byUpstream.get(upstream)?.lookSync();
    const telling = this.#tellings.get(call);
    const node = telling && this.#byUpstream.get(upstream);
    if (!telling || !node || !outcome?.ok || outcome.failed || telling.lives.get(node) !== node.hearing.life) return;
    node.hearing.acknowledge(telling.kind, telling.number);
    this.#markPrepared(node, telling.kind);
  }

  /** Health changed its mind about a node. */
  changed(upstream: Upstream): void {
    if (this.#byUpstream.has(upstream)) this.#changed();
  }

  /** What is found out by asking. */
  #listenerForNodes(): NodeListener {
    return {
      changed: () => this.#changed(),
      block: ({ root, parent, slot }) => {
        const newest = this.#overview.now()?.newest;
        if (newest !== undefined && slot <= newest) this.#overview.tree.add({ root, slot, parent });
      },
      forgot: (node) => this.#replay.catchUp(node),
      crashed: this.#parts.crashed,
    };
  }

  /** What event streams tell. */
  #listenerForEvents(): EventsHearer {
    return {
      opened: (upstream) => this.#opened(upstream),
      closed: (upstream) => this.#closed(upstream),
      head: (upstream, head) => this.#head(upstream, head),
      event: (upstream, { event }) => {
        if (event === "finalized_checkpoint" || event === "chain_reorg") this.#byUpstream.get(upstream)?.lookFinality();
      },
    };
  }

  #opened(upstream: Upstream): void {
    const node = this.#byUpstream.get(upstream);
    if (!node) return;
    const { clock } = this.#parts;
    const lostAt = this.#lostAt.get(node);
    this.#lostAt.delete(node);
    node.streams(clock.now());
    if (lostAt === undefined) this.#replay.catchUp(node);
    else if (clock.now() - lostAt >= restartMs) node.forget();
    else node.doubtMemory();
    // It may have come back as another version, or of another chain.
    node.introduce(lostAt !== undefined);
    node.lookIdentity();
    node.lookSync();
    node.lookHead();
    node.lookFinality();
  }

  #closed(upstream: Upstream): void {
    const node = this.#byUpstream.get(upstream);
    if (!node) return;
    if (!this.#lostAt.has(node)) this.#lostAt.set(node, this.#parts.clock.now());
    node.streams(undefined);
    node.lookSync();
  }

  #head(upstream: Upstream, head: HeadFacts): void {
    const node = this.#byUpstream.get(upstream);
    const known = this.#overview.tree.get(head.root);
    node?.headEvent(head);
    // Who tells of a block first is asked what was before it; for the others it is known then.
    if (!known) node?.lookBlock(head.root);
  }

  /** Looks at all nodes once in a slot, when nothing is due; until the slots are known, every second. */
  #tick(): void {
    const { clock, random } = this.#parts;
    const { slots } = this.#overview;
    for (const node of this.#nodes) this.#look(node);
    this.#memory.calm();
    this.#refresh();
    this.#tidings.tellDoubts();
    const at = this.#overview.now();
    if (!slots || !at) {
      this.#timer = clock.schedule(jittered(random, introduceMs, 0.2), () => this.#tick());
      return;
    }
    const calm = (slot: number) => {
      const from = slots.momentOf(slot, "aggregate");
      return from + calmShare * (slots.startOf(slot + 1) - from);
    };
    const next = calm(at.slot) > at.wall ? calm(at.slot) : calm(at.slot + 1);
    this.#timer = clock.schedule(next - at.wall, () => this.#tick());
    // In its first slot nodes are still being asked.
    if (this.#epoch >= 0) this.#tidings.tellFitness();
    if (at.epoch === this.#epoch) return;
    this.#epoch = at.epoch;
    this.#control.prune(at.epoch);
    for (const node of this.#nodes) {
      node.lookIdentity();
      node.lookFinality();
      if (at.epoch % anewEpochs === 0) node.introduce(true);
    }
  }

  #look(node: Node): void {
    const at = this.#overview.now();
    node.introduce();
    node.lookSync();
    const heard = Math.max(node.facts.lastHeadEvent ?? 0, node.facts.head?.at ?? 0);
    if (!at || at.now - heard > at.slotMs) node.lookHead();
    if (!node.facts.justified) node.lookFinality();
    this.#replay.catchUp(node);
  }

  /** Something changed: all is judged anew, in large fleets not for each node that says so at that moment. */
  #changed(): void {
    const { clock } = this.#parts;
    if (this.#later) return;
    const wait = this.#judgedAt + this.#nodes.length * restPerNodeMs - clock.now();
    if (wait < 1) {
      this.#refresh();
      return;
    }
    this.#later = clock.schedule(wait, () => {
      this.#later = undefined;
      this.#refresh();
    });
  }

  #refresh(): void {
    this.#judgedAt = this.#parts.clock.now();
    // What is found may lead to more being found; once is enough.
    if (this.#refreshing) return;
    this.#refreshing = true;
    try {
      this.#overview.refresh();
    } finally {
      this.#refreshing = false;
    }
    this.#due?.cancel();
    const dueIn = this.#overview.dueIn();
    this.#due = dueIn === undefined ? undefined : this.#parts.clock.schedule(dueIn, () => this.#refresh());
    const chain = this.#overview.spec?.agreed?.genesisValidatorsRoot;
    if (chain !== undefined && chain !== this.#chain) this.#follow(chain);
    this.#tidings.tellDisagreement();
  }

  /**
   * From now on this is the chain, by its genesis validators root. What was signed on another one, as on a test net before
   * it was begun anew, contradicts nothing here.
   */
  #follow(chain: string): void {
    if (this.#chain !== undefined) for (const one of this.#ofChain) one.clear();
    this.#chain = chain;
    this.#memory.open(chain);
    this.#sharing.open(chain);
  }

  /** It acknowledged something of that kind: where it is whom to pay, and all of it, it may propose. */
  #markPrepared(node: Node, kind: string): void {
    if (kind !== preparation) return;
    const at = this.#overview.now();
    if (!at || this.#control.told(preparation) === 0 || !node.hearing.knows(preparation)) return;
    node.learn(withPrepared(node.facts, at.epoch));
  }

  #wants(upstream: Upstream, kind: string): boolean {
    const node = this.#byUpstream.get(upstream);
    if (!node || node.facts.trust === "publish_only" || !this.#parts.resides(upstream)) return false;
    if (kind === registration && this.#parts.options.registration === "one") return this.#registrar.is(upstream);
    return node.facts.subscribe || !ofCommittees.test(kind);
  }

  /** Where no node is to be told of committees, nobody fails to be. */
  #isIdle(kind: string): boolean {
    return ofCommittees.test(kind) && !this.#nodes.some(({ upstream }) => this.#wants(upstream, kind));
  }

  #lives(): ReadonlyMap<Node, number> {
    return new Map(this.#nodes.map((node) => [node, node.hearing.life]));
  }
}

interface Telling {
  readonly kind: string;
  readonly number: number;
  readonly lives: ReadonlyMap<Node, number>;
}
