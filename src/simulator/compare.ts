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
  return timelineSvg({
    title: name,
    subtitle: `${about === "" ? "" : `${about}; `}${rate} calls a second in virtual time`,
    durationMs: duration,
    rate,
    windows: ours.windows,
    shown: { name: contenders.breakwater, journal: ours.journal },
    compared: { name: contenders.plain, journal: plain.journal },
    series: seriesOf(ours),
  });
}

/** One for each provider, in two where faults strike only some of its upstreams; those struck first. */
function seriesOf({ journal, windows }: Run) {
  const struck = new Set(windows.flatMap((one) => one.affected));
  const providers = new Map(journal.attempts.map((one) => [one.upstream, one.provider]));
  const groups = new Map<string, Set<string>>();
  const ordered = [...providers].sort(
    ([a, one], [b, other]) => Number(struck.has(b)) - Number(struck.has(a)) || one.localeCompare(other, "en"),
  );
  for (const [upstream, provider] of ordered) {
    const group = struck.has(upstream) ? `${provider}, struck` : provider;
    groups.set(group, (groups.get(group) ?? new Set()).add(upstream));
  }
  return [...groups].map(([name, upstreams]) => ({ name, upstreams }));
}
