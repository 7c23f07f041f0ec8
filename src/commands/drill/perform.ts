import type { Clock } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { AdminClient } from "../admin-client.ts";
import { intervention, nobodyElse, unfit, unknownTarget } from "./circumstances.ts";
import { breach, milliseconds, type Objective, percent } from "./objective.ts";
import { DrillOrder } from "./order.ts";
import { type Prediction, predictionOf } from "./prediction.ts";
import { type Reading, readStatus } from "./reading.ts";
import { availabilityOf, p99Of, type Stretch, shareOf, stretches } from "./stretch.ts";
import { doubt, firstSentence, stretchOf } from "./verdict.ts";

/** What is to be tried. */
export interface DrillPlan {
  /** `region:aws/us-east-1`, `provider:aws & client:geth`, `upstream:aws-1`. */
  readonly target: string;
  /** From the first step to the restoring, in milliseconds. */
  readonly forMs: number;
  /** The most of its traffic that is moved away, 0..1. */
  readonly mostMoved: number;
  readonly objective: Objective;
  /** It may take the last ones that serve a network. */
  readonly confirmed: boolean;
  /** Who orders it, for those who read the decisions. */
  readonly by: string;
}

export interface DrillWorld {
  readonly client: AdminClient;
  readonly clock: Clock;
  /** Aborted when the drill shall end: it restores and returns. */
  readonly signal: AbortSignal;
  /** Hears how it goes, a line at a time. */
  readonly told: (line: string) => void;
}

/** What a step showed. */
interface Step {
  /** The share 0..1 of its traffic that the domain gave up. */
  readonly moved: number;
  readonly stretches: readonly Stretch[];
}

export interface DrillResult {
  /**
   * `survived`: the objective was met to the end. `aborted`: it would not have been, or something else came between.
   * `stopped`: whoever started it ended it. `refused`: it did not begin. `unknown`: there is no such domain.
   */
  readonly outcome: "survived" | "aborted" | "stopped" | "refused" | "unknown";
  /** Why, unless it was survived. */
  readonly because: string | undefined;
  /** Before anything was moved; one entry for each network that the domain has members in and that is called. */
  readonly before: readonly Stretch[];
  /** What the proxy said of each of these networks beforehand, of those it said anything. */
  readonly predicted: ReadonlyMap<string, Prediction>;
  /** The last one is the fullest that was reached. */
  readonly steps: readonly Step[];
  /** From the first step to the restoring. */
  readonly whole: readonly Stretch[];
  /** The order is lifted; when not, it ends by itself within half a minute. */
  readonly restored: boolean;
}

/** How long a drill looks on before it moves anything, and how often it looks, in milliseconds. */
const beforeMs = 10_000;
const lookMs = 1_000;

/** The part of the traffic that is moved in the steps before the last one. */
const firstSteps: readonly number[] = [0.1, 0.25, 0.5];

/** So many looks in a row may fail before a drill gives up: it must not go on blindly. */
const mostBlindLooks = 3;

/** Drains a failure domain of a running proxy step by step, watches what clients feel, and restores it in any case. */
export async function performDrill(plan: DrillPlan, world: DrillWorld): Promise<DrillResult> {
  const drill = new Drill(plan, world);
  const obstacle = await drill.look();
  if (obstacle !== undefined) return drill.result("refused", obstacle);
  const unknown = unknownTarget(drill.reading, plan.target);
  if (unknown !== undefined) return drill.result("unknown", unknown);
  const bare = plan.mostMoved === 1 && !plan.confirmed ? nobodyElse(drill.reading, plan.target) : undefined;
  if (bare !== undefined) return drill.result("refused", `${bare}; --confirm drains it nonetheless`);
  const reason = unfit(drill.reading, plan.target) ?? (await drill.lookOnBefore());
  if (reason !== undefined) return drill.result(world.signal.aborted ? "stopped" : "refused", reason);
  let trouble: string | undefined;
  try {
    trouble = await drill.go();
  } finally {
    await drill.restore();
  }
  if (world.signal.aborted) return drill.result("stopped", "it was stopped");
  const because = trouble ?? drill.doubt();
  return drill.result(because === undefined ? "survived" : "aborted", because);
}

class Drill {
  readonly #plan: DrillPlan;
  readonly #world: DrillWorld;
  readonly #order: DrillOrder;
  #now: Reading | undefined;
  #blindLooks = 0;
  #before: readonly Stretch[] = [];
  #predicted: ReadonlyMap<string, Prediction> = new Map();
  #began: Reading | undefined;
  readonly #steps: Step[] = [];

  constructor(plan: DrillPlan, world: DrillWorld) {
    this.#plan = plan;
    this.#world = world;
    this.#order = new DrillOrder(plan, world);
  }

  /** Reads how things are. Says what is wrong when that was not possible. */
  async look(): Promise<string | undefined> {
    const { client, clock } = this.#world;
    const reading = await readStatus(client, () => clock.now());
    if ("problem" in reading) return reading.problem;
    this.#now = reading;
    return undefined;
  }

  /** Learns what is usual. Says why the drill cannot begin. */
  async lookOnBefore(): Promise<string | undefined> {
    const { target, objective } = this.#plan;
    const { told, signal } = this.#world;
    told(`looking on for ${formatDuration(beforeMs)} before anything is moved`);
    const from = this.reading;
    await this.#pause(beforeMs);
    if (signal.aborted) return "it was stopped before anything was moved";
    const problem = (await this.look()) ?? unfit(this.reading, target);
    if (problem !== undefined) return problem;
    this.#before = stretches(from, this.reading, target).filter(({ calls }) => calls > 0);
    if (this.#before.length === 0) {
      return `no call came within ${formatDuration(beforeMs)}: without traffic a drill shows nothing`;
    }
    const broken = firstSentence(this.#before, (stretch) => breach(stretch, objective, { forgiven: 1 }));
    if (broken !== undefined) return `the objective is not met even now: ${broken}`;
    this.#predicted = await predictionOf(this.#world.client, this.#before, target);
    return undefined;
  }

  /** Goes through all steps. Says what made it end before. */
  async go(): Promise<string | undefined> {
    const { forMs, mostMoved } = this.#plan;
    this.#began = this.reading;
    const lead = firstSteps.filter((moved) => moved < mostMoved);
    for (const moved of [...lead, mostMoved]) {
      const stepMs = lead.length === 0 ? forMs : moved === mostMoved ? forMs / 2 : forMs / 2 / lead.length;
      const trouble = await this.#step(moved, stepMs);
      if (trouble !== undefined || this.#world.signal.aborted) return trouble;
    }
    return undefined;
  }

  async #step(moved: number, stepMs: number): Promise<string | undefined> {
    const { clock, signal, told } = this.#world;
    const { target } = this.#plan;
    const from = this.reading;
    const end = clock.now() + stepMs;
    told(
      `${Math.round(100 * moved)} % of the traffic of ${target} moves away, for ${formatDuration(Math.round(stepMs))}`,
    );
    const refused = await this.#order.give(1 - moved);
    if (refused !== undefined) return refused;
    let trouble: string | undefined;
    while (trouble === undefined && !signal.aborted && clock.now() < end) {
      await this.#pause(Math.min(lookMs, end - clock.now()));
      trouble = (await this.#order.renew()) ?? (await this.#watch());
    }
    const step = { moved, stretches: this.#measured(from) };
    this.#steps.push(step);
    told(step.stretches.map(stepText).join("; "));
    return trouble;
  }

  /** Looks, and says what the drill must not go on with. */
  async #watch(): Promise<string | undefined> {
    const problem = await this.look();
    this.#blindLooks = problem === undefined ? 0 : this.#blindLooks + 1;
    if (problem !== undefined) return this.#blindLooks >= mostBlindLooks ? problem : undefined;
    const began = this.#began as Reading;
    if (!this.#order.stands(this.reading.failover.orders)) return "somebody lifted or replaced the order";
    const between = intervention(this.reading, began, this.#plan.target);
    if (between !== undefined) return between;
    return firstSentence(this.#measured(began), (stretch) =>
      breach(stretch, this.#plan.objective, { expected: this.#expected(stretch.network) }),
    );
  }

  restore(): Promise<void> {
    return this.#order.lift();
  }

  /** Why a drill that came to its end is not survived after all. */
  doubt(): string | undefined {
    const measured = { before: this.#before, fullest: this.#steps.at(-1)?.stretches ?? [], whole: this.#whole() };
    return doubt(measured, this.#plan);
  }

  result(outcome: DrillResult["outcome"], because: string | undefined): DrillResult {
    return {
      outcome,
      because,
      before: this.#before,
      predicted: this.#predicted,
      steps: this.#steps,
      whole: this.#whole(),
      restored: !this.#order.given,
    };
  }

  #whole(): readonly Stretch[] {
    return this.#began ? this.#measured(this.#began) : [];
  }

  /** What was felt since a reading, in the networks that are called. */
  #measured(from: Reading): readonly Stretch[] {
    const { target } = this.#plan;
    return stretches(from, this.reading, target).filter(({ network }) => stretchOf(this.#before, network));
  }

  /** Calls that the whole drill is likely to see in a network. */
  #expected(network: string): number {
    const usual = stretchOf(this.#before, network);
    return usual && usual.seconds > 0 ? (usual.calls / usual.seconds) * (this.#plan.forMs / 1_000) : 0;
  }

  /** The last one. */
  get reading(): Reading {
    if (!this.#now) throw new Error("nothing was read yet");
    return this.#now;
  }

  /** Resolves after `ms`, sooner when the drill is stopped. */
  #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#world;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        signal.removeEventListener("abort", done);
        due.cancel();
        resolve();
      };
      const due = clock.schedule(ms, done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}

function stepText(stretch: Stretch): string {
  const served = `${percent(availabilityOf(stretch))} of ${stretch.calls} calls served`;
  return `${stretch.network}: ${served}, p99 ${milliseconds(p99Of(stretch))}, ${percent(shareOf(stretch))} answered by it`;
}
