import type { Answer } from "../../core/outcome.ts";
import type { ProbeReading, ProbeStep } from "../../core/protocol.ts";
import { asObject, objectOf, rootOf, unsigned } from "./bodies.ts";
import { ownCall } from "./endpoints-call.ts";

type Reader = (data: Readonly<Record<string, unknown>>) => Partial<ProbeReading> | undefined;

function step(
  name: ProbeStep["name"],
  every: ProbeStep["every"],
  optional: boolean,
  method: string,
  path: string,
  read: Reader,
): ProbeStep {
  return {
    name,
    every,
    optional,
    call: ownCall(method, path),
    read: (answer: Answer) => (answer.failed ? undefined : read(asObject(objectOf(answer.payload)["data"]))),
  };
}

function some<Name extends keyof ProbeReading>(
  name: Name,
  value: ProbeReading[Name],
): Partial<ProbeReading> | undefined {
  return value === undefined ? undefined : { [name]: value };
}

/** The slot of a header. */
function slotOf(data: Readonly<Record<string, unknown>>): number | undefined {
  return unsigned(asObject(asObject(data["header"])["message"])["slot"]);
}

/** A chain id as all nodes write it the same: decimal digits. */
function chainOf(id: unknown): string | undefined {
  return unsigned(id)?.toString();
}

/**
 * What an upstream of a beacon network is asked. The network is known by the root of its first validators, and by the
 * chain id of its execution layer where the spec names one (`DEPOSIT_CHAIN_ID`, or the older `DEPOSIT_NETWORK_ID`).
 *
 * One answer of `/eth/v1/node/syncing` tells the head and whether it syncs. Finality is read from the finalized block's
 * header, which names a slot; checkpoints name epochs, whose length is another on other chains.
 * Source: beacon-APIs 7a58b5a.
 */
export const beaconProbe: readonly ProbeStep[] = [
  step("genesis", "rare", false, "genesis", "/eth/v1/beacon/genesis", (data) =>
    some("genesis", rootOf(data["genesis_validators_root"])),
  ),
  step("chain", "rare", true, "spec", "/eth/v1/config/spec", (data) =>
    some("chain", chainOf(data["DEPOSIT_CHAIN_ID"]) ?? chainOf(data["DEPOSIT_NETWORK_ID"])),
  ),
  step("version", "rare", true, "node_version", "/eth/v1/node/version", ({ version }) =>
    typeof version === "string" ? { version: version.slice(0, 120) } : undefined,
  ),
  step("head", "probe", false, "node_syncing", "/eth/v1/node/syncing", (data) => {
    const head = unsigned(data["head_slot"]);
    if (head === undefined) return undefined;
    return { head, ...(typeof data["is_syncing"] === "boolean" && { syncing: data["is_syncing"] }) };
  }),
  step("safe", "slow", true, "header", "/eth/v1/beacon/headers/justified", (data) => some("safe", slotOf(data))),
  step("finalized", "slow", true, "header", "/eth/v1/beacon/headers/finalized", (data) =>
    some("finalized", slotOf(data)),
  ),
  step("peers", "slow", true, "node_peer_count", "/eth/v1/node/peer_count", (data) =>
    some("peers", unsigned(data["connected"])),
  ),
];
