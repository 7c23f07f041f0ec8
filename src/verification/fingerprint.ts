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
 * one of them, and that another one has as well. One that knows also a filter which nobody made shows nothing.
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
    const { upstreams, witnesses, backends } = this.#parts;
    const made = await witnesses.ask(one, witnesses.question("eth_newBlockFilter", []));
    const id = made?.text.slice(1, -1) ?? "";
    if (!uniqueId.test(id)) return;
    const other = `${id.slice(0, -4)}${id.endsWith("0000") ? "1111" : "0000"}`;
    // Apart first: what was the same may not be any more.
    const same: Upstream[] = [];
    for (const each of upstreams) {
      if (each !== one && (await this.#knows(each, id)) && !(await this.#knows(each, other))) same.push(each);
    }
    for (const before of backends.of(one)) if (!same.includes(before)) backends.part(before);
    for (const each of same) backends.join(one, each);
    await witnesses.ask(one, witnesses.question("eth_uninstallFilter", [id]));
  }

  async #knows(upstream: Upstream, id: string): Promise<boolean> {
    const { witnesses } = this.#parts;
    const told = await witnesses.ask(upstream, witnesses.question("eth_getFilterChanges", [id]));
    return told?.text.startsWith("[") ?? false;
  }
}
