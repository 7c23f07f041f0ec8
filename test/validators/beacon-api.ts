/** What the bed asks of a beacon node: https://ethereum.github.io/beacon-APIs/. Numbers come as decimal strings. */
export interface BeaconApi {
  readonly url: string;
  /** Gives `data` of the answer to GET, or to POST where there is a body. Throws when there is none. */
  ask<Data>(path: string, body?: unknown): Promise<Data>;
  /** The same, but undefined when there is no such thing (404). */
  find<Data>(path: string): Promise<Data | undefined>;
  /** Whether it answers and is where its peers are. False, too, when it does not answer within a second. */
  ready(): Promise<boolean>;
}

/** How long a node may take for an answer that a report is made of. */
const askMs = 10_000;
const readyMs = 1_000;

/** Reads from the beacon node at a URL. */
export function beaconApi(url: string): BeaconApi {
  const get = async <Data>(path: string, init: RequestInit, ms: number): Promise<Data | undefined> => {
    const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(ms) });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`);
    return (JSON.parse(text) as { data: Data }).data;
  };
  return {
    url,
    find: (path) => get(path, {}, askMs),
    async ask<Data>(path: string, body?: unknown) {
      const headers = { "content-type": "application/json" };
      const init = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
      const data = await get<Data>(path, init, askMs);
      if (data === undefined) throw new Error(`${path}: there is no such thing`);
      return data;
    },
    async ready() {
      try {
        const state = await get<{ is_syncing: boolean; is_optimistic?: boolean }>("/eth/v1/node/syncing", {}, readyMs);
        return state?.is_syncing === false && state.is_optimistic !== true;
      } catch {
        // A node that is gone or hangs is not ready; there is nobody to tell more.
        return false;
      }
    },
  };
}
