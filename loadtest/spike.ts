import { loadScript } from "./k6/load.ts";

export { handleSummary } from "./k6/summary.ts";

/** The rate at its peak, in calls a second, and beside it. */
const peak = Number(__ENV["RATE"] ?? 600);
const usual = Math.ceil(peak / 10);

/** Adds up to the seconds of the load. */
const stages = [
  { seconds: 10, target: usual },
  { seconds: 1, target: peak },
  { seconds: 15, target: peak },
  { seconds: 1, target: usual },
  { seconds: 13, target: usual },
];

/**
 * Ten times as many calls from one second to the next, as when a token is launched, and as suddenly fewer again.
 * `k6 run -e RATE=600 loadtest/spike.ts`
 */
export const { options, setup, clients } = loadScript("spike", {
  load: `${usual} calls a second, ${peak} at the peak,`,
  scenario: (_, scale) => ({
    executor: "ramping-arrival-rate",
    startRate: usual,
    timeUnit: "1s",
    preAllocatedVUs: peak,
    maxVUs: 10 * peak,
    stages: stages.map(({ seconds, target }) => ({ duration: `${Math.round(1_000 * seconds * scale)}ms`, target })),
  }),
  thresholds: { answered: ["rate>=0.999"], waited: ["p(99)<1500"] },
});

export default clients;
