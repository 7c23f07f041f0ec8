import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outageOf } from "../plans/index.ts";
import type { Outage } from "../plans/outage.ts";
import { scheduleOf } from "../plans/schedule.ts";
import { pictureOf } from "../report/picture.ts";
import { type Contender, contenderEnv, contenders } from "./contenders.ts";
import { startFleet } from "./fleet.ts";
import { fleetOf, type Settings, scaleOf, watched } from "./one.ts";
import { freePort, start, until } from "./processes.ts";
import { type Played, rowsOf, tableOf } from "./table.ts";

export const contenderNames = contenders.map(({ name }) => name);

/** Calls per second: as many clients as wait for a proxy that has nowhere to go must find room on the machine. */
const usualRate = 100;

/** Long enough for who was taken out to be tried again, and under a minute: there are many to go through. */
const usualScale = 0.7;
const rest = 0.5;

/**
 * Plays outages against each contender in turn, before the same fleet with the same seed and calls, and prints a table for
 * each. True when Breakwater is behind nobody in failed requests, time to move and latency debt.
 */
export async function compare(
  settings: Settings,
  { outages, only }: { readonly outages: readonly string[]; readonly only: readonly string[] },
): Promise<boolean> {
  const field = only.map((name) => {
    const found = contenders.find((contender) => contender.name === name);
    if (!found) throw new Error(`no contender is called ${name}; there are ${contenderNames.join(", ")}`);
    if (found.version() === undefined) throw new Error(`${name} is not installed; leave it out with --only`);
    return found;
  });
  const chosen = outages.map(outageOf);
  const results = [];
  for (const outage of chosen) {
    const played: Played[] = [];
    for (const contender of field) {
      if (settings.interrupted()) return false;
      played.push(await play(contender, outage, settings));
    }
    const rows = rowsOf(played);
    results.push({ outage: outage.name, about: outage.about, rows });
    console.log(`\n${outage.name}: ${outage.about}\n\n${tableOf(rows)}`);
  }
  mkdirSync(settings.out, { recursive: true });
  const file = join(settings.out, "compare.json");
  const versions = Object.fromEntries(field.map((one) => [one.name, { version: one.version(), about: one.about }]));
  writeFileSync(file, `${JSON.stringify({ contenders: versions, results }, undefined, 2)}\n`);
  for (const { name, about, version } of field) console.log(`  ${name} ${version()}: ${about}`);
  console.log(`\n  figures: ${file}   time lines: ${join(settings.out, "compare-*.svg")}\n`);
  return results.every(({ rows }) => rows.every(({ ahead }) => ahead === undefined || ahead.length === 0));
}

/** Plays one outage against one contender. */
async function play(contender: Contender, outage: Outage, settings: Settings): Promise<Played> {
  const fleet = await startFleet(fleetOf(outage));
  const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const proxy = start(contender.command({ fleet, port, folder }), contenderEnv);
  try {
    await until(contender.name, proxy, 20_000, () => answers(url));
    const rate = settings.rate ?? usualRate;
    const scale = scaleOf(outage, settings, usualScale, rest);
    const schedule = scheduleOf(outage, scale, rest);
    const report = join(settings.out, `compare-${outage.name}-${contender.name}`);
    const { figures, samples } = await watched(`${outage.name}, ${contender.name}`, schedule.end / 1_000, {
      k6: settings.k6,
      script: "outage",
      env: {
        BREAKWATER_URL: url,
        BREAKWATER_ADMIN: fleet.control,
        OUTAGE: outage.name,
        SCALE: `${scale}`,
        REST: `${rest}`,
        RATE: `${rate}`,
        // All of them from the beginning: nobody must look worse for want of clients.
        CLIENTS: `${10 * rate}`,
      },
      report,
    });
    const title = `${outage.name}: ${contender.name}`;
    const subtitle = `${outage.about}; ${figures.plan.load}`;
    writeFileSync(`${report}.svg`, pictureOf({ title, subtitle, schedule: figures.plan.schedule, samples }));
    const { lastToStruck, requests, toStruck } = fleet.ledger;
    return { contender: contender.name, figures, samples, lastToStruck, requests, toStruck };
  } finally {
    await proxy.stop();
    await fleet.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Does a proxy answer a call yet? */
async function answers(url: string): Promise<true | undefined> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body }).catch(() => undefined);
  return response?.status === 200 ? true : undefined;
}
