import type { Peer } from "../../core/protocol.ts";
import { addressOf, isPublic } from "../hosting/addresses.ts";
import type { Place } from "../hosting/place.ts";

/** A peer that is remembered, by whichever node told of it last. */
export interface RememberedPeer {
  readonly network: string;
  readonly address: string;
  /** When it was told of last, in the clock's milliseconds. */
  readonly seenAt: number;
  /** Who hosts it, once that was looked up. */
  place: Place | undefined;
}

/** A node keeps some of its peers for days and others for minutes: within a day it has met many more than it has at once. */
const rememberedMs = 24 * 3_600_000;
/** So many are remembered in all. Ethereum has fewer nodes than this. */
const mostRemembered = 16_384;

/** The peers that nodes told of lately, each once however many nodes know it, the one told of longest ago first. */
export class PeerMemory {
  readonly #peers = new Map<string, RememberedPeer>();
  readonly #most: number;

  constructor(most = mostRemembered) {
    this.#most = most;
  }

  /** Takes in a peer; what is at no public address is nobody's that can be told. */
  note(network: string, { id, address: told }: Peer, now: number): void {
    if (!isPublic(told)) return;
    const address = told.replace(/^::ffff:(?=\d+\.)/i, "");
    const key = `${network} ${id ?? plain(address)}`;
    const known = this.#peers.get(key);
    this.#peers.delete(key);
    const place = known?.address === address ? known.place : undefined;
    this.#peers.set(key, { network, address, seenAt: now, place });
    if (this.#peers.size > this.#most) this.#forget(this.#peers.keys().next().value as string);
  }

  /** Forgets whom nobody told of for a day. */
  expire(now: number): void {
    for (const [key, { seenAt }] of this.#peers) {
      if (now - seenAt <= rememberedMs) return;
      this.#forget(key);
    }
  }

  all(): readonly RememberedPeer[] {
    return [...this.#peers.values()];
  }

  #forget(key: string): void {
    this.#peers.delete(key);
  }
}

/** The same for all ways to write an address. */
function plain(address: string): string {
  const { bits, value } = addressOf(address) ?? { bits: 0, value: address };
  return `${bits}/${value}`;
}
