import type { Config } from "../config/schema.ts";
import { type Figures, figuresOf } from "./figures.ts";
import type { PlainBreakers } from "./plain-breakers.ts";
import { type Comparison, contenders } from "./report.ts";
import { type Run, run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { missesOf } from "./targets.ts";
import { timelineSvg } from "./timeline.ts";

export interface ComparisonOptions {
  readonly scenario: Scenario;
  readonly config: Config;
  /** Calls per second. */
  readonly rate: number;
  readonly seeds: readonly number[];
  /** Which plain breakers it is compared with. */
  readonly against: PlainBreakers;
}

/**
 * Plays a scenario with Breakwater and with the plain breakers, once for each seed, and sets the figures side by side.
 * The picture is an SVG of the first seed. `progress` hears what runs and how much of that is done, 0..1.
 */
export async function compare(
  { scenario, config, rate, seeds, against }: ComparisonOptions,
  progress: (what: string, done: number) => void,
): Promise<{ readonly comparison: Comparison; readonly picture: string }> {
  const figures: Record<"breakwater" | "plain", Figures[]> = { breakwater: [], plain: [] };
  const first: { breakwater?: Run; plain?: Run } = {};
  for (const [index, seed] of seeds.entries()) {
    for (const side of ["breakwater", "plain"] as const) {
      const server = side === "plain" ? against : side;
      const what = `${scenario.name}, ${rate}/s, seed ${index + 1} of ${seeds.length}, ${contenders[server]}`;
      const played = await run({ scenario, config, rate, seed, server, progress: (done) => progress(what, done) });
      figures[side].push(figuresOf(played));
      first[side] ??= played;
    }
  }
  const misses = figures.breakwater.flatMap((one, index) =>
    missesOf(scenario.expect, rate, [one]).map(({ text }) => `seed ${seeds[index]}: ${text}`),
  );
  const { name, about } = scenario;
  const comparison = { scenario: name, about, rate, seeds, ...figures, against, misses };
  const runs = { shown: first.breakwater as Run, compared: first.plain as Run, against };
  return { comparison, picture: pictureOf(scenario, rate, runs) };
}

function pictureOf(
  { name, about, duration }: Scenario,
  rate: number,
  { shown, compared, against }: { readonly shown: Run; readonly compared: Run; readonly against: PlainBreakers },
): string {
  return timelineSvg({
    title: name,
    subtitle: `${about === "" ? "" : `${about}; `}${rate} calls a second in virtual time`,
    durationMs: duration,
    rate,
    windows: shown.windows,
    shown: { name: contenders.breakwater, journal: shown.journal },
    compared: { name: contenders[against], journal: compared.journal },
    series: seriesOf(shown),
  });
}

/** One for each provider, in two where faults strike only some of its upstreams; those struck first. */
function seriesOf({ journal, windows }: Run) {
  const struck = new Set(windows.flatMap((one) => (one.effect === "struck" ? one.affected : [])));
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
