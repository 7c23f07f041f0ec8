import type { Assembly } from "../assemble.ts";
import { capacityOf, declaredCapacity } from "../core/capacity.ts";
import type { Demand } from "../observe/demand.ts";
import { createExposition } from "../observe/exposition.ts";
import type { MetricSources } from "../observe/scrape.ts";
import type { NetworkRuntime, Runtime } from "../server/runtime.ts";
import { version } from "./help.ts";

/** What the operators' listener shows of an assembly. */
export function runtimeOf(
  assembly: Assembly,
  parts: Pick<Runtime, "recorder" | "state" | "changes" | "policy" | "clock" | "redact" | "simulator" | "draining"> &
    Pick<MetricSources, "duties" | "drift" | "hosting" | "peers" | "droppedLogLines"> & {
      readonly demand: Demand;
      readonly reserve: number;
    },
): Runtime {
  const { recorder, duties, drift, hosting, peers, state, demand, reserve, clock, simulator, droppedLogLines } = parts;
  const networks = [...assembly.networks.values()].map((network): NetworkRuntime => {
    const { config, upstreams, view, eligible, validator } = network;
    const borne = new Map(config.upstreams.map((upstream) => [upstream.id, declaredCapacity(upstream)]));
    const stakes = new Map(config.upstreams.map(({ id, stake }) => [id, stake]));
    return {
      protocol: config.protocol,
      isDefault: config.default,
      view,
      upstreams,
      hasHead: true,
      eligible,
      fleetHead: () => view.head.latest,
      survival: {
        capacity: ({ id, status }) => capacityOf(borne.get(id), status),
        demand: () => demand.calls(config.name),
        load: demand.load,
        peak: config.peak,
        reserve,
      },
      stake: ({ id }) => stakes.get(id),
      validators: validator && (() => validator.snapshot()),
    };
  });
  const { failover, verification } = assembly;
  const sources = {
    recorder,
    duties,
    drift,
    hosting,
    peers,
    networks,
    failover,
    verification,
    state,
    simulated: simulator !== undefined,
    version: version(),
    droppedLogLines,
  };
  const exposition = createExposition(sources, clock, true);
  return { ...parts, networks, failover, verification, exposition, version: version(), startedAt: clock.epoch() };
}
