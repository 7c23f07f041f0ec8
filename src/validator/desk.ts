import type { Call } from "../core/call.ts";
import type { AttestationData, BlockFacts, ControlEntry, DutyDesk, DutyProtocol, Timing } from "../core/duty.ts";
import type { Alarm } from "../core/observer.ts";
import type { Answer, Fault, Outcome } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock } from "../lib/clock.ts";
import type { CallerWatch } from "./callers.ts";
import type { ControlState } from "./control-state.ts";
import { diverse } from "./diversity.ts";
import type { KeptAnswers } from "./kept-answers.ts";
import type { Remembered } from "./memory.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Overview } from "./overview.ts";
import type { Pins } from "./pins.ts";
import type { ValidatorsOptions } from "./schema.ts";
import type { Sharing } from "./sharing.ts";
import { timing } from "./slot-clock.ts";
import type { SurroundGuard } from "./surround.ts";

/** The kind of control state that says who is paid for a validator's blocks. */
export const preparation = "prepare_beacon_proposer";
/** The kind that tells builders. */
export const registration = "register_validator";

export interface DeskParts {
  readonly overview: Overview;
  readonly protocol: DutyProtocol;
  readonly control: ControlState;
  readonly pins: Pins;
  readonly kept: KeptAnswers;
  readonly surround: SurroundGuard;
  readonly outgoing: Outgoing;
  readonly sharing: Pick<Sharing, "pinned" | "served" | "told">;
  /** Hears who acts for validators. */
  readonly acted: CallerWatch;
  readonly options: ValidatorsOptions;
  readonly clock: Clock;
  /** Is a node to be told of this kind of control state? */
  readonly wants: (upstream: Upstream, kind: string) => boolean;
  /** May all nodes that are to be told of this kind hear of this call, so that it can be told them again? */
  readonly forAll: (call: Call, kind: string) => boolean;
  /** Is no node at all to be told of this kind? */
  readonly isIdle: (kind: string) => boolean;
  /** Those of them who may be told of builders where only one is, who is told now first. */
  readonly registrars: (upstreams: readonly Upstream[]) => readonly Upstream[];
  /** Control state was told: its kind and number, for those who acknowledge it. */
  readonly told: (call: Call, kind: string, number: number) => void;
  /** Something that must outlive the process has changed. */
  readonly touched: (what: Remembered) => void;
  /** Hears of what is worth an operator's attention. */
  readonly alarm: (alarm: Alarm) => void;
}

/** How long a call may take while it is not known how long slots are: as on Ethereum, in milliseconds. */
const usualSlotMs = 12_000;

/** Builds the desk that policies ask about validators' duties. */
export function createDesk(parts: DeskParts): DutyDesk {
  return new Desk(parts);
}

class Desk implements DutyDesk {
  readonly leastVoters: number;
  readonly leastHeard: number;
  readonly #parts: DeskParts;

  /** What calls told that was not so before. */
  readonly #news = new WeakMap<Call, { readonly kind: string; readonly news: readonly News[] }>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.leastVoters = parts.options.quorum;
    this.leastHeard = parts.options.liveness;
  }

  timing(call: Call): Timing {
    const { overview, clock } = this.#parts;
    const at = overview.now();
    if (at && overview.slots) return timing(overview.slots, call, at);
    const now = clock.now();
    const { soft = 0.25, hard = 1 } = call.traits.duty?.budget ?? {};
    return { soft: now + soft * usualSlotMs, hard: now + hard * usualSlotMs };
  }

  admit(call: Call): Call | Outcome {
    if (this.#note(call)) return taken;
    return call.traits.access === "write" ? this.#parts.outgoing.admit(call) : call;
  }

  candidates(call: Call, able: readonly Upstream[]): readonly Upstream[] | Fault {
    const { options, wants, registrars } = this.#parts;
    const duty = call.traits.duty;
    switch (duty?.fanOut) {
      case "best":
        return duty.duty === "propose" ? diverse(able, (upstream) => this.voter(upstream)) : able;
      case "producer":
      case "broadcast": {
        if (duty.duty === "prepare") {
          if (call.method === registration && options.registration === "one") return registrars(able).slice(0, 1);
          return able.filter((upstream) => wants(upstream, call.method));
        }
        const producer = this.#producerOf(call);
        return producer === undefined ? able : able.toSorted((a, b) => rank(a, producer) - rank(b, producer));
      }
      default:
        return able;
    }
  }

  width({ traits }: Call): number | undefined {
    return traits.duty?.duty === "propose" ? this.#parts.options.proposers : undefined;
  }

  objection(call: Call, answer: Answer, upstream: Upstream): string | undefined {
    const found = this.#objectionTo(call, answer, upstream);
    if (found === undefined) return undefined;
    const { what, because } = typeof found === "string" ? { what: "objection" as const, because: found } : found;
    this.#parts.alarm({ what, because, upstream: upstream.id });
    return because;
  }

  voter(upstream: Upstream): string {
    return this.#parts.overview.voterOf(upstream.id);
  }

  isBehind(call: Call, answer: Answer): boolean {
    const { protocol, overview } = this.#parts;
    if (call.traits.duty?.duty !== "attest") return false;
    const head = protocol.attestationData(answer)?.head ?? protocol.headRoot(answer);
    return head !== undefined && overview.isOvertaken(head);
  }

  untaken(call: Call, outcomes: readonly Outcome[]): void {
    const { outgoing, protocol, control, touched } = this.#parts;
    outgoing.untaken(call, outcomes);
    const told = this.#news.get(call);
    if (!told || protocol.untaken(outcomes, [0]).size === 0) return;
    // What every node refuses must not take the place of what they took before.
    control.takeBack(told.kind, told.news);
    touched("control");
  }

  settled(call: Call, outcome: Outcome, by: Upstream | undefined): Outcome {
    const told = this.#parts.outgoing.settled(call, outcome);
    if (told) return told;
    if (outcome.ok && !outcome.failed) this.#remember(call, outcome, by);
    return outcome;
  }

  cached(call: Call): Answer | undefined {
    const { kept } = this.#parts;
    return call.traits.duty?.duty === "schedule" ? kept.get(call, this.#dependence(call)) : undefined;
  }

  /**
   * Who produced the block that a call carries; where it carries none, who produced the last one of its slot, or of the
   * present: payloads and their envelopes name their block by its root alone.
   */
  #producerOf(call: Call): string | undefined {
    const { protocol, pins, overview } = this.#parts;
    const block = protocol.publishedBlock(call);
    if (block) return pins.producer(block);
    const slot = call.slot ?? overview.now()?.slot;
    return call.traits.duty?.fanOut === "producer" && slot !== undefined ? pins.last(slot) : undefined;
  }

  /** Keeps what validators tell their nodes; true when there is no node to tell. */
  #note(call: Call): boolean {
    if (call.traits.duty?.duty !== "prepare") return false;
    const { protocol, control, told, touched, acted, sharing, forAll, isIdle } = this.#parts;
    const carried = protocol.control(call);
    if (!carried) return false;
    const { kind, entries } = carried;
    acted(call.caller, entries);
    if (!forAll(call, kind)) return isIdle(kind);
    const news: News[] = [];
    told(
      call,
      kind,
      control.tell(kind, entries, (entry, before) => news.push([entry, before])),
    );
    if (news.length > 0) {
      this.#news.set(call, { kind, news });
      sharing.told(
        kind,
        news.map(([entry]) => entry),
      );
    }
    touched("control");
    return isIdle(kind);
  }

  #objectionTo(call: Call, answer: Answer, upstream: Upstream): string | Mispaid | undefined {
    const { protocol } = this.#parts;
    switch (call.traits.duty?.duty) {
      case "attest": {
        const data = protocol.attestationData(answer);
        return data ? this.#objectionToData(call, data) : this.#optimistic(answer);
      }
      case "propose": {
        // Envelopes and bids belong to a block that was judged.
        if (!isForBlock(call)) return undefined;
        const block = protocol.block(answer);
        return block ? this.#objectionToBlock(call, block, upstream) : "the block cannot be read";
      }
      case "schedule":
        return this.#optimistic(answer) ?? this.#objectionToDependence(call, answer);
      default:
        return undefined;
    }
  }

  #optimistic(answer: Answer): string | undefined {
    return this.#parts.protocol.dependence(answer)?.optimistic ? "it rests on a head that is not verified" : undefined;
  }

  #objectionToData(call: Call, data: AttestationData): string | undefined {
    const { overview, surround } = this.#parts;
    const { slots, tree } = overview;
    if (!slots) return "the chain's constants are not known yet";
    const slot = call.slot ?? data.slot;
    if (data.slot !== slot) return `it is about slot ${data.slot}`;
    if (this.#isAhead(slot)) return `slot ${slot} is far ahead`;
    if (data.target.epoch !== slots.epochOf(slot)) return `its target is of epoch ${data.target.epoch}`;
    const head = tree.get(data.head);
    if (head && head.slot > slot) return `its head is of slot ${head.slot}, after the one that is attested`;
    return surround.objection(data, this.#isTarget(data));
  }

  /** Is its target the one of the view that counts? After a reorganisation across the epoch's start it is another one. */
  #isTarget({ target }: AttestationData): boolean {
    const { slots, tree, views } = this.#parts.overview;
    const head = views?.canonical?.head.root;
    return (
      head !== undefined && slots !== undefined && tree.at(head, slots.firstSlot(target.epoch))?.root === target.root
    );
  }

  #objectionToBlock(call: Call, block: BlockFacts, upstream: Upstream): string | Mispaid | undefined {
    if (call.slot !== undefined && block.slot !== call.slot) return `it is of slot ${block.slot}`;
    if (this.#isAhead(block.slot)) return `slot ${block.slot} is far ahead`;
    if (!this.#isGoodParent(block.parent, upstream)) return `its parent ${block.parent.slice(0, 10)} is not the head`;
    const because = this.#objectionToPay(block);
    return because === undefined ? undefined : { what: "fee_recipient", because };
  }

  /** What is of times to come is not taken from anybody: remembered, it would stand in the way of what is due now. */
  #isAhead(slot: number): boolean {
    const at = this.#parts.overview.now();
    return at !== undefined && slot > at.slot + 1;
  }

  /** The head, as all or as the producer knows it; or the block before it, for who leaves a late block out. */
  #isGoodParent(parent: string, { id }: Upstream): boolean {
    const { overview } = this.#parts;
    const head = overview.views?.canonical?.head.root;
    if (head === undefined || parent === head || parent === overview.tree.get(head)?.parent) return true;
    return parent === overview.facts.get(id)?.head?.root && overview.placeOf(id).member;
  }

  /** A node that was not told whom to pay pays nobody, or somebody else. */
  #objectionToPay({ feeRecipient, proposer }: BlockFacts): string | undefined {
    if (feeRecipient === undefined) return undefined;
    if (/^0x0*$/.test(feeRecipient)) return "it pays nobody";
    const { control, options } = this.#parts;
    if (options.feeRecipients.includes(feeRecipient)) return undefined;
    const wanted = wantedRecipient(control.text(preparation, `${proposer}`));
    if (wanted === undefined ? options.feeRecipients.length === 0 : wanted === feeRecipient) return undefined;
    return `it pays ${feeRecipient}, which nobody asked for`;
  }

  #objectionToDependence(call: Call, answer: Answer): string | undefined {
    const told = this.#parts.protocol.dependence(answer)?.root;
    const known = this.#dependence(call);
    if (told === undefined || known === undefined || told === known) return undefined;
    return `it depends on ${told.slice(0, 10)}, and the chain on ${known.slice(0, 10)}`;
  }

  /**
   * What a call's answer depends on now. Source: beacon-APIs: proposer duties (v1) depend on the last block before their
   * epoch, all others, and proposer duties v2, on the last before the epoch ahead of it.
   */
  #dependence({ method, epoch }: Call): string | undefined {
    if (epoch === undefined) return undefined;
    return this.#parts.overview.dependentRoot(method === "proposer_duties" ? epoch + 1 : epoch);
  }

  #remember(call: Call, answer: Answer, by: Upstream | undefined): void {
    const { protocol, surround, pins, kept, touched, sharing } = this.#parts;
    switch (call.traits.duty?.duty) {
      case "attest": {
        const data = protocol.attestationData(answer);
        if (!data) return;
        surround.served(data);
        sharing.served([data.target.epoch, data.target.root, data.source.epoch, data.source.epoch]);
        touched("surround");
        return;
      }
      case "propose": {
        const block = isForBlock(call) ? protocol.block(answer) : undefined;
        if (!block || !by) return;
        sharing.pinned(pins.pin(block, by.id));
        touched("pins");
        return;
      }
      case "schedule": {
        const root = protocol.dependence(answer)?.root;
        if (root !== undefined && call.epoch !== undefined) kept.keep(call, answer, call.epoch, root);
        return;
      }
    }
  }
}

/** What a node answers that was told. */
const taken: Answer = {
  ok: true,
  status: 200,
  failed: false,
  payload: new Uint8Array(0),
  rest: undefined,
  headers: {},
  height: undefined,
};

type News = readonly [entry: ControlEntry, before: ControlEntry | undefined];

/** A block that pays whom nobody named. */
interface Mispaid {
  readonly what: "fee_recipient";
  readonly because: string;
}

/** Is it a block that a call to a proposer's node brings? */
function isForBlock({ traits }: Call): boolean {
  return traits.duty?.fanOut === "best";
}

function rank({ id }: Upstream, first: string): number {
  return id === first ? 0 : 1;
}

/** The fee recipient in a preparation, in small letters. */
function wantedRecipient(text: string | undefined): string | undefined {
  const found = text === undefined ? undefined : /"fee_recipient"\s*:\s*"(0x[0-9a-fA-F]{40})"/.exec(text);
  return found?.[1]?.toLowerCase();
}
