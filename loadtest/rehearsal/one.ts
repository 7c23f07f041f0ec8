import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { outageOf } from "../plans/index.ts";
import { type Load, loads } from "../plans/loads.ts";
import type { Outage } from "../plans/outage.ts";
import { scaleFor, scheduleOf } from "../plans/schedule.ts";
import { pictureOf } from "../report/picture.ts";
import { startBreakwater } from "./breakwater.ts";
import { type Order, runK6 } from "./k6.ts";
import { Progress } from "./progress.ts";

/** How rehearsals are run; what is undefined is left to the rehearsal. */
export interface Settings {
  readonly k6: string;
  readonly rate: number | undefined;
  readonly scale: number | undefined;
  readonly short: boolean;
  /** A Breakwater to rehearse with, instead of one on a simulated fleet. */
  readonly running: { readonly url: string; readonly admin: string } | undefined;
  readonly faults: boolean;
  /** Was it told to end? What runs is then brought to its end, and nothing more is begun. */
  readonly interrupted: () => boolean;
  readonly out: string;
}

const shortSeconds = 20;

/** At which scale an outage is played, when `usual` is the scale that nobody has to ask for. */
export function scaleOf(outage: Outage, { scale, short }: Settings, usual = 1, rest = 1): number {
  return scale ?? (short ? scaleFor(outage, shortSeconds, rest) : usual);
}

/** The file of the fleet that an outage is made for. */
export function fleetOf(outage: Outage | undefined): string {
  const file = outage?.fleet === undefined ? "../../config/default.yaml" : `../fleets/${outage.fleet}`;
  return fileURLToPath(new URL(file, import.meta.url));
}

/** Rehearses one load or outage, prints what came of it and draws it. True when all was as expected. */
export async function rehearse(name: string, settings: Settings): Promise<boolean> {
  const load = Object.values(loads).find((one) => one.name === name);
  const outage = load ? undefined : outageOf(name);
  const { scale, seconds } = load ? loadTimes(load, settings) : outageTimes(outageOf(name), settings);
  const breakwater = settings.running ? undefined : await startBreakwater(fleetOf(outage));
  const { url = "", admin = "" } = settings.running ?? breakwater ?? {};
  const report = join(settings.out, name);
  try {
    const { figures, samples, text, complaints } = await watched(name, seconds, {
      k6: settings.k6,
      script: outage ? "outage" : name,
      env: {
        BREAKWATER_URL: url,
        BREAKWATER_ADMIN: admin,
        SCALE: `${scale}`,
        ...(settings.rate !== undefined && { RATE: `${settings.rate}` }),
        ...(outage && { OUTAGE: name }),
        ...(!settings.faults && { FAULTS: "none" }),
      },
      report,
    });
    const { plan, expectations } = figures;
    const subtitle = `${plan.about}; ${plan.load.replace(/,$/, "")}`;
    writeFileSync(`${report}.svg`, pictureOf({ title: plan.name, subtitle, schedule: plan.schedule, samples }));
    if (complaints !== "") console.log(`${complaints}\n`);
    console.log(`${text}\n  time line: ${report}.svg   figures: ${report}.json\n`);
    return expectations.every(({ met }) => met);
  } finally {
    await breakwater?.stop();
  }
}

/** Runs k6 and shows how it goes. Throws when it could not begin. */
export async function watched(title: string, seconds: number, order: Omit<Order, "progress">) {
  const progress = new Progress(title, seconds);
  const run = await runK6({ ...order, progress: (sample) => progress.hear(sample) });
  progress.end();
  const { figures } = run;
  if (!figures) throw new Error(`k6 did not get to an end: ${run.complaints}`);
  return { ...run, figures };
}

function outageTimes(outage: Outage, settings: Settings) {
  const scale = scaleOf(outage, settings);
  return { scale, seconds: scheduleOf(outage, scale).end / 1_000 };
}

function loadTimes(load: Load, settings: Settings) {
  const scale = settings.scale ?? (settings.short ? Math.min(1, shortSeconds / load.seconds) : 1);
  return { scale, seconds: load.seconds * scale };
}
