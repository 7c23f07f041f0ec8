import type { Protocol } from "../core/protocol.ts";
import { type BeaconOptions, createBeacon } from "./beacon/beacon.ts";
import { createEvm, type EvmOptions } from "./evm/evm.ts";

export type ProtocolName = "evm" | "beacon";

/** What the protocols may be told; each takes what it needs. */
export interface ProtocolOptions extends EvmOptions, BeaconOptions {}

/** The protocols, by the name that a network gives in its configuration. */
const protocols: Readonly<Record<ProtocolName, (options: ProtocolOptions) => Protocol>> = {
  evm: (options) => createEvm(options) as Protocol,
  beacon: (options) => createBeacon(options) as Protocol,
};

/** Builds the protocol of a network. */
export function createProtocol(name: ProtocolName, options: ProtocolOptions): Protocol {
  return protocols[name](options);
}
