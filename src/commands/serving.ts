import { type Assembly, assemble } from "../assemble.ts";
import { createDrift } from "../concentration/drift.ts";
import type { Config } from "../config/schema.ts";
import { sentSecrets } from "../fleet/providers/keys.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { systemRandom } from "../lib/random.ts";
import { redactText } from "../lib/redact.ts";
import { createDemand } from "../observe/demand.ts";
import { createDutyRecorder } from "../observe/duty-record.ts";
import { levelsOf } from "../observe/levels.ts";
import { createLog, type Log } from "../observe/log.ts";
import { logObserver } from "../observe/log-observer.ts";
import { descriptorSink } from "../observe/log-sink.ts";
import { recentChanges } from "../observe/recent-changes.ts";
import { createRecorder, type Recorder } from "../observe/record.ts";
import { createAdmin } from "../server/admin.ts";
import { createClients } from "../server/clients.ts";
import { boundClosing } from "../server/drain.ts";
import { createIngress, type FastifyInstance } from "../server/ingress.ts";
import type { Runtime, SimulatorControl } from "../server/runtime.ts";
import { faultSchema, healSchema } from "../simulator/faults.ts";
import { createHttpTransport } from "../transport/http.ts";
import { peersOf } from "./peers.ts";
import { simulate, stallMs, transportOptions, urlOf } from "./reaching.ts";
import { runtimeOf } from "./runtime.ts";
import { openState, stateSecrets, watchState, whenReachable } from "./state-store.ts";
import { survivalOf } from "./survival.ts";
import { watchHosting } from "./watch-hosting.ts";

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

/** When it ends: what large answers have left after the longest deadline, and what operators have, in milliseconds. */
const streamGraceMs = 5_000;
const adminGraceMs = 1_000;

/** Opens every listener of a configuration and begins to probe; or says in a sentence what prevents it. */
export async function startServing(config: Config): Promise<Serving | { readonly problem: string }> {
  const { refusals, warnings } = survivalOf(config);
  if (refusals.length > 0) return { problem: `${refusals.join("; ")}. failover.survive is refuse: not started` };
  const opened = new Opened();
  try {
    return await open(config, warnings, opened);
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

async function open(config: Config, warnings: readonly string[], opened: Opened): Promise<Serving> {
  const clock = systemClock;
  const secrets = secretsOf(config);
  const redact = (text: string) => redactText(text, secrets);
  const sink = descriptorSink(2, clock);
  const log = createLog({ ...config.log, colors: process.stderr.isTTY === true, clock, sink, redact });
  opened.add(() => log.flush());
  const simulation = config.simulator ? await simulate(config, clock) : undefined;
  if (simulation) opened.add(() => simulation.close());
  const state = openState(config.state, clock);
  const recorder = createRecorder();
  const duties = createDutyRecorder(clock, (network) => assembly.networks.get(network)?.validator?.slots());
  const demand = createDemand(clock);
  const changes = recentChanges(clock);
  const failed = (bug: unknown) =>
    log.error("a bug in Breakwater", { detail: bug instanceof Error ? bug.stack : String(bug) });
  const assembly: Assembly = assemble(config, {
    clock,
    crashed: failed,
    random: systemRandom,
    transport: (upstream, network) =>
      createHttpTransport(transportOptions(upstream, urlOf(upstream, network, simulation), config), clock),
    store: state.store,
    observers: [recorder, duties, demand, changes, logObserver(log, clock, config.log.sampleCalls)],
  });
  opened.add(() => assembly.stop());
  let draining = false;
  const drift = createDrift({ clock, store: state.store, read: () => levelsOf(runtime.networks), crashed: failed });
  opened.add(() => drift.stop());
  const hosting = watchHosting(config, clock, log, failed, assembly);
  opened.add(async () => hosting.stop());
  const peers = peersOf(config, assembly, {
    clock,
    crashed: failed,
    troubled: (text, network) => log.warn(text, { network }),
  });
  opened.add(async () => peers.stop());
  const runtime: Runtime = runtimeOf(assembly, {
    hosting: () => hosting.observations(),
    peers: () => peers.seen(),
    drift: () => drift.moved(),
    policy: config.concentration,
    recorder,
    duties,
    state: state.status,
    demand,
    reserve: config.failover.reserve,
    changes,
    clock,
    redact,
    simulator: simulation && ({ faultSchema, healSchema, ...simulation.fleet.faults } as SimulatorControl),
    droppedLogLines: () => log.dropped(),
    draining: () => draining,
  });
  await whenReachable(state, clock);
  const watch = watchState(state, clock, log);
  opened.add(async () => watch.cancel());
  const { token, listen: address } = config.admin;
  // Opened first and so closed last: while calls under way are answered, /readyz tells why no new ones are wanted.
  const admin = createAdmin({ runtime, token, host: address.host, log });
  boundClosing(admin, clock, adminGraceMs);
  opened.add(() => admin.close());
  const operators = await admin.listen({ ...address });
  const clients = await listenForClients({ config, assembly, recorder, log, clock }, opened);
  assembly.start();
  drift.start();
  hosting.start();
  peers.start();
  for (const warning of warnings) log.warn(warning);
  for (const note of assembly.notes) log.info(note);
  const stop = async () => {
    draining = true;
    await opened.close();
  };
  return { config, assembly, clients, operators, simulated: simulation !== undefined, log, stop };
}

/** Whatever in the configuration must never be read by others, wherever it turns up. */
function secretsOf({ admin, clients, state, networks }: Config): readonly string[] {
  const upstreams = networks.flatMap((network) => network.upstreams);
  const sent = upstreams.flatMap(({ url, headers }) => sentSecrets(url, headers));
  const keys = Object.values(clients).map(({ key }) => key);
  return [...(admin.token === undefined ? [] : [admin.token]), ...keys, ...stateSecrets(state), ...sent];
}

/** What listeners for clients are made from. */
interface Public {
  readonly config: Config;
  readonly assembly: Assembly;
  readonly recorder: Recorder;
  readonly log: Log;
  readonly clock: Clock;
}

/** Opens the listener of all networks and those that single networks have to themselves; resolves to the URL of the first. */
async function listenForClients(parts: Public, opened: Opened): Promise<string> {
  const { config, clock } = parts;
  const own = config.networks.flatMap(({ name, listen }) => (listen ? [{ name, address: listen }] : []));
  const listeners = [{ name: undefined, address: config.listen }, ...own].map(({ name, address }) => ({
    address,
    app: ingressFor(parts, name),
  }));
  const graceMs = Math.max(...config.networks.map(({ policies }) => policies.deadline)) + streamGraceMs;
  // Together, or one would go on taking calls until all of another's are answered.
  opened.add(() => Promise.all(listeners.map(({ app }) => app.close())));
  const urls: string[] = [];
  for (const { app, address } of listeners) {
    boundClosing(app, clock, graceMs);
    urls.push(await app.listen({ ...address }));
  }
  return urls[0] as string;
}

function ingressFor({ config, assembly, recorder, log }: Public, only: string | undefined): FastifyInstance {
  return createIngress({
    requestBytes: config.limits.requestBytes,
    stallMs,
    network: (name) =>
      only === undefined || name === undefined || name === only ? assembly.network(name ?? only) : undefined,
    ...(only === undefined && { beacon: () => assembly.beacon }),
    clients: createClients(
      Object.entries(config.clients).map(([name, client]) => ({ name, ...client })),
      config.access === "keys",
    ),
    names: () => (only === undefined ? [...assembly.networks.keys()] : [only]),
    traffic: recorder.client,
    failed: (bug) => log.error("request failed", { detail: bug instanceof Error ? bug.stack : String(bug) }),
  });
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
