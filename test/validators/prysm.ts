import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { engineChainId } from "./engine.ts";
import { installOnce, run } from "./install.ts";
import { startProgram } from "./processes.ts";
import { type ChainSettings, flagsOf, type Installed, slotsPerEpoch } from "./software.ts";

const source = join(import.meta.dirname, "prysm");
const sources = ["go.mod", "go.sum", "tools.go", "mutexasserts/go.mod", "mutexasserts/mutex.go"];
const programs = ["beacon-chain", "validator", "prysmctl"];

/** Files of a bed that all of Prysm's programs read. */
const configFile = (folder: string) => join(folder, "config.yaml");
const genesisFile = (folder: string) => join(folder, "genesis.ssz");
const gethFile = (folder: string) => join(folder, "geth.json");

/** Prysm 5.3.0, built from its Go module with the Go that there is: a chain of Electra, in JSON and SSZ. */
export async function installPrysm(progress: (line: string) => void): Promise<Installed> {
  progress("Prysm is built from its Go module the first time, about three minutes");
  const builds = programs.map((program) => [
    ...["go", "build", "-mod=mod", "-buildvcs=false", "-o", program],
    `github.com/prysmaticlabs/prysm/v5/cmd/${program}`,
  ]);
  const installed = await installOnce(source, sources, builds);
  if ("failure" in installed) return { missing: `Prysm could not be built: ${installed.failure}` };
  const { folder: binaries } = installed;
  const prysm = (program: string) => join(binaries, program);
  return {
    name: "Prysm 5.3.0",
    async prepare(folder, chain) {
      // Prysm wants hexadecimal values without quotes, which JSON cannot give.
      const lines = Object.entries(configOf(chain)).map(([name, value]) => `${name}: ${value}\n`);
      await writeFile(configFile(folder), lines.join(""));
      await writeFile(gethFile(folder), JSON.stringify(gethGenesis));
      const flags = {
        ...{ fork: "electra", "num-validators": chain.validators, "genesis-time": chain.genesisTime },
        ...{ "chain-config-file": configFile(folder), "output-ssz": genesisFile(folder) },
        "geth-genesis-json-in": gethFile(folder),
      };
      const failure = await run([prysm("prysmctl"), "testnet", "generate-genesis", ...flagsOf(flags)], folder);
      if (failure !== undefined) throw new Error(`no genesis from prysmctl: ${failure}`);
    },
    startNode(folder, name, _chain, settings) {
      const { restPort, peerPort, bootnode, engineUrl, jwtFile, feeRecipient } = settings;
      const flags = {
        ...{ datadir: join(folder, name, "data"), "chain-config-file": configFile(folder) },
        ...{ "genesis-state": genesisFile(folder), "contract-deployment-block": 0 },
        ...{ "chain-id": engineChainId, "network-id": engineChainId },
        ...{ "execution-endpoint": engineUrl, "jwt-secret": jwtFile, "suggested-fee-recipient": feeRecipient },
        ...{ "min-sync-peers": 0, "minimum-peers-per-subnet": 0 },
        ...{ "http-host": "127.0.0.1", "http-port": restPort, "rpc-host": "127.0.0.1", "rpc-port": restPort + 1 },
        ...{ "p2p-local-ip": "127.0.0.1", "p2p-host-ip": "127.0.0.1", "p2p-tcp-port": peerPort },
        ...(bootnode !== undefined && { peer: bootnode }),
      };
      // Its QUIC library panics when it was built with Go 1.26.
      const switches = ["accept-terms-of-use", "no-discovery", "p2p-static-id", "disable-monitoring", "disable-quic"];
      const options = [...switches, "interop-eth1data-votes", "save-full-execution-payloads"].map(
        (name) => `--${name}`,
      );
      return startProgram(name, folder, [prysm("beacon-chain"), ...options, ...flagsOf(flags)], {});
    },
    async addressOf(api, program) {
      const answers = await api.ask("/eth/v1/node/version").then(
        () => true,
        () => false,
      );
      return answers ? /multiAddr="([^"]+)"/.exec(program.log())?.[1] : undefined;
    },
    startClient(folder, name, _chain, { beaconUrl, keys: [first, last], feeRecipient }) {
      const flags = {
        ...{ datadir: join(folder, name, "data"), "chain-config-file": configFile(folder) },
        ...{ "interop-start-index": first, "interop-num-validators": last - first + 1 },
        ...{ "beacon-rest-api-provider": beaconUrl, "suggested-fee-recipient": feeRecipient },
      };
      const switches = ["accept-terms-of-use", "enable-beacon-rest-api", "disable-monitoring", "force-clear-db"];
      const options = switches.map((name) => `--${name}`);
      return startProgram(name, folder, [prysm("validator"), ...options, ...flagsOf(flags)], {});
    },
  };
}

/** The mainnet preset, which Prysm's types are made for, with epochs as short as those of the minimal one. */
function configOf({ secondsPerSlot, validators }: ChainSettings) {
  const forks = ["GENESIS", "ALTAIR", "BELLATRIX", "CAPELLA", "DENEB", "ELECTRA", "FULU"];
  return {
    ...{ CONFIG_NAME: "breakwater-bed", PRESET_BASE: "mainnet" },
    ...{ MIN_GENESIS_ACTIVE_VALIDATOR_COUNT: validators, GENESIS_DELAY: 0, TERMINAL_TOTAL_DIFFICULTY: 0 },
    ...Object.fromEntries(forks.map((fork, index) => [`${fork}_FORK_VERSION`, `0x2000009${index}`])),
    // Fulu has a version, for each must differ from mainnet's, and no epoch.
    ...Object.fromEntries(forks.slice(1, -1).map((fork) => [`${fork}_FORK_EPOCH`, 0])),
    ...{ SECONDS_PER_SLOT: secondsPerSlot, SLOTS_PER_EPOCH: slotsPerEpoch },
    ...{ DEPOSIT_CHAIN_ID: engineChainId, DEPOSIT_NETWORK_ID: engineChainId },
    DEPOSIT_CONTRACT_ADDRESS: `0x${"42".repeat(20)}`,
  };
}

/** The genesis of the execution chain that the beacon chain is to start from, of which only the hash is used. */
const gethGenesis = {
  config: {
    ...{ chainId: engineChainId, terminalTotalDifficulty: 0 },
    ...Object.fromEntries(
      ["homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul"]
        .concat(["berlin", "london"])
        .map((fork) => [`${fork}Block`, 0]),
    ),
    blobSchedule: {
      cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 },
      prague: { target: 6, max: 9, baseFeeUpdateFraction: 5007716 },
    },
  },
  ...{ difficulty: "0x0", extraData: "0x", gasLimit: "0x1c9c380", alloc: {} },
};
