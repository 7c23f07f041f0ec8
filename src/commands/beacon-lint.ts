import { sharesOf } from "../concentration/shares.ts";
import type { Config, NetworkConfig } from "../config/schema.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";

/** What would make all validators of a beacon network wrong, or idle, at once: sentences. */
export function* beaconWarnings(network: NetworkConfig): Generator<string> {
  const { name, upstreams } = network;
  const trusted = upstreams.filter(({ duties }) => duties.trust === "trusted");
  if (trusted.length === 0) {
    yield `no upstream of ${name} is trusted: nobody says what to sign; your own nodes are (duties.trust)`;
    return;
  }
  if (trusted.length === 1) {
    const others = upstreams.length > 1 ? "trusted upstream" : "upstream";
    yield `${name} has a single ${others}: when it fails, duties are missed, and what it says is signed unseen`;
  } else yield* commonFate(name, trusted);
  yield* quorumWarnings(network, trusted);
  if (network.genesis === undefined && network.chain === undefined && !upstreams.some(({ simulated }) => simulated)) {
    yield `${name} says neither its genesis nor its chain: were most of its nodes on another one, that would be served`;
  }
}

type Upstreams = NetworkConfig["upstreams"];

const sentences = [
  ["provider", (name: string, one: string) => `all trusted upstreams of ${name} are with ${one}: its outage is yours`],
  ["region", (name: string, one: string) => `all trusted upstreams of ${name} stand in ${one}: its outage is yours`],
  [
    "client",
    (name: string, one: string) =>
      `all trusted upstreams of ${name} run ${one}: a bug of it is signed by all validators, as no other client objects`,
  ],
] as const;

/** What all of those have in common who say what is signed. */
function* commonFate(name: string, trusted: Upstreams): Generator<string> {
  const members = trusted.map((upstream) => resolveCoordinates(upstream, upstream.url));
  for (const [dimension, sentence] of sentences) {
    const { shares, known } = sharesOf(members, dimension, () => 1);
    if (shares.length === 1 && known === 1) yield sentence(name, shares[0]?.entity ?? "");
  }
}

/** Nodes tell their execution clients themselves, so that more voters may come to be than clients are named here. */
function* quorumWarnings({ name, validators: { quorum } }: NetworkConfig, trusted: Upstreams): Generator<string> {
  if (quorum > trusted.length) {
    yield `validators.quorum of ${name} is ${quorum}, and ${trusted.length} of its upstreams are trusted: nothing can be signed`;
    return;
  }
  const clients = new Set(trusted.flatMap(({ client }) => client ?? [])).size;
  const most = Math.floor(clients / 2) + 1;
  if (clients > 1 && quorum < most) {
    yield `validators.quorum of ${name} is ${quorum}, and its nodes run ${clients} clients: say ${most}, or one decides alone when the others are away`;
  }
}

/** What a configuration cannot show, and operators of validators should have done; nothing to fail on. */
export function beaconHints({ networks, simulator, state }: Config): readonly string[] {
  if (simulator !== undefined || !networks.some(({ protocol }) => protocol === "beacon")) return [];
  const hints: string[] = [];
  if (state.redis === undefined) {
    hints.push(
      "one Breakwater is a single point of failure for validators: run another one elsewhere, and name both to the validator client (docs/validators.md)",
    );
  }
  if (state.redis === undefined && state.file === undefined) {
    hints.push(
      "state is kept in memory: after a restart it is not known what validators signed and whom they pay; say state.file or state.redis",
    );
  }
  return hints;
}
