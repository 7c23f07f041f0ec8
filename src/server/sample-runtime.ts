import type { Upstream } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createDutyRecorder } from "../observe/duty-record.ts";
import { createExposition } from "../observe/exposition.ts";
import { recentChanges } from "../observe/recent-changes.ts";
import { createRecorder } from "../observe/record.ts";
import { sampleNetwork } from "../observe/sample-fleet.ts";
import type { Runtime } from "./runtime.ts";
import { sampleFailover } from "./sample-failover.ts";

/** For tests of the operators' listener: one network over some upstreams, up for five seconds, whose secret is `k3y`. */
export function sampleRuntime(upstreams: readonly Upstream[], given: Partial<Runtime> = {}): Runtime {
  const clock = given.clock ?? new ManualClock();
  const recorder = given.recorder ?? createRecorder();
  const networks = given.networks ?? [{ ...sampleNetwork(upstreams), protocol: "evm", isDefault: true }];
  const failover = given.failover ?? sampleFailover(clock, upstreams);
  const simulated = given.simulator !== undefined;
  const version = "1.2.3";
  const duties = createDutyRecorder(clock, () => undefined);
  const state = given.state ?? { store: "memory", trouble: undefined };
  const sources = { recorder, duties, networks, failover, state, simulated, version, droppedLogLines: () => 0 };
  return {
    ...sources,
    exposition: createExposition(sources, clock, false),
    changes: recentChanges(clock),
    clock,
    startedAt: clock.epoch() - 5_000,
    simulator: undefined,
    redact: (text) => text.replaceAll("k3y", "***"),
    draining: () => false,
    ...given,
  };
}
