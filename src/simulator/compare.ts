import type { Config } from "../config/schema.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { type Comparison, contenders, missesOf } from "./report.ts";
import { type Run, run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { timelineSvg } from "./timeline.ts";

export interface ComparisonOptions {
  readonly scenario: Scenario;
  readonly config: Config;
  /** Calls per second. */
  readonly rate: number;
  readonly seeds: readonly number[];
}

/**
 * Plays a scenario with Breakwater and with the plain breakers, once for each seed, and sets the figures side by side.
 * The picture is an SVG of the first seed. `progress` hears what runs and how much of that is done, 0..1.
 */
export async function compare(
  { scenario, config, rate, seeds }: ComparisonOptions,
  progress: (what: string, done: number) => void,
): Promise<{ readonly comparison: Comparison; readonly picture: string }> {
  const figures: Record<keyof typeof contenders, Figures[]> = { breakwater: [], plain: [] };
  const first: Partial<Record<keyof typeof contenders, Run>> = {};
  for (const [index, seed] of seeds.entries()) {
    for (const server of ["breakwater", "plain"] as const) {
      const what = `${scenario.name}, ${rate}/s, seed ${index + 1} of ${seeds.length}, ${contenders[server]}`;
      const played = await run({ scenario, config, rate, seed, server, progress: (done) => progress(what, done) });
      figures[server].push(figuresOf(played.journal, played.windows));
      first[server] ??= played;
    }
  }
  const misses = figures.breakwater.flatMap((one, index) =>
    missesOf(scenario, one).map((miss) => `seed ${seeds[index]}: ${miss}`),
  );
  const comparison = { scenario: scenario.name, about: scenario.about, rate, seeds, ...figures, misses };
  return { comparison, picture: pictureOf(scenario, rate, first.breakwater as Run, first.plain as Run) };
}

function pictureOf({ name, about, duration }: Scenario, rate: number, ours: Run, plain: Run): string {
  const struck = new Set(ours.windows.flatMap((one) => one.affected));
  const { attempts } = ours.journal;
  const hit = new Set(attempts.filter((one) => struck.has(one.upstream)).map((one) => one.provider));
  const others = new Set(attempts.map((one) => one.provider).filter((provider) => !hit.has(provider)));
  return timelineSvg({
    title: name,
    subtitle: `${about === "" ? "" : `${about}; `}${rate} calls a second in virtual time`,
    durationMs: duration,
    rate,
    windows: ours.windows,
    shown: { name: contenders.breakwater, journal: ours.journal },
    compared: { name: contenders.plain, journal: plain.journal },
    // Those that are struck at the bottom, where a gap is seen best.
    providers: [...[...hit].sort(), ...[...others].sort()],
  });
}
