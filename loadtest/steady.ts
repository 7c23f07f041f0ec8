import exec from "k6/execution";
import type { Options } from "k6/options";
import { ask } from "./calls.ts";

/**
 * A steady rate of calls, come what may: inject a fault beside it and see what clients feel.
 * `k6 run -e RATE=200 -e DURATION=2m loadtest/steady.ts`
 */
export const options: Options = {
  scenarios: {
    steady: {
      executor: "constant-arrival-rate",
      rate: Number(__ENV["RATE"] ?? 200),
      timeUnit: "1s",
      duration: __ENV["DURATION"] ?? "1m",
      preAllocatedVUs: 100,
      maxVUs: 500,
    },
  },
  thresholds: { checks: ["rate>=0.999"], http_req_failed: ["rate<=0.001"], http_req_duration: ["p(99)<1000"] },
};

export default function steady(): void {
  ask(exec.scenario.iterationInTest);
}
