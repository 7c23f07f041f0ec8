import type { Answer } from "../../core/outcome.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { aggregateCoverage, type Coverage, contributionCoverage } from "./aggregates.ts";
import { headerOf, isSsz } from "./bodies.ts";
import { memberOf, skipSpace, textAt } from "./json-scan.ts";

/** What an answer is worth that must not be taken. */
const useless = Number.NEGATIVE_INFINITY;

/** The longest value in wei: 256 bits in decimal. */
const mostDigits = 78;

/**
 * What a block is worth to its proposer, in wei: what the chain pays and what the payload pays. What a node does not tell
 * counts as nothing (OffchainLabs/prysm#15174). The sum is exact and only then a floating-point number, which keeps the
 * order. With `consensusOnly` the payload is left out, for chains that pay the two in different coins, as Gnosis does.
 * Source: beacon-APIs, headers `Eth-Consensus-Block-Value` and `Eth-Execution-Payload-Value`.
 */
export function blockScore(answer: Answer, consensusOnly: boolean): number {
  if (answer.failed || answer.status !== 200 || answer.payload.length === 0) return useless;
  const consensus = wei(answer, "consensus_block_value");
  return Number(consensusOnly ? consensus : consensus + wei(answer, "execution_payload_value"));
}

/** How much of the committee an aggregate speaks for, 0..1. */
export function aggregateScore(answer: Answer): number {
  return share(aggregateCoverage(answer));
}

export function contributionScore(answer: Answer): number {
  return share(contributionCoverage(answer));
}

function share(coverage: Coverage | undefined): number {
  return coverage === undefined || coverage.size === 0 || coverage.set === 0 ? useless : coverage.set / coverage.size;
}

function wei(answer: Answer, name: string): bigint {
  const told = headerOf(answer.headers, `eth-${name.replaceAll("_", "-")}`) ?? inBody(answer, name) ?? "";
  return /^[0-9]+$/.test(told) && told.length <= mostDigits ? BigInt(told) : 0n;
}

function inBody(answer: Answer, name: string): string | undefined {
  if (isSsz(answer.headers)) return undefined;
  const bytes = asBuffer(answer.payload);
  const found = memberOf(bytes, skipSpace(bytes, 0), [name]);
  return found && textAt(bytes, found.at, mostDigits);
}
