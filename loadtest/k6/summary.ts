import { figuresOf, type K6Data } from "../report/figures.ts";
import { textOf } from "../report/text.ts";
import { decisionsNow } from "./control.ts";

/** k6 calls this when a run is over: a page for people and a JSON file with the same figures. */
export function handleSummary(data: K6Data): Record<string, string> {
  // Nothing was set up, and k6 has said why.
  if (!data.setup_data) return {};
  const figures = figuresOf(data.metrics, data.setup_data, decisionsNow());
  const text = textOf(figures);
  const json = `${JSON.stringify(figures, undefined, 2)}\n`;
  const report = __ENV["REPORT"];
  if (report === undefined) return { stdout: `\n${text}\n`, [`${figures.plan.name}.json`]: json };
  return { [`${report}.txt`]: text, [`${report}.json`]: json };
}
