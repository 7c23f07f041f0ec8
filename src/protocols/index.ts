import type { Protocol } from "../core/protocol.ts";
import { createEvm, type EvmOptions } from "./evm/evm.ts";

export type ProtocolName = "evm";

/** The protocols, by the name that a network gives in its configuration. */
const protocols: Readonly<Record<ProtocolName, (options: EvmOptions) => Protocol>> = {
  evm: (options) => createEvm(options) as Protocol,
};

/** Builds the protocol of a network. */
export function createProtocol(name: ProtocolName, options: EvmOptions): Protocol {
  return protocols[name](options);
}
