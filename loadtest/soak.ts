import { loadScript } from "./k6/load.ts";

export { handleSummary } from "./k6/summary.ts";

const rate = Number(__ENV["RATE"] ?? 100);

/** An hour of calls: what only comes with time, such as memory that is not given back. `k6 run loadtest/soak.ts` */
export const { options, setup, clients } = loadScript("soak", {
  load: `${rate} calls a second`,
  scenario: (seconds) => ({
    executor: "constant-arrival-rate",
    rate,
    timeUnit: "1s",
    duration: `${seconds}s`,
    preAllocatedVUs: rate,
    maxVUs: 10 * rate,
  }),
  thresholds: { answered: ["rate>=0.9995"], waited: ["p(99)<1000"], dropped_iterations: ["count==0"] },
});

export default clients;
