import { assemble, type Network } from "../assemble.ts";
import type { Config } from "../config/schema.ts";
import type { Upstream } from "../core/upstream.ts";
import type { EvidenceRecord, LightClientStatus, VerifiedUpstream } from "../core/verification.ts";
import type { Clock } from "../lib/clock.ts";
import { nearest } from "../lib/nearest.ts";
import { systemRandom } from "../lib/random.ts";
import { createHttpTransport } from "../transport/http.ts";
import { simulate, transportOptions, urlOf } from "./reaching.ts";

/** What an audit found. */
export interface AuditReport {
  readonly upstream: VerifiedUpstream;
  readonly evidence: readonly EvidenceRecord[];
  /** How the light client of its network stands, where there is one. */
  readonly lightClient?: LightClientStatus | undefined;
}

/** How long the fleet may take to say which chain it serves, a light client to begin, and how often that is looked at, in milliseconds. */
const readyMs = 10_000;
const lookMs = 50;
/** So many that do not serve are named. */
const mostNamed = 5;

/** More than a day: the audit asks by itself. */
const neverMs = 2_000_000_000;

/** An upstream by its name, and the network that it stands in. */
interface Named {
  readonly network: string;
  readonly upstream: string;
}

/** Which of them is meant; a problem as a sentence where none is, or one of each of several networks may be. */
export function oneNamed<T extends Named>(
  all: readonly T[],
  { upstream, network }: { readonly upstream: string; readonly network: string | undefined },
): T | { readonly problem: string } {
  const called = all.filter((one) => one.upstream === upstream);
  const found = called.filter((one) => network === undefined || one.network === network);
  if (found.length > 1) {
    const networks = found.map((one) => one.network).join(", ");
    return { problem: `upstreams of ${networks} are called ${upstream}: say which with --network` };
  }
  if (found[0]) return found[0];
  const where = network === undefined ? "" : ` of ${network}`;
  const near = nearest(
    upstream,
    all.map((one) => one.upstream),
  );
  const hint = near === undefined || near === upstream ? "" : `; did you mean ${near}?`;
  return { problem: `no upstream${where} is called ${upstream}${hint}` };
}

/**
 * Asks one upstream of a configuration so many questions with known answers, and compares what it says with the others of
 * its network; opens no listener, and keeps nothing. A problem is a sentence.
 */
export async function examine(
  config: Config,
  wanted: { readonly upstream: string; readonly network: string | undefined },
  questions: number,
  clock: Clock,
): Promise<AuditReport | { readonly problem: string }> {
  const all = config.networks.flatMap((one) =>
    one.upstreams.map(({ id }) => ({ home: one, network: one.name, upstream: id })),
  );
  const found = oneNamed(all, wanted);
  if ("problem" in found) return found;
  const { home: network, upstream: id } = found;
  if (network.protocol !== "evm") return { problem: `answers of ${network.protocol} upstreams cannot be checked` };
  const networks = config.networks.filter((one) => one === network || one.name === network.lightClient?.network);
  const verification = {
    mode: "observe",
    newcomers: 0,
    trusted: 0,
    budget: 1_000,
    canaries: neverMs,
    delay: 1,
  } as const;
  const simulation = config.simulator ? await simulate(config, clock) : undefined;
  const assembly = assemble(
    { ...config, networks, verification },
    {
      clock,
      random: systemRandom,
      transport: (upstream, of) =>
        createHttpTransport(transportOptions(upstream, urlOf(upstream, of, simulation), config), clock),
      observers: [],
    },
  );
  try {
    assembly.start();
    const lightClient = () => assembly.verification?.lightClients().find((one) => one.network === network.name);
    const others = network.lightClient ? 1 : 2;
    const problem = await confirmed(assembly.networks.get(network.name) as Network, id, others, clock);
    if (problem !== undefined) return { problem };
    await begun(lightClient, clock);
    await assembly.verification?.examine(id, questions);
    const upstream = assembly.verification?.upstreams().find((one) => one.upstream === id);
    const evidence = assembly.verification?.evidence().filter((one) => one.upstream === id) ?? [];
    return upstream ? { upstream, evidence, lightClient: lightClient() } : { problem: `no upstream is called ${id}` };
  } finally {
    await assembly.stop();
    await simulation?.close();
  }
}

/** Waits until the light client knows a block, or seems not to come to know one. */
async function begun(lightClient: () => LightClientStatus | undefined, clock: Clock): Promise<void> {
  const until = clock.now() + readyMs;
  for (let one = lightClient(); one && !one.block && clock.now() < until; one = lightClient()) await pause(clock);
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(lookMs, resolve);
  });
}

/** Waits until the upstream and so many others serve the chain; what is missing, as a sentence, when they do not. */
async function confirmed(
  { upstreams, view }: Network,
  id: string,
  needed: number,
  clock: Clock,
): Promise<string | undefined> {
  const until = clock.now() + readyMs;
  const subject = upstreams.find((one) => one.id === id);
  for (;;) {
    const others = upstreams.filter((one) => one !== subject && one.status.confirmed && one.status.head > 0).length;
    const serves = subject?.status.confirmed && subject.status.head > 0;
    if (serves && others >= needed && view.head.latest > 0) return undefined;
    if (clock.now() >= until) {
      if (!subject?.status.confirmed) return `${id} does not serve the chain: ${subject?.status.because}`;
      return [
        `it takes ${needed === 1 ? "another upstream that serves" : "two other upstreams that serve"} the chain to compare with`,
        ...unserving(upstreams).slice(0, mostNamed),
      ].join("; ");
    }
    await pause(clock);
  }
}

/** Why upstreams do not count among those that serve the chain. */
export function unserving(upstreams: readonly Pick<Upstream, "id" | "status">[]): readonly string[] {
  return upstreams.flatMap(({ id, status: { confirmed, head, because } }) => {
    if (!confirmed) return `${id} does not (${because})`;
    return head > 0 ? [] : `${id} has no block after its first`;
  });
}
