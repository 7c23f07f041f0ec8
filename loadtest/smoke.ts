import { loadScript } from "./k6/load.ts";

export { handleSummary } from "./k6/summary.ts";

/** Does it answer at all? A few clients, one call after the other, and nothing may fail: `k6 run loadtest/smoke.ts`. */
export const { options, setup, clients } = loadScript("smoke", {
  load: "4 clients",
  scenario: (seconds) => ({ executor: "constant-vus", vus: 4, duration: `${seconds}s` }),
  thresholds: { answered: ["rate==1"], waited: ["p(95)<500"] },
});

export default clients;
