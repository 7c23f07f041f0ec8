/** Which paths clients may ask for. */
export interface PathPatterns {
  /** Paths, or beginnings of paths with a `*` at the end (`/eth/v1/debug/*`), that are served although closed by default. */
  readonly allow: readonly string[];
  /** Closes more, in the same form; stronger than `allow`. */
  readonly deny: readonly string[];
}

/** Consensus clients with paths of their own, by the first part of these. */
export const clientsWithPaths = ["lighthouse", "teku", "prysm", "lodestar", "nimbus", "grandine", "caplin"] as const;

/** What is closed unless the configuration opens it. */
export interface ClosedPaths {
  readonly what: string;
  /** As the documentation shows it, and the pattern that opens it. */
  readonly pattern: string;
  matches(segments: readonly string[]): boolean;
}

/** `/eth/vN/NAME/...`. */
function below(name: string): ClosedPaths["matches"] {
  return ([eth, version, third]) => eth === "eth" && /^v\d+$/.test(version ?? "") && third === name;
}

/**
 * Closed by default. Sources: the README of beacon-APIs ("must not be exposed publicly"), keymanager-APIs, and the paths
 * that Lighthouse, Teku, Prysm, Lodestar, Nimbus, Grandine and Erigon's Caplin have of their own. Compared in small
 * letters, as some servers ignore case.
 */
export const closedPaths: readonly ClosedPaths[] = [
  { what: "whole states and fork choice, a burden for any node", pattern: "/eth/v1/debug/*", matches: below("debug") },
  { what: "whole states for checkpoint sync", pattern: "/eth/v1/checkpoint/*", matches: below("checkpoint") },
  { what: "the keys of a node", pattern: "/eth/v1/keystores*", matches: below("keystores") },
  { what: "the keys of a node", pattern: "/eth/v1/remotekeys*", matches: below("remotekeys") },
  {
    what: "settings of a validator at its node",
    pattern: "/eth/v1/validator/0x*",
    matches: ([eth, version, third, key]) =>
      below("validator")([eth, version, third] as string[]) && /^0x/.test(key ?? ""),
  },
  ...clientsWithPaths.map((client) => ({
    what: `what only ${client} has`,
    pattern: `/${client}/*`,
    matches: ([first]: readonly string[]) => first === client,
  })),
];

/** What the configuration and the list above say of a path. */
export interface PathRules {
  /** Why a path is closed; `undefined` when it is not. */
  closed(path: string): string | undefined;
  /** Does the configuration name it as open? */
  opened(path: string): boolean;
}

export function createPathRules({ allow, deny }: PathPatterns): PathRules {
  const allowed = matcher(allow);
  const denied = matcher(deny);
  return {
    closed(path) {
      const lower = path.toLowerCase();
      if (denied(lower)) return "this path is denied by methods.deny of the network";
      if (allowed(lower)) return undefined;
      const segments = lower.slice(1).split("/");
      const closed = closedPaths.find(({ matches }) => matches(segments));
      // The version is the client's.
      const pattern = closed?.pattern.replace("/v1/", `/${segments[1]}/`);
      return closed && `not served by default (${closed.what}); methods.allow of the network opens it: "${pattern}"`;
    },
    opened: (path) => allowed(path.toLowerCase()),
  };
}

/** Does a path in small letters fit one of the patterns? Patterns that are no paths are for other protocols. */
function matcher(patterns: readonly string[]): (path: string) => boolean {
  const lower = patterns.map((pattern) => pattern.toLowerCase());
  const whole = new Set(lower.filter((pattern) => !pattern.endsWith("*")));
  const beginnings = lower
    .filter((pattern) => pattern.startsWith("/") && pattern.endsWith("*"))
    .map((pattern) => pattern.slice(0, -1));
  return (path) => whole.has(path) || beginnings.some((beginning) => path.startsWith(beginning));
}
