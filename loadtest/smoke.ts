import exec from "k6/execution";
import type { Options } from "k6/options";
import { ask } from "./calls.ts";

/** Does it answer at all? Ten seconds, a few clients, nothing may fail: `k6 run loadtest/smoke.ts`. */
export const options: Options = {
  vus: 4,
  duration: "10s",
  thresholds: { checks: ["rate==1"], http_req_failed: ["rate==0"], http_req_duration: ["p(95)<500"] },
};

export default function smoke(): void {
  ask(exec.scenario.iterationInTest);
}
