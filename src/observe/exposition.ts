import { collectDefaultMetrics, Registry } from "prom-client";
import type { Clock } from "../lib/clock.ts";
import { turn } from "../lib/turn.ts";
import { Distribution } from "./durations.ts";
import { type Metric, type MetricName, metrics } from "./metrics.ts";
import { readers } from "./readers.ts";
import { type MetricSources, type Scrape, scrapeOf } from "./scrape.ts";

/** Metrics as Prometheus reads them. */
export interface Exposition {
  readonly contentType: string;
  render(): Promise<Buffer>;
}

/**
 * Publishes every metric of the table. Values stay where they are counted and become text on scrape: to hand each event
 * to prom-client costs more than all other bookkeeping together, and its formatting of 100,000 series (200 networks,
 * 1,000 upstreams) would stop all traffic for a quarter of a second. Between its parts, traffic gets its turn.
 * With `runtime` the process speaks too, through prom-client: CPU, memory, event loop lag, garbage collection. These
 * watch the whole process, so one exposition per process asks for them.
 */
export function createExposition(sources: MetricSources, clock: Clock, runtime: boolean): Exposition {
  const registry = new Registry();
  if (runtime) {
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
  }
  return {
    contentType: registry.contentType,
    async render() {
      const scrape = await scrapeOf(sources, clock.now());
      const parts: Buffer[] = [];
      for (const name of Object.keys(metrics) as MetricName[]) {
        parts.push(Buffer.from(textOf(name, scrape)));
        await turn();
      }
      parts.push(Buffer.from(await registry.metrics()));
      return Buffer.concat(parts);
    },
  };
}

/** Gauges that prom-client names like counters, and whose figures it also gives by type. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/**
 * One metric in the text format.
 * Source: Prometheus exposition formats, text format 0.0.4.
 */
function textOf(name: MetricName, scrape: Scrape): string {
  const { help, type, labels }: Metric = metrics[name];
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  readers[name](scrape, (value, ...values) => {
    let labelled = "";
    for (let index = 0; index < labels.length; index++) {
      labelled += `${index === 0 ? "" : ","}${labels[index]}="${escaped(values[index] as string)}"`;
    }
    if (value instanceof Distribution) text += histogramText(name, labelled, value);
    else text += labelled === "" ? `${name} ${value}\n` : `${name}{${labelled}} ${value}\n`;
  });
  return `${text}\n`;
}

/** The lines of one histogram: cumulative counts up to each bound, their sum in the base unit, their number. */
function histogramText(name: MetricName, labelled: string, { bounds, perUnit, counts, sum }: Distribution): string {
  let text = "";
  let count = 0;
  for (let index = 0; index < counts.length; index++) {
    count += counts[index] as number;
    const bound = bounds[index];
    text += `${name}_bucket{${labelled},le="${bound === undefined ? "+Inf" : bound / perUnit}"} ${count}\n`;
  }
  return `${text}${name}_sum{${labelled}} ${sum / perUnit}\n${name}_count{${labelled}} ${count}\n`;
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n") : value;
}
