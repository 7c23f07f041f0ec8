import { loadScript } from "./k6/load.ts";

export { handleSummary } from "./k6/summary.ts";

const rate = Number(__ENV["RATE"] ?? 200);

/**
 * A steady rate of calls, come what may: cause an outage beside it and see what clients feel.
 * `k6 run -e RATE=200 -e SCALE=2 loadtest/steady.ts`
 */
export const { options, setup, clients } = loadScript("steady", {
  load: `${rate} calls a second`,
  scenario: (seconds) => ({
    executor: "constant-arrival-rate",
    rate,
    timeUnit: "1s",
    duration: `${seconds}s`,
    preAllocatedVUs: rate,
    maxVUs: 10 * rate,
  }),
  thresholds: { answered: ["rate>=0.999"], waited: ["p(99)<1000"], dropped_iterations: ["count==0"] },
});

export default clients;
