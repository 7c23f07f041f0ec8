import type { Inbound, Reply } from "../../core/protocol.ts";
import { Cancellation } from "../../lib/cancellation.ts";
import type { Clock, Scheduled } from "../../lib/clock.ts";
import type { BeaconChain } from "./chain.ts";

/** Whoever answers a validator client: the proxy, or one node. */
export type Handle = (inbound: Inbound, cancellation: Cancellation) => Promise<Reply>;

export interface PlayedParts {
  readonly handle: Handle;
  readonly chain: BeaconChain;
  readonly clock: Clock;
  /** The validators that it has. */
  readonly indices: readonly number[];
  readonly feeRecipient: string;
  /** Asks for blinded blocks where a builder offers one. */
  readonly builder?: boolean;
}

/** One thing that a duty needed and did not get. */
export interface Complaint {
  /** Wall-clock milliseconds since 1970. */
  readonly at: number;
  readonly what: string;
  readonly status: number;
  readonly detail: string;
}

/** How long after a head event it asks what to attest to, in milliseconds; and how long it waits for any answer. */
const afterHeadMs = 30;
const patienceMs = 6_000;
/** A stream that ended is opened again after this, in milliseconds: what Lodestar's client does. */
const reopenMs = 1_000;

/**
 * A validator client as far as beacon nodes can tell: prepares, subscribes, learns its duties, attests upon the head event
 * or at a third of the slot, proposes at its start, aggregates at two thirds. It signs nothing; the chain takes its word.
 */
export class PlayedValidators {
  readonly #parts: PlayedParts;
  readonly complaints: Complaint[] = [];
  /** How many head events came, and how many of them told an older head than one before. */
  heads = 0;
  backwards = 0;
  /** How often the event stream ended. */
  streamEnds = 0;
  readonly #attests = new Map<number, number[]>();
  #attested = -1;
  #headSlot = -1;
  #timers = new Set<Scheduled>();
  #events: Cancellation | undefined;
  #stopped = false;

  constructor(parts: PlayedParts) {
    this.#parts = parts;
    parts.chain.play(parts.indices);
  }

  /** Begins with the next slot. */
  start(): void {
    this.#listen();
    const { chain, clock } = this.#parts;
    const epoch = chain.epochOf(chain.slotAt(clock.epoch()));
    this.#inEpoch(epoch);
    this.#nextSlot();
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#events?.cancel();
  }

  #nextSlot(): void {
    const { chain, clock } = this.#parts;
    const slot = chain.slotAt(clock.epoch()) + 1;
    this.#at(chain.startOf(slot), () => {
      this.#nextSlot();
      this.#inSlot(slot);
    });
  }

  #inSlot(slot: number): void {
    const { chain } = this.#parts;
    const { slotMs, slotsPerEpoch } = chain.options;
    if (slot % slotsPerEpoch === 0) this.#inEpoch(chain.epochOf(slot));
    if (this.#parts.indices.includes(chain.proposer(slot))) this.#settle(this.#propose(slot));
    this.#at(chain.startOf(slot) + slotMs / 3, () => this.#attest(slot));
    this.#at(chain.startOf(slot) + (2 * slotMs) / 3, () => this.#settle(this.#aggregate(slot)));
  }

  #inEpoch(epoch: number): void {
    const { indices, feeRecipient } = this.#parts;
    const prepared = indices.map((index) => ({ validator_index: `${index}`, fee_recipient: feeRecipient }));
    this.#settle(this.#post("prepare", "/eth/v1/validator/prepare_beacon_proposer", prepared));
    this.#settle(this.#learn(epoch));
    this.#settle(this.#learn(epoch + 1));
  }

  async #learn(epoch: number): Promise<void> {
    const { indices, chain } = this.#parts;
    const ids = indices.map(String);
    const told = await this.#post("duties", `/eth/v1/validator/duties/attester/${epoch}`, ids);
    const from = epoch * chain.options.slotsPerEpoch;
    const duties = listOf(told);
    if (duties.length > 0) {
      for (let slot = from; slot < from + chain.options.slotsPerEpoch; slot++) this.#attests.delete(slot);
    }
    for (const { slot, validator_index } of duties) {
      const all = this.#attests.get(Number(slot)) ?? [];
      all.push(Number(validator_index));
      this.#attests.set(Number(slot), all);
    }
    for (const slot of this.#attests.keys())
      if (slot < from - 2 * chain.options.slotsPerEpoch) this.#attests.delete(slot);
    const committees = duties.map(({ slot, validator_index }) => ({
      validator_index,
      committee_index: "0",
      committees_at_slot: "1",
      slot,
      is_aggregator: true,
    }));
    await this.#post("subscribe", "/eth/v1/validator/beacon_committee_subscriptions", committees);
  }

  async #propose(slot: number): Promise<void> {
    const boost = this.#parts.builder ? "100" : "0";
    const query = `randao_reveal=0xab&graffiti=0x00&builder_boost_factor=${boost}`;
    const block = await this.#get("propose", `/eth/v3/validator/blocks/${slot}?${query}`);
    if (!block) return;
    const blinded = block["execution_payload_blinded"] === true;
    const data = block["data"] as Record<string, unknown>;
    const message = blinded ? data : data["block"];
    const signed = blinded
      ? { message, signature: "0x" }
      : { signed_block: { message, signature: "0x" }, kzg_proofs: [], blobs: [] };
    await this.#post("publish block", `/eth/v2/beacon/${blinded ? "blinded_blocks" : "blocks"}`, signed, "electra");
  }

  #attest(slot: number): void {
    if (slot <= this.#attested) return;
    this.#attested = slot;
    if ((this.#attests.get(slot) ?? []).length > 0) this.#settle(this.#attestAll(slot));
  }

  async #attestAll(slot: number): Promise<void> {
    const told = await this.#get("attest", `/eth/v1/validator/attestation_data?slot=${slot}&committee_index=0`);
    const data = told?.["data"];
    if (!data) return;
    const votes = (this.#attests.get(slot) ?? []).map((index) => ({
      committee_index: "0",
      attester_index: `${index}`,
      data,
      signature: `0x${"ab".repeat(96)}`,
    }));
    await this.#post("publish votes", "/eth/v2/beacon/pool/attestations", votes, "electra");
  }

  async #aggregate(slot: number): Promise<void> {
    if ((this.#attests.get(slot) ?? []).length === 0) return;
    const query = `slot=${slot}&attestation_data_root=0x${"00".repeat(32)}&committee_index=0`;
    await this.#get("aggregate", `/eth/v2/validator/aggregate_attestation?${query}`);
  }

  /** Follows the head; opens the stream again when it ends. */
  #listen(): void {
    if (this.#stopped) return;
    const cancellation = new Cancellation();
    this.#events = cancellation;
    const again = () => {
      if (this.#stopped) return;
      this.streamEnds++;
      this.#at(this.#parts.clock.epoch() + reopenMs, () => this.#listen());
    };
    const inbound = request("GET", "/eth/v1/events?topics=head", undefined, { accept: "text/event-stream" });
    const opened = this.#parts.handle(inbound, cancellation).then((reply) => {
      if (reply.status !== 200 || !reply.rest) {
        this.#complain("events", reply.status, text(reply));
        again();
        return;
      }
      let pending = text(reply);
      reply.rest.read({
        data: (chunk) => {
          pending += Buffer.from(chunk).toString();
          const events = pending.split("\n\n");
          pending = events.pop() ?? "";
          for (const event of events) this.#heard(event);
          return true;
        },
        end: again,
        fail: again,
      });
    });
    this.#settle(opened);
  }

  #heard(event: string): void {
    const found = /^event: head\ndata: (.*)$/m.exec(event);
    if (!found?.[1]) return;
    const { slot } = JSON.parse(found[1]) as { slot: string };
    this.heads++;
    if (Number(slot) < this.#headSlot) this.backwards++;
    this.#headSlot = Number(slot);
    const { chain, clock } = this.#parts;
    if (Number(slot) !== chain.slotAt(clock.epoch())) return;
    this.#at(clock.epoch() + afterHeadMs, () => this.#attest(Number(slot)));
  }

  #get(what: string, path: string) {
    return this.#ask(what, request("GET", path, undefined, { accept: "application/json" }));
  }

  #post(what: string, path: string, body: unknown, version?: string) {
    const headers = { "content-type": "application/json", ...(version && { "eth-consensus-version": version }) };
    return this.#ask(what, request("POST", path, body, headers));
  }

  async #ask(what: string, inbound: Inbound): Promise<Record<string, unknown> | undefined> {
    const cancellation = new Cancellation();
    const timer = this.#parts.clock.schedule(patienceMs, () => cancellation.cancel());
    const reply = await this.#parts.handle(inbound, cancellation);
    timer.cancel();
    const whole = text(reply);
    if (reply.status >= 300) {
      this.#complain(what, reply.status, whole);
      return undefined;
    }
    return whole === "" ? {} : (JSON.parse(whole) as Record<string, unknown>);
  }

  #complain(what: string, status: number, detail: string): void {
    this.complaints.push({ at: this.#parts.clock.epoch(), what, status, detail: detail.slice(0, 300) });
  }

  #at(epochMs: number, task: () => void): void {
    const { clock } = this.#parts;
    const timer = clock.schedule(epochMs - clock.epoch(), () => {
      this.#timers.delete(timer);
      if (!this.#stopped) task();
    });
    this.#timers.add(timer);
  }

  /** A bug must not pass unnoticed. */
  #settle(work: Promise<unknown>): void {
    work.catch((bug: unknown) =>
      this.#complain("bug", 0, bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)),
    );
  }
}

function request(method: string, path: string, body: unknown, headers: Record<string, string>): Inbound {
  return { method, path, headers, body: body === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(body)) };
}

function text({ body }: Reply): string {
  return typeof body === "string" ? Buffer.from(body, "latin1").toString() : Buffer.from(body).toString();
}

function listOf(told: Record<string, unknown> | undefined): readonly Record<string, unknown>[] {
  const data = told?.["data"];
  return Array.isArray(data) ? data : [];
}
