import { createHash } from "node:crypto";
import type { DutyProtocol, HeadFacts } from "../core/duty.ts";
import { type Fault, fault } from "../core/outcome.ts";
import { mayReside, residencyInWords } from "../core/residency.ts";
import type { EventSource, ServerEvent, Subscription, Wish } from "../core/stream.ts";
import type { Upstream } from "../core/upstream.ts";
import { repeat, type Scheduled } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { HeadGate, type HeadGateParts } from "./events-head-gate.ts";
import { RecentKeys } from "./events-keys.ts";
import { reorgEvent, reorgKey, type ToldHead, undone } from "./events-reorg.ts";
import { headTopics, ownTopics, topicRule } from "./events-topics.ts";
import { createFeed, type Feed, type FeedState } from "./feed.ts";

export interface EventsParts extends Omit<HeadGateParts, "passed"> {
  readonly upstreams: readonly Upstream[];
  readonly protocol: Pick<DutyProtocol, "headEvent" | "eventKey">;
  readonly random: Random;
  readonly hears: EventsHearer;
}

/** What the rest of us hears of the nodes' events, before any of it is judged. */
export interface EventsHearer {
  /** The node's stream is open; after a loss it may have forgotten what it was told. */
  opened(upstream: Upstream): void;
  closed(upstream: Upstream, why: Fault): void;
  /** A head, in a `head` or `head_v2` event. */
  head(upstream: Upstream, head: HeadFacts): void;
  /** Any other event of {@link ownTopics}. */
  event(upstream: Upstream, event: ServerEvent): void;
}

/** All nodes' events as one stream. */
export interface Events extends EventSource {
  /** The last head that clients were told. */
  readonly head: HeadFacts | undefined;
  /** How many clients listen. */
  readonly clients: number;
  state(upstream: Upstream): FeedState | undefined;
  /** The views changed: heads that were held back may pass now. */
  reconsider(): void;
  /** Begins to listen to the nodes. */
  start(): void;
  close(): void;
}

/** Before a chain's constants are known: slots as on mainnet. */
const slotMsElse = 12_000;

type Reader = Parameters<EventSource["open"]>[1];

interface Client {
  readonly topics: ReadonlySet<string>;
  readonly reader: Reader;
}

/**
 * One stream made of those of all nodes; which of them fail, and which come back, its readers do not notice. Each event is
 * passed on once, by the rule of its topic; heads by {@link HeadGate}, each that is not newer than the last after a
 * `chain_reorg`, one of our own where no node told it. A new reader is told the present head, if it is still served.
 */
export function createEvents(parts: EventsParts): Events {
  return new LiveEvents(parts);
}

class LiveEvents implements Events {
  readonly #parts: EventsParts;
  readonly #feeds = new Map<Upstream, Feed>();
  readonly #gates: ReadonlyMap<string, HeadGate>;
  readonly #clients = new Set<Client>();
  readonly #recent = new Map<string, RecentKeys>();
  #looking: Scheduled | undefined;

  constructor(parts: EventsParts) {
    this.#parts = parts;
    const passed = (head: ToldHead, insteadOf: ToldHead | undefined) => this.#passed(head, insteadOf);
    this.#gates = new Map(headTopics.map((topic) => [topic, new HeadGate({ ...parts, passed })]));
  }

  start(): void {
    const slotMs = () => this.#parts.slots()?.slotMs ?? slotMsElse;
    for (const upstream of this.#parts.upstreams) this.#feeds.set(upstream, this.#feed(upstream, slotMs));
    // Heads are told once. Who was in no view then may be in one now.
    this.#looking = repeat(
      this.#parts.clock,
      () => slotMs() / 4,
      () => this.reconsider(),
    );
  }

  get head(): HeadFacts | undefined {
    const heads = [...this.#gates.values()].flatMap(({ current }) => (current ? [current.facts] : []));
    return heads.sort((a, b) => b.slot - a.slot)[0];
  }

  get clients(): number {
    return this.#clients.size;
  }

  state(upstream: Upstream): FeedState | undefined {
    return this.#feeds.get(upstream)?.state;
  }

  reconsider(): void {
    for (const gate of this.#gates.values()) gate.reconsider();
  }

  open({ topics: wished, residency = [] }: Wish, reader: Reader): Subscription | Fault {
    const { upstreams } = this.#parts;
    if (upstreams.length === 0) return nobody;
    // One stream is made of all of them.
    if (residency.length > 0 && !upstreams.every(({ coordinates }) => mayReside(coordinates.jurisdiction, residency))) {
      return fault("not_resident", `events come from all nodes, and calls are answered ${residencyInWords(residency)}`);
    }
    const topics = new Set(wished.filter((topic) => topicRule(topic) !== undefined));
    if (topics.size === 0) return nothing;
    const client: Client = { topics, reader };
    this.#clients.add(client);
    this.#want();
    for (const [topic, gate] of this.#gates) if (topics.has(topic)) this.#greet(client, gate);
    return {
      close: () => {
        if (this.#clients.delete(client)) this.#want();
      },
    };
  }

  close(): void {
    this.#looking?.cancel();
    for (const feed of this.#feeds.values()) feed.close();
    for (const gate of this.#gates.values()) gate.close();
    const clients = [...this.#clients];
    this.#clients.clear();
    for (const { reader } of clients) reader.closed();
  }

  /** Tells a new client the present head, unless it hears of a newer one meanwhile. */
  #greet(client: Client, gate: HeadGate): void {
    const { current } = gate;
    gate
      .confirmed()
      .then((served) => {
        if (served && current && current === gate.current && this.#clients.has(client)) {
          client.reader.event(current.event);
        }
      })
      .catch(this.#parts.crashed);
  }

  #feed(upstream: Upstream, slotMs: () => number): Feed {
    const { clock, random, hears } = this.#parts;
    return createFeed(this.#wanted(), {
      upstream,
      clock,
      random,
      slotMs,
      othersSpokeSince: (time) => this.#othersSpokeSince(upstream, time),
      hears: {
        opened: () => hears.opened(upstream),
        event: (event) => this.#heard(upstream, event),
        closed: (why) => {
          for (const gate of this.#gates.values()) gate.lost(upstream);
          hears.closed(upstream, why);
        },
      },
    });
  }

  #wanted(): ReadonlySet<string> {
    const topics = new Set<string>(ownTopics);
    for (const client of this.#clients) for (const topic of client.topics) topics.add(topic);
    return topics;
  }

  #want(): void {
    const topics = this.#wanted();
    for (const feed of this.#feeds.values()) feed.want(topics);
  }

  #othersSpokeSince(upstream: Upstream, time: number): boolean {
    for (const [other, { state }] of this.#feeds) if (other !== upstream && state.eventAt >= time) return true;
    return false;
  }

  #heard(upstream: Upstream, event: ServerEvent): void {
    const { protocol, hears, canonical } = this.#parts;
    const rule = topicRule(event.event);
    if (rule === "head") this.#heardHead(upstream, event);
    else if (rule !== undefined) {
      if (ownTopics.some((topic) => topic === event.event)) hears.event(upstream, event);
      if (rule === "view" && !canonical(upstream)) return;
      if (event.event === "chain_reorg") this.#reorganised(event);
      else this.#passOnce(event, protocol.eventKey(event.event, event.data) ?? digest(event.data));
    }
  }

  #heardHead(upstream: Upstream, event: ServerEvent): void {
    const { protocol, hears } = this.#parts;
    const facts = protocol.headEvent(event.data);
    const key = protocol.eventKey(event.event, event.data);
    if (!facts || key === undefined) return;
    // First, so that the views know of it.
    hears.head(upstream, facts);
    this.#gates.get(event.event)?.told(upstream, event, facts, key);
  }

  #passed(head: ToldHead, insteadOf: ToldHead | undefined): void {
    if (insteadOf) {
      this.#reorganised(reorgEvent(insteadOf, head, this.#parts.slots()?.epochOf(head.facts.slot) ?? 0));
    }
    this.#tell(head.event);
  }

  /** Passes a `chain_reorg` on once; and again when it happens again, after it was undone. */
  #reorganised(event: ServerEvent): void {
    const key = reorgKey(event);
    if (key === undefined) return;
    this.#recent.get(event.event)?.forget(undone(key));
    this.#passOnce(event, key);
  }

  #passOnce(event: ServerEvent, key: string): void {
    const { clock, slots } = this.#parts;
    const recent = this.#recent.get(event.event) ?? new RecentKeys();
    this.#recent.set(event.event, recent);
    if (recent.add(key, slots()?.slotAt(clock.epoch()) ?? 0)) this.#tell(event);
  }

  #tell(event: ServerEvent): void {
    for (const client of this.#clients) {
      if (client.topics.has(event.event)) client.reader.event(event);
    }
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

const nobody = fault("no_upstream", "not one node is known that could tell events");
const nothing = fault("doubtful_request", "none of the topics is one of the beacon API");
