import { readFileSync } from "node:fs";
import type { Config, NetworkConfig, UpstreamConfig } from "../config/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { createSimulatedFleet, type SimulatedFleet, simulationOf } from "../simulator/fleet.ts";
import { type ListeningFleet, listen } from "../simulator/listen.ts";
import type { HttpOptions } from "../transport/http.ts";

/** Time for an upstream to accept a connection, and for a large answer to make progress on either side, in milliseconds. */
const connectTimeoutMs = 5_000;
export const stallMs = 30_000;
/** Connections that calls cannot take: health checks reach also an upstream that is busy with all the calls it may have. */
const probeConnections = 2;

/** A simulated fleet that listens. */
export interface Simulation {
  readonly fleet: SimulatedFleet;
  readonly listening: ListeningFleet;
  /** Ends all faults, which would otherwise wait for their time, and closes every port. */
  close(): Promise<void>;
}

/** The fleet that a configuration describes without URLs, on ports of its own. */
export async function simulate(config: Config, clock: Clock): Promise<Simulation> {
  const fleet = createSimulatedFleet(simulationOf(config), clock);
  const listening = await listen(fleet, clock);
  const close = () => {
    fleet.faults.heal({ where: undefined, fault: undefined });
    return listening.close();
  };
  return { fleet, listening, close };
}

/** Where an upstream is: where it says, or where its simulation listens. */
export function urlOf(upstream: UpstreamConfig, network: NetworkConfig, simulation: Simulation | undefined): string {
  const url = upstream.url ?? simulation?.listening.url(network.name, upstream.id);
  if (url === undefined) throw new Error(`upstream ${upstream.id} is nowhere`);
  return url;
}

/** How an upstream is reached over HTTP. */
export function transportOptions({ headers, limits, tls }: UpstreamConfig, url: string, config: Config): HttpOptions {
  return {
    url,
    headers,
    connections: limits.concurrency + probeConnections,
    connectTimeoutMs,
    stallMs,
    responseBytes: config.limits.responseBytes,
    tls: tls && mapFiles(tls),
  };
}

function mapFiles(files: NonNullable<UpstreamConfig["tls"]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => (file === undefined ? [] : [[name, readFileSync(file, "utf8")]])),
  );
}
