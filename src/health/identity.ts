/** What one upstream says of itself; `undefined` until it told. */
export interface Told {
  readonly chain: string | undefined;
  readonly genesis: string | undefined;
}

/**
 * What most say. The incumbent stays while nothing else is said more often, else the first to be said wins a tie;
 * `undefined` when nobody says anything.
 */
export function mostSaid(said: Iterable<string | undefined>, incumbent: string | undefined): string | undefined {
  const votes = new Map<string, number>();
  for (const value of said) if (value !== undefined) votes.set(value, (votes.get(value) ?? 0) + 1);
  let best = incumbent;
  let most = incumbent === undefined ? 0 : (votes.get(incumbent) ?? 0);
  for (const [value, count] of votes) {
    if (count <= most) continue;
    best = value;
    most = count;
  }
  return best;
}

/** Why an upstream must not serve, given what the network is known to be; `undefined` when nothing speaks against it. */
export function refusal(told: Told, expected: Told): string | undefined {
  if (differs(told.chain, expected.chain)) return `wrong chain: ${shown(told.chain)}, not ${shown(expected.chain)}`;
  if (differs(told.genesis, expected.genesis)) {
    return `wrong genesis: ${shown(told.genesis)}, not ${shown(expected.genesis)}`;
  }
  return undefined;
}

function differs(told: string | undefined, expected: string | undefined): boolean {
  return told !== undefined && expected !== undefined && told.toLowerCase() !== expected.toLowerCase();
}

/** What an upstream says is not to be trusted in a log line: at most 80 characters of it, none of them odd. */
function shown(value: string | undefined): string {
  return (value ?? "").slice(0, 80).replace(/[^\w.:-]/g, "?");
}

/**
 * Node software by the names that it gives itself, in `web3_clientVersion` or `/eth/v1/node/version`. op-geth and others that are built from geth
 * call themselves Geth, and share its faults. What is not listed may be a gateway, which is no node, and is left unknown.
 */
const clients: ReadonlySet<string> = new Set([
  "besu",
  "bor",
  "erigon",
  "ethrex",
  "geth",
  "grandine",
  "lighthouse",
  "lodestar",
  "nethermind",
  "nimbus",
  "nitro",
  "prysm",
  "reth",
  "teku",
]);

/** The client that a version names, `geth` for `Geth/v1.16.4-stable/linux-amd64/go1.24.7`; `undefined` for no known one. */
export function clientOf(version: string): string | undefined {
  const name = version.split("/", 1)[0]?.toLowerCase() ?? "";
  return clients.has(name) ? name : undefined;
}

/** So many answers in a row make up for one that contradicts: an hour, as versions are asked for every five minutes. */
const answersToAgree = 12;

/** Which client answers at one upstream. Behind a balancer it may be several: then it is none. */
export class AnsweringClient {
  #last: string | undefined;
  #agreeing = 0;
  #contradicted = false;

  /** Takes in a version that was told; gives the client as far as it is certain. */
  heard(version: string): string | undefined {
    const client = clientOf(version);
    if (this.#agreeing > 0 && client !== this.#last) {
      this.#contradicted = true;
      this.#agreeing = 0;
    }
    this.#last = client;
    this.#agreeing++;
    if (this.#agreeing >= answersToAgree) this.#contradicted = false;
    return this.#contradicted ? undefined : client;
  }
}
