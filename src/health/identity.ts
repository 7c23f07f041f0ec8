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
