import type { Config, NetworkConfig, UpstreamConfig } from "../config/schema.ts";
import type { Observer } from "../core/observer.ts";
import type { Protocol } from "../core/protocol.ts";
import { type Upstream, unknownStatus } from "../core/upstream.ts";
import { createBreaker } from "../fleet/breaker.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import { createHoldOff } from "../fleet/hold-off.ts";
import { createLimits } from "../fleet/limits.ts";
import { sentSecrets } from "../fleet/providers/keys.ts";
import { createUpstream } from "../fleet/upstream.ts";
import type { Common } from "./common.ts";

/** Puts one upstream together: its own chain from bulkhead to transport. */
export function assembleUpstream(
  upstream: UpstreamConfig,
  network: NetworkConfig,
  config: Config,
  protocol: Protocol,
  telling: Required<Pick<Observer, "changed">>,
  { world, rotation, pulse, control, notes, closers }: Common,
): Upstream {
  const { clock, random } = world;
  const { coordinates, unknown, notes: guesses } = resolveCoordinates(upstream, upstream.url);
  for (const guess of guesses) notes.push(`upstream ${upstream.id}: ${guess}`);
  if (unknown.length > 0 && !upstream.simulated)
    notes.push(`upstream ${upstream.id}: not known: ${unknown.join(", ")}`);
  const status = unknownStatus();
  const transport = world.transport(upstream, network);
  const breaker =
    network.breaker &&
    createBreaker(network.breaker, { clock, random, rotation }, (from, to, because) => {
      status.breaker = to;
      telling.changed(built, { what: "breaker", from, to, because });
    });
  const holdOff = createHoldOff(status, { clock, random }, (from, to, because) =>
    telling.changed(built, { what: "hold", from, to, because }),
  );
  const built: Upstream = createUpstream({
    id: upstream.id,
    network: network.name,
    coordinates,
    tier: upstream.tier,
    archive: upstream.archive,
    traces: upstream.traces,
    status,
    transport,
    classify: protocol.classify,
    limits: createLimits(upstream.limits, clock, { stalled: () => pulse.isStalled() }),
    breaker: breaker || undefined,
    othersAnswer: (since) => control?.answers(built, since) ?? true,
    holdOff,
    clock,
    secrets: sentSecrets(upstream.url, upstream.headers),
    streamAbove: config.limits.streamAbove,
    responseBytes: config.limits.responseBytes,
  });
  closers.push(async () => {
    if (breaker) breaker.close();
    await transport.close();
  });
  return built;
}
