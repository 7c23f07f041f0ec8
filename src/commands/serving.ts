import { readFileSync } from "node:fs";
import { type Assembly, assemble } from "../assemble.ts";
import type { Address } from "../config/address.ts";
import type { Config, UpstreamConfig } from "../config/schema.ts";
import type { Transport } from "../core/transport.ts";
import { endpointSecrets } from "../fleet/providers/keys.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { redactText } from "../lib/redact.ts";
import { createLog, type Log } from "../observe/log.ts";
import { logObserver } from "../observe/log-observer.ts";
import { descriptorSink } from "../observe/log-sink.ts";
import { createRecorder, type Recorder } from "../observe/record.ts";
import { createIngress, type FastifyInstance } from "../server/ingress.ts";
import { createSimulatedFleet, type SimulatedFleet, simulationOf } from "../simulator/fleet.ts";
import { type ListeningFleet, listen } from "../simulator/listen.ts";
import { createHttpTransport } from "../transport/http.ts";

/** A proxy that serves. */
export interface Serving {
  readonly config: Config;
  readonly assembly: Assembly;
  /** Where it really listens, as URLs: ports that were left open are known by now. */
  readonly clients: string;
  readonly operators: string;
  readonly simulated: boolean;
  readonly log: Log;
  /** Takes no more calls, answers those under way, and lets go of everything. */
  stop(): Promise<void>;
}

/** Time for an upstream to accept a connection, and for a stream to bring the next bytes, in milliseconds. */
const connectTimeoutMs = 5_000;
const stallMs = 30_000;

/** Opens every listener of a configuration and begins to probe; or says in a sentence what prevents it. */
export async function startServing(config: Config): Promise<Serving | { readonly problem: string }> {
  const opened = new Opened();
  try {
    return await open(config, opened);
  } catch (error) {
    await opened.close();
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return { problem };
  }
}

/** What was opened, to be closed in the opposite order, also when opening went no further. */
class Opened {
  readonly #closers: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

async function open(config: Config, opened: Opened): Promise<Serving> {
  const clock = systemClock;
  const secrets = secretsOf(config);
  const log = createLog({
    ...config.log,
    colors: process.stderr.isTTY === true,
    clock,
    sink: descriptorSink(2, clock),
    redact: (text) => redactText(text, secrets),
  });
  opened.add(() => log.flush());
  const simulation = config.simulator ? await simulate(config, clock) : undefined;
  if (simulation) opened.add(() => simulation.listening.close());
  const recorder = createRecorder();
  const assembly = assemble(config, {
    clock,
    random: systemRandom,
    transport: (upstream) => transportTo(upstream, urlOf(upstream, config, simulation?.listening), config, clock),
    observers: [recorder, logObserver(log, clock, config.log.sampleCalls)],
  });
  opened.add(() => assembly.stop());
  const clients = await listenWith(ingressFor(config, assembly, recorder, undefined), config.listen, opened);
  for (const { name, listen: own } of config.networks) {
    if (own) await listenWith(ingressFor(config, assembly, recorder, name), own, opened);
  }
  assembly.start();
  for (const note of assembly.notes) log.info(note);
  return {
    config,
    assembly,
    clients,
    operators: "",
    simulated: simulation !== undefined,
    log,
    stop: () => opened.close(),
  };
}

/** Whatever in the configuration must never be read by others, wherever it turns up. */
function secretsOf({ admin, networks }: Config): readonly string[] {
  const upstreams = networks.flatMap((network) => network.upstreams);
  return [
    ...(admin.token === undefined ? [] : [admin.token]),
    ...upstreams.flatMap(({ url, headers }) => [
      ...(url === undefined ? [] : endpointSecrets(url)),
      ...Object.values(headers),
    ]),
  ];
}

interface Simulation {
  readonly fleet: SimulatedFleet;
  readonly listening: ListeningFleet;
}

async function simulate(config: Config, clock: Clock): Promise<Simulation> {
  const fleet = createSimulatedFleet(simulationOf(config), clock);
  return { fleet, listening: await listen(fleet, clock) };
}

/** Where an upstream is: where it says, or where its simulation listens. */
function urlOf(upstream: UpstreamConfig, config: Config, listening: ListeningFleet | undefined): string {
  const network = config.networks.find(({ upstreams }) => upstreams.includes(upstream));
  const url = upstream.url ?? listening?.url(network?.name ?? "", upstream.id);
  if (url === undefined) throw new Error(`upstream ${upstream.id} is nowhere`);
  return url;
}

function transportTo(upstream: UpstreamConfig, url: string, config: Config, clock: Clock): Transport {
  const { headers, limits, tls } = upstream;
  const options = {
    url,
    headers,
    connections: limits.concurrency,
    connectTimeoutMs,
    stallMs,
    responseBytes: config.limits.responseBytes,
    tls: tls && mapFiles(tls),
  };
  return createHttpTransport(options, clock);
}

function mapFiles(files: NonNullable<UpstreamConfig["tls"]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => (file === undefined ? [] : [[name, readFileSync(file, "utf8")]])),
  );
}

function ingressFor(config: Config, assembly: Assembly, recorder: Recorder, only: string | undefined): FastifyInstance {
  return createIngress({
    requestBytes: config.limits.requestBytes,
    network: (name) =>
      only === undefined || name === undefined || name === only ? assembly.network(name ?? only) : undefined,
    names: () => (only === undefined ? [...assembly.networks.keys()] : [only]),
    traffic: recorder.client,
  });
}

async function listenWith(app: FastifyInstance, { host, port }: Address, opened: Opened): Promise<string> {
  opened.add(() => app.close());
  return app.listen({ host, port });
}

/** What a person should be told of an error that is no bug: a port that is taken, a file that cannot be read. */
function problemOf(error: unknown): string | undefined {
  const { code, syscall, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (syscall === "listen") {
    const hint =
      code === "EADDRINUSE" ? "another program listens there; choose another with --listen or --admin" : code;
    return `cannot listen on ${address}:${port}: ${hint}`;
  }
  return path === undefined || code === undefined ? undefined : `cannot read ${path}: ${code}`;
}
