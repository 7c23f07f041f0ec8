import type { Outcome } from "../../core/outcome.ts";
import type { Peer, PeersQuestion } from "../../core/protocol.ts";
import type { Upstream } from "../../core/upstream.ts";
import type { Clock, Scheduled } from "../../lib/clock.ts";
import { turn } from "../../lib/turn.ts";
import type { Place, Places } from "../hosting/place.ts";
import { PeerMemory, type RememberedPeer } from "./memory.ts";
import { type NetworkSeen, peerGroups } from "./seen.ts";

/** A node of the operator's own, whose peers may be asked for. */
export interface OwnNode {
  readonly upstream: Pick<Upstream, "id" | "network" | "status" | "probe">;
  readonly question: PeersQuestion;
}

export interface PeersParts {
  readonly clock: Clock;
  readonly nodes: readonly OwnNode[];
  /** Who owns these addresses, those first that matter most; what cannot be found out is a problem as a sentence. */
  readonly places: (addresses: readonly string[]) => Promise<Places | { readonly problem: string }>;
  /** Gives up finding out who owns addresses. */
  readonly cancel: () => void;
  /** Between two looks, in milliseconds. */
  readonly refreshMs: number;
  /** Hears in a sentence why a node does not tell, once until it does. */
  readonly troubled: (upstream: Pick<Upstream, "id" | "network">, problem: string) => void;
  readonly crashed: (bug: unknown) => void;
}

/** Who else is on the networks: the peers of one's own nodes, by who hosts them. */
export interface Peers {
  /** Of each network of which a node ever told, as of the last look. */
  seen(): readonly NetworkSeen[];
  /** Looks once; resolves when all nodes have answered or did not. */
  look(): Promise<void>;
  /** Looks soon, and again and again. */
  start(): void;
  stop(): void;
}

/** Before the first look, in milliseconds: by then it is known of most nodes whether they are on the right chain. */
const firstLookMs = 5_000;
/** When a node that could not be asked is tried again, in milliseconds. */
const againMs = 60_000;
/** For a node to answer, in milliseconds. */
const timeoutMs = 10_000;
/** So many nodes are asked at once, so many peers are taken of each, and so many addresses are looked up in one go. */
const mostAtOnce = 4;
const mostOfOne = 4_096;
const mostInTurn = 256;

/**
 * Asks one's own nodes for their peers, past everything that clients use, and remembers for a day whom they told of. No
 * peer's address leaves it but to those who say who owns addresses.
 */
export function createPeers(parts: PeersParts): Peers {
  return new LivePeers(parts);
}

class LivePeers implements Peers {
  readonly #parts: PeersParts;
  readonly #memory = new PeerMemory();
  readonly #troubled = new Set<OwnNode>();
  /** How many nodes of a network told at the last look at which any did. */
  readonly #told = new Map<string, number>();
  #seen: readonly NetworkSeen[] = [];
  #looking: Promise<void> | undefined;
  /** A node could not be asked, and may be soon. */
  #unheard = false;
  #timer: Scheduled | undefined;
  #stopped = false;

  constructor(parts: PeersParts) {
    this.#parts = parts;
  }

  seen(): readonly NetworkSeen[] {
    return this.#seen;
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  start(): void {
    if (this.#parts.nodes.length > 0) this.#lookIn(Math.min(firstLookMs, this.#parts.refreshMs));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#parts.cancel();
  }

  #lookIn(ms: number): void {
    const { clock, refreshMs, crashed } = this.#parts;
    const again = () => {
      if (!this.#stopped) this.#lookIn(this.#unheard ? Math.min(againMs, refreshMs) : refreshMs);
    };
    this.#timer = clock.schedule(ms, () => void this.look().catch(crashed).then(again));
  }

  async #look(): Promise<void> {
    const { nodes, clock } = this.#parts;
    const left = [...nodes];
    const told: OwnNode[] = [];
    this.#unheard = false;
    const ask = async () => {
      for (let node = left.pop(); node !== undefined && !this.#stopped; node = left.pop()) {
        if (await this.#ask(node)) told.push(node);
      }
    };
    await Promise.all(Array.from({ length: Math.min(mostAtOnce, left.length) }, ask));
    if (this.#stopped) return;
    this.#memory.expire(clock.now());
    for (const [network, of] of Map.groupBy(told, ({ upstream }) => upstream.network)) {
      this.#told.set(network, of.length);
    }
    await this.#place();
    await this.#judge();
  }

  /** Did the node tell? */
  async #ask(node: OwnNode): Promise<boolean> {
    const { upstream, question } = node;
    // Of a node of unknown chain, or of another, the peers are those of who knows what network.
    if (!upstream.status.confirmed || upstream.status.verdict === "quarantined") {
      this.#unheard = true;
      return false;
    }
    const outcome = await upstream.probe(question.call, timeoutMs);
    if (this.#stopped) return false;
    const peers = outcome.ok ? question.read(outcome, mostOfOne) : undefined;
    if (peers) this.#note(node, peers);
    else this.#complain(node, outcome);
    return peers !== undefined;
  }

  #note(node: OwnNode, peers: readonly Peer[]): void {
    const now = this.#parts.clock.now();
    for (const peer of peers) this.#memory.note(node.upstream.network, peer, now);
    this.#troubled.delete(node);
  }

  #complain(node: OwnNode, outcome: Outcome): void {
    const passes = !outcome.ok && passing.has(outcome.kind);
    if (passes) this.#unheard = true;
    if (this.#troubled.has(node)) return;
    this.#troubled.add(node);
    const why = outcome.ok ? "its answer is no list of peers that could be read" : outcome.detail;
    const then = passes ? "it is asked again" : node.question.remedy;
    this.#parts.troubled(node.upstream, `does not tell its peers (${why}): ${then}`);
  }

  /** Looks up who owns the addresses; what was known before counts where nothing is found, or less. */
  async #place(): Promise<void> {
    const peers = this.#memory.all();
    // Who is asked over a network is asked for a part only: let it be those of whom least is known.
    const unplaced = (peer: RememberedPeer) => (peer.place?.asn === undefined ? 0 : 1);
    const sorted = peers.toSorted((a, b) => unplaced(a) - unplaced(b));
    const places = await this.#parts.places(sorted.map(({ address }) => address));
    if (typeof places !== "function") return;
    for (const [index, peer] of sorted.entries()) {
      peer.place = fuller(places(peer.address), peer.place);
      if (index % mostInTurn === mostInTurn - 1) await turn();
    }
  }

  async #judge(): Promise<void> {
    const byNetwork = Map.groupBy(this.#memory.all(), ({ network }) => network);
    const seen: NetworkSeen[] = [];
    for (const [network, nodes] of this.#told) {
      if (seen.length > 0) await turn();
      const found = (byNetwork.get(network) ?? []).map(({ place }) => place);
      seen.push({ network, nodes, peers: found.length, groups: peerGroups(found) });
    }
    this.#seen = seen;
  }
}

/** Faults after which the same question may well be answered in a minute. */
const passing: ReadonlySet<string> = new Set([
  "unreachable",
  "interrupted",
  "timeout",
  "server_error",
  "unavailable",
  "not_ready",
  "rate_limited",
  "node_timeout",
]);

function fuller(found: Place | undefined, known: Place | undefined): Place | undefined {
  return found === undefined || (found.asn === undefined && known?.asn !== undefined) ? known : found;
}
