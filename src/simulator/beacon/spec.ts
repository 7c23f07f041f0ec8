import type { BeaconChainOptions } from "./chain.ts";

/** The constants of a simulated chain, by the names of consensus-specs. */
export function chainSpec({ slotMs, slotsPerEpoch }: BeaconChainOptions): Readonly<Record<string, string>> {
  return {
    CONFIG_NAME: "simulated",
    PRESET_BASE: "mainnet",
    SECONDS_PER_SLOT: `${Math.floor(slotMs / 1_000)}`,
    SLOT_DURATION_MS: `${slotMs}`,
    SLOTS_PER_EPOCH: `${slotsPerEpoch}`,
    GENESIS_FORK_VERSION: "0x00000001",
    ALTAIR_FORK_EPOCH: "0",
    BELLATRIX_FORK_EPOCH: "0",
    CAPELLA_FORK_EPOCH: "0",
    DENEB_FORK_EPOCH: "0",
    ELECTRA_FORK_EPOCH: "0",
    FULU_FORK_EPOCH: "18446744073709551615",
    DEPOSIT_CHAIN_ID: "1337",
    DEPOSIT_NETWORK_ID: "1337",
    DEPOSIT_CONTRACT_ADDRESS: `0x${"42".repeat(20)}`,
    PROPOSER_REORG_CUTOFF_BPS: "1667",
    ATTESTATION_DUE_BPS: "3333",
    SYNC_MESSAGE_DUE_BPS: "3333",
    AGGREGATE_DUE_BPS: "6667",
    CONTRIBUTION_DUE_BPS: "6667",
  };
}
