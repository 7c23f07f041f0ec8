import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/anvil.ts";
import { type BeaconApi, beaconApi } from "./beacon-api.ts";
import { startEngine } from "./engine.ts";
import { type Program, until } from "./processes.ts";
import type { ChainSettings, NodeSettings, Software } from "./software.ts";

/** How long a beacon node may take from its start to its first answer. */
const nodeStartMs = 60_000;

/** A beacon node of the bed. */
export interface BeaconNode {
  readonly name: string;
  readonly api: BeaconApi;
  /** The process that it is now; another one after `start`. */
  program(): Program;
  /** Kills it as a power cut does. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on its database. What validator clients had told it is lost. Resolves at once. */
  start(): void;
  /** Has it hang: its connections stay open, and nothing is answered. */
  pause(): void;
  resume(): void;
}

/** One chain of real beacon nodes. The control's node is the one that the others know first; nothing is done to it. */
export interface Bed {
  readonly folder: string;
  readonly chain: ChainSettings;
  readonly control: BeaconNode;
  /** The nodes behind what is tried. */
  readonly nodes: readonly BeaconNode[];
  /** Starts a validator client; all of it goes with the bed. */
  client(name: string, beaconUrl: string, keys: readonly [number, number], feeRecipient: string): Program;
  /** Has a program end with the bed. */
  own(program: Program): void;
  /** The slot that it is now, with its fraction; before genesis it is negative. */
  slot(): number;
  /** Resolves when `slot` has begun. */
  slotBegins(slot: number): Promise<void>;
  /** Kills everything. With `keepLogs` the folder stays. */
  stop(keepLogs: boolean): Promise<void>;
}

export interface BedSettings {
  /** Nodes behind what is tried; the control's node comes on top. */
  readonly nodes: number;
  readonly validators: number;
  readonly secondsPerSlot: number;
  /** Where the first node behind the target answers, the others on the ports after it; free ports when absent. */
  readonly firstPort?: number | undefined;
}

/**
 * How many seconds after the first node's start slot 0 begins: four nodes were up in 6.4 s on two idle cores, in 15.6 s
 * on busy ones. When they are not up in time the bed is made anew with twice as long, and once more.
 */
const genesisDelays = [15, 30, 60];
/** How many seconds before slot 0 the nodes must be up, for their validator clients to start in. */
const headStart = 4;

/** An address that tells in a block's fee recipient which node had not been prepared. */
export const unpreparedFeeRecipient = (node: number) => `0xdead${`${node}`.padStart(36, "0")}`;

/** Starts the nodes and waits until all answer, before the chain begins. Ends them all when one does not. */
export async function startBed(software: Software, settings: BedSettings): Promise<Bed> {
  for (const delay of genesisDelays) {
    const bed = await startOnce(software, settings, delay);
    if (bed.slot() * settings.secondsPerSlot < -headStart) return bed;
    await bed.stop(false);
  }
  throw new Error(`the nodes were not up in ${genesisDelays.at(-1)} s`);
}

async function startOnce(software: Software, settings: BedSettings, genesisDelay: number): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-validators-"));
  const jwtFile = join(folder, "jwt");
  await writeFile(jwtFile, randomBytes(32).toString("hex"));
  const engine = await startEngine();
  const chain: ChainSettings = {
    genesisTime: Math.ceil(Date.now() / 1000) + genesisDelay,
    validators: settings.validators,
    secondsPerSlot: settings.secondsPerSlot,
  };
  const programs = new Set<Program>();
  const stop = async (keepLogs: boolean) => {
    await Promise.all([...programs].map((program) => program.kill()));
    await engine.close();
    if (!keepLogs) await rm(folder, { recursive: true, force: true });
  };

  const node = async (index: number, bootnode?: string): Promise<BeaconNode> => {
    const name = index === 0 ? "control-node" : `node-${index}`;
    const own: NodeSettings = {
      restPort: index > 0 && settings.firstPort ? settings.firstPort + index - 1 : await freePort(),
      peerPort: await freePort(),
      engineUrl: engine.url,
      jwtFile,
      feeRecipient: unpreparedFeeRecipient(index),
      ...(bootnode !== undefined && { bootnode }),
    };
    let program: Program;
    const start = () => {
      program = software.startNode(folder, name, chain, own);
      programs.add(program);
    };
    start();
    return {
      name,
      api: beaconApi(`http://127.0.0.1:${own.restPort}`),
      program: () => program,
      async kill() {
        await program.kill();
        programs.delete(program);
      },
      start,
      pause: () => program.pause(),
      resume: () => program.resume(),
    };
  };

  const answers = ({ name, api, program }: BeaconNode) =>
    until(`start of ${name}`, nodeStartMs, [program()], () => software.addressOf(api, program()));

  const slot = () => (Date.now() / 1000 - chain.genesisTime) / chain.secondsPerSlot;
  try {
    await software.prepare(folder, chain);
    const control = await node(0);
    const address = await answers(control);
    const nodes = await Promise.all(Array.from({ length: settings.nodes }, (_, index) => node(index + 1, address)));
    await Promise.all(nodes.map(answers));
    return {
      ...{ folder, chain, control, nodes, slot, stop },
      client(name, beaconUrl, keys, feeRecipient) {
        const program = software.startClient(folder, name, chain, { beaconUrl, keys, feeRecipient });
        programs.add(program);
        return program;
      },
      own: (program) => void programs.add(program),
      async slotBegins(wanted) {
        const ms = (wanted - slot()) * chain.secondsPerSlot * 1000;
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      },
    };
  } catch (error) {
    await stop(true);
    throw error;
  }
}
