import { type Bed, type BedSettings, startBed } from "./bed.ts";
import { startBreakwater } from "./breakwater.ts";
import { type EpochDuties, membersOf, readBlocks, readDuties } from "./chain.ts";
import { inflict, planFaults } from "./faults.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { type Software, slotsPerEpoch } from "./software.ts";
import type { Evidence, Group } from "./verdict.ts";

export interface TrialSettings extends BedSettings {
  /** How many epochs are judged. The one before them is for the nodes to find each other. */
  readonly epochs: number;
  readonly faults: boolean;
  /** What the tried validator client speaks to: Breakwater, the first node, or what is at a URL. */
  readonly target: "breakwater" | "direct" | URL;
}

/** The first epoch that is judged. */
const firstEpoch = 1;

/**
 * Runs a chain with two validator clients that have half of the keys each, one behind the target and one on a node that
 * nothing is done to, and gives what the chain and the recorders then show.
 */
export async function runTrial(
  software: Software,
  settings: TrialSettings,
  progress: (line: string) => void,
): Promise<Evidence & { logs: string }> {
  const begun = performance.now();
  const bed = await startBed(software, settings);
  const recorders: Recorder[] = [];
  try {
    const startSeconds = (performance.now() - begun) / 1000;
    progress(`${settings.nodes + 1} beacon nodes run after ${startSeconds.toFixed(1)} s; logs are in ${bed.folder}`);
    for (const { name, api } of bed.nodes) progress(`${name} is at ${api.url}`);
    const half = settings.validators / 2;
    const groups = [group("target", 0, half - 1, "a"), group("control", half, settings.validators - 1, "c")] as const;
    for (const [{ name, keys, feeRecipient }, url] of [
      [groups[0], await targetUrl(bed, settings.target)],
      [groups[1], bed.control.api.url],
    ] as const) {
      const recorder = await startRecorder(url, bed.slot);
      recorders.push(recorder);
      bed.client(`${name}-client`, recorder.url, keys, feeRecipient);
    }
    const evidence = await observe(bed, settings, progress);
    const [target, control] = recorders as [Recorder, Recorder];
    return {
      ...evidence,
      ...{ groups, slotsPerEpoch, startSeconds, logs: bed.folder },
      recordings: { target: target.recording, control: control.recording },
    };
  } finally {
    // First, so that they do not record how the bed ends.
    await Promise.all(recorders.map((recorder) => recorder.close()));
    await bed.stop(true);
  }
}

const group = (name: Group["name"], first: number, last: number, digit: string): Group => ({
  ...{ name, keys: [first, last], feeRecipient: `0x${digit.repeat(40)}` },
});

async function targetUrl(bed: Bed, target: TrialSettings["target"]): Promise<string> {
  if (target === "breakwater") return (await startBreakwater(bed)).url;
  if (target === "direct") return bed.nodes[0]?.api.url ?? bed.control.api.url;
  return target.origin;
}

/** Lets the chain run, has the faults happen, and reads from the control's node what came of it. */
async function observe(
  bed: Bed,
  { epochs, faults, validators, nodes }: TrialSettings,
  progress: (line: string) => void,
) {
  const lastEpoch = firstEpoch + epochs - 1;
  const plan = faults ? planFaults(firstEpoch, lastEpoch, nodes, slotsPerEpoch) : [];
  const { api } = bed.control;
  const watch = async () => {
    const duties: EpochDuties[] = [];
    for (let epoch = firstEpoch; epoch <= lastEpoch; epoch++) {
      await bed.slotBegins((epoch + 1) * slotsPerEpoch - 1.5);
      duties.push(await readDuties(api, epoch, validators));
      progress(`epoch ${epoch} of ${lastEpoch}: finalized is epoch ${await finalizedEpoch()}`);
    }
    // A vote may come into a block until an epoch later (minimal preset, phase 0 to Capella: SLOTS_PER_EPOCH slots).
    await bed.slotBegins((lastEpoch + 2) * slotsPerEpoch + 0.9);
    return duties;
  };
  const finalizedEpoch = async () => {
    const { finalized } = await api.ask<{ finalized: { epoch: string } }>(
      "/eth/v1/beacon/states/head/finality_checkpoints",
    );
    return Number(finalized.epoch);
  };
  const [duties, happened] = await Promise.all([watch(), inflict(bed, plan, progress)]);
  const members = membersOf(duties);
  const sizeOf = (slot: number, committee: number) => members.get(`${slot}/${committee}`)?.length ?? 0;
  const blocks = await readBlocks(api, 0, (lastEpoch + 2) * slotsPerEpoch, sizeOf);
  return { firstEpoch, lastEpoch, duties, blocks, faults: happened, finalizedEpoch: await finalizedEpoch() };
}
