import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { jittered, type Random } from "../lib/random.ts";
import type { SameBackend } from "./same-backend.ts";
import type { Witnesses } from "./witnesses.ts";

export interface FingerprintParts {
  readonly upstreams: readonly Upstream[];
  readonly witnesses: Witnesses;
  readonly backends: SameBackend;
  readonly clock: Clock;
  readonly random: Random;
  readonly paused: () => boolean;
  readonly crashed: (bug: unknown) => void;
}

/** Until the first look, and from each to the next one, in milliseconds: one upstream a time. */
const firstMs = 10_000;
const betweenMs = 600_000;

/**
 * Ids of filters that two nodes will not choose alike: 64 bits and more. Some clients count from one, which tells nothing.
 */
const uniqueId = /^0x[0-9a-f]{16,64}$/i;

/**
 * Finds out which upstreams are one node behind several names, by what only one node can know: a filter that was made at
 * one of them, and that another one has as well, and the other way round. One that knows also a filter which nobody made
 * shows nothing; nor does one that claims to be the same as others, so that these could not speak against it together.
 *
 * What it cannot see: a gateway that spreads calls over nodes without keeping a client at one, nodes of one owner that
 * share nothing but the owner, and an upstream that does not serve filters.
 */
export class Fingerprints {
  readonly #parts: FingerprintParts;
  #timer: Scheduled | undefined;
  #turn = 0;

  constructor(parts: FingerprintParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#schedule(firstMs);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #schedule(ms: number): void {
    const { clock, random, upstreams, paused, crashed } = this.#parts;
    this.#timer = clock.schedule(jittered(random, ms, 0.5), () => {
      const first = this.#turn < upstreams.length;
      this.#schedule(first ? firstMs : betweenMs);
      const one = upstreams[this.#turn++ % upstreams.length];
      if (one && !paused()) this.compare(one).catch(crashed);
    });
  }

  /** Looks which others are the same node as this one. */
  async compare(one: Upstream): Promise<void> {
    const { upstreams, backends } = this.#parts;
    const others = upstreams.filter((each) => each !== one);
    const claim = await this.#knowing(one, others);
    if (!claim) return;
    const same: Upstream[] = [];
    // Whoever wants to may tell a real filter from another. That its own are known as well is for the others to say.
    for (const each of claim) if ((await this.#knowing(each, [one]))?.includes(one)) same.push(each);
    // Apart first: what was the same may not be any more.
    for (const before of backends.of(one)) if (!same.includes(before)) backends.part(before);
    for (const each of same) backends.join(one, each);
  }

  /** Who of some know a filter of this one's, and not one that nobody made; `undefined` where its filters tell nothing. */
  async #knowing(one: Upstream, others: readonly Upstream[]): Promise<readonly Upstream[] | undefined> {
    const { witnesses } = this.#parts;
    const made = await witnesses.ask(one, witnesses.question("eth_newBlockFilter", []));
    const id = made?.text.slice(1, -1) ?? "";
    if (!uniqueId.test(id)) return undefined;
    const none = `${id.slice(0, -4)}${id.endsWith("0000") ? "1111" : "0000"}`;
    const knowing: Upstream[] = [];
    for (const each of others) {
      if ((await this.#knows(each, id)) && !(await this.#knows(each, none))) knowing.push(each);
    }
    await witnesses.ask(one, witnesses.question("eth_uninstallFilter", [id]));
    return knowing;
  }

  async #knows(upstream: Upstream, id: string): Promise<boolean> {
    const { witnesses } = this.#parts;
    const told = await witnesses.ask(upstream, witnesses.question("eth_getFilterChanges", [id]));
    return told?.text.startsWith("[") ?? false;
  }
}
