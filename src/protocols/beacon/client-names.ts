/** A client's common name, and what it calls itself: words in its name, and its code of the Engine API. */
type Names = readonly (readonly [common: string, word: RegExp, code: string])[];

/**
 * Sources: execution-apis 033ca6e, `src/engine/identification.md` (codes); what the clients answer to
 * `/eth/v1/node/version`.
 */
const consensusClients: Names = [
  ["lighthouse", /lighthouse/, "lh"],
  ["prysm", /prysm/, "pm"],
  ["teku", /teku/, "tk"],
  ["nimbus", /nimbus/, "nb"],
  ["lodestar", /lodestar/, "ls"],
  ["grandine", /grandine/, "gr"],
  ["erigon-caplin", /caplin|erigon/, "cn"],
];

const executionClients: Names = [
  ["geth", /geth|go-ethereum/, "ge"],
  ["nethermind", /nethermind/, "nm"],
  ["besu", /besu/, "bu"],
  ["erigon", /erigon/, "eg"],
  ["reth", /reth/, "rh"],
  ["ethereumjs", /ethereumjs/, "ej"],
  ["ethrex", /ethrex/, "ex"],
  ["nimbus-eth1", /nimbus/, "ne"],
];

/** No name is longer, so that what a node says of itself fills no label. */
const mostName = 32;

/** The common name of a consensus client, from the name or the code by which it calls itself; its own word if unknown. */
export function consensusName(name: unknown, code?: unknown): string | undefined {
  return commonName(consensusClients, name, code);
}

/** The common name of an execution client. */
export function executionName(name: unknown, code?: unknown): string | undefined {
  return commonName(executionClients, name, code);
}

/** `Lighthouse/v8.0.1-ced49dd/x86_64-linux` begins with the name; what follows may name an operating system or a JVM. */
function commonName(clients: Names, name: unknown, code: unknown): string | undefined {
  const [word = ""] = typeof name === "string" ? name.trim().toLowerCase().split(/[/\s]/, 1) : [];
  const byWord = clients.find(([, pattern]) => pattern.test(word));
  if (byWord) return byWord[0];
  const byCode = typeof code === "string" ? clients.find(([, , one]) => one === code.toLowerCase()) : undefined;
  return byCode?.[0] ?? (/^[a-z0-9][a-z0-9._-]*$/.test(word) ? word.slice(0, mostName) : undefined);
}
