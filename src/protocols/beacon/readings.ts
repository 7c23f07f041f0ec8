import type { Call } from "../../core/call.ts";
import type { DutyProtocol } from "../../core/duty.ts";
import { knownPreset } from "../../lib/consensus-types.ts";
import { attestationDataOf } from "./attestation-data.ts";
import { blockOf, publishedBlockOf } from "./blocks.ts";
import { controlIn, type SlotsPerEpoch } from "./control.ts";
import { dependenceOf, headRootOf } from "./dependence.ts";
import { isDuplicate } from "./duplicates.ts";
import { eventKeyOf, headOf } from "./heads.ts";
import { mergeBroadcast, refusal, untakenBy } from "./indexed-errors.ts";
import { mergeLiveness } from "./liveness.ts";
import { questions } from "./questions.ts";
import { recodeAnswerTo, recodeCall } from "./recode.ts";
import { aggregateScore, blockScore, contributionScore } from "./score.ts";
import { signedIn, withoutMessages } from "./signed.ts";
import { attestationVote, type HeadSlot, headVote, payloadVote } from "./votes.ts";

/** What the readings need to know of the chain. */
export interface DutyOptions {
  /**
   * The name of its preset (`PRESET_BASE` of `/eth/v1/config/spec`), by which containers are transcoded; nothing is while
   * it is unknown. Without this it is mainnet. One process transcodes for one preset: the first that it meets.
   */
  readonly preset?: (() => string | undefined) | undefined;
  /** Blocks are compared by what the chain pays alone, where the payload pays in another coin (Gnosis). */
  readonly consensusValueOnly?: boolean | undefined;
  /** Its slots per epoch, once known; without, subscriptions have no end. */
  readonly slotsPerEpoch?: SlotsPerEpoch | undefined;
  /** The slot of a head, as far as it was heard of: the newer of two is preferred when as many nodes follow each. */
  readonly headSlot?: HeadSlot | undefined;
}

/** What is known of validators' duties in the beacon API: pure readings of calls and answers, in JSON or SSZ. */
export function createDutyProtocol(options: DutyOptions = {}): DutyProtocol {
  const { consensusValueOnly = false } = options;
  const presetOf = options.preset ?? (() => "mainnet");
  const recode = (call: Call): Call | undefined => {
    const preset = knownPreset(presetOf());
    return preset && recodeCall(classOf(call), call, preset);
  };
  const slotsPerEpoch = options.slotsPerEpoch ?? nothing;
  const headSlot = options.headSlot ?? nothing;
  return {
    questions,
    score(call, answer) {
      const name = classOf(call);
      if (name === "aggregate_attestation") return aggregateScore(answer);
      if (name === "sync_committee_contribution") return contributionScore(answer);
      return blockScore(answer, consensusValueOnly);
    },
    vote(call, answer) {
      const name = classOf(call);
      if (name === "attestation_data") return attestationVote(answer, headSlot);
      return name === "payload_attestation_data" ? payloadVote(answer) : headVote(answer, headSlot);
    },
    merge: (call, outcomes) =>
      call.traits.duty?.fanOut === "union" ? mergeLiveness(call, outcomes) : mergeBroadcast(outcomes, isDuplicate),
    recode,
    recodeAnswer(call, answer) {
      const preset = knownPreset(presetOf());
      return preset && recodeAnswerTo(classOf(call), call, answer, preset);
    },
    attestationData: attestationDataOf,
    block: blockOf,
    publishedBlock: publishedBlockOf,
    dependence: dependenceOf,
    headRoot: headRootOf,
    untaken: (outcomes, places) => untakenBy(outcomes, places, isDuplicate),
    signed: (call) => signedIn(classOf(call), call),
    without: (call, indices) => withoutMessages(classOf(call), call, indices),
    refuse: (_, refused, rest) => refusal(refused, rest),
    control: (call) => controlIn(classOf(call), call, slotsPerEpoch, recode),
    headEvent: headOf,
    eventKey: eventKeyOf,
  };
}

/** The class of a call's endpoint: versions of one endpoint are one. */
function classOf({ traits }: Call): string {
  return traits.name;
}

function nothing(): undefined {
  return undefined;
}
