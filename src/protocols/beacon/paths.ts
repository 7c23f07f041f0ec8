import { type Endpoint, endpoints } from "./endpoints.ts";

/** The target of a request, taken apart. */
export interface Target {
  /** Without a slash at its end. */
  readonly path: string;
  /** Between the slashes: `["eth", "v1", "node", "health"]`. */
  readonly segments: readonly string[];
  /** With its question mark, byte for byte as it came; empty when there is none. */
  readonly query: string;
}

/** Why a target is not read, with the status for the client. */
export interface Misread {
  readonly status: 400 | 414;
  readonly message: string;
}

/** Longer than any path in use: a public key in it has 98 characters. */
const mostPath = 1_024;
/** Node's own limit for a request's head is lower as a rule; clients ask for more by POST when told 414. */
const mostQuery = 65_536;

/**
 * What paths are made of: names, numbers, roots, keys, peer ids. Nothing in them needs an escape, and what is escaped may
 * mean one thing here and another to a node.
 */
const wellFormed = /^\/[A-Za-z0-9._~:@$+,=-]+(?:\/[A-Za-z0-9._~:@$+,=-]+)*\/?$/;
const printable = /^[\x21-\x7e]*$/;

/** Takes the target of a request apart, or says why that would not be safe. */
export function readTarget(text: string): Target | Misread {
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = mark < 0 ? "" : text.slice(mark);
  if (path.length > mostPath) return { status: 414, message: `the path is longer than ${mostPath} characters` };
  if (query.length > mostQuery) return { status: 414, message: `the query is longer than ${mostQuery} characters` };
  if (!wellFormed.test(path)) {
    return { status: 400, message: "the path has empty or escaped parts, or characters that no path has" };
  }
  if (!printable.test(query) || query.includes("#")) {
    return { status: 400, message: "the query has characters that must be escaped" };
  }
  const trimmed = path.endsWith("/") ? path.slice(0, -1) : path;
  const segments = trimmed.slice(1).split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) {
    return { status: 400, message: "the path leads upwards" };
  }
  return { path: trimmed, segments, query };
}

/** The first value of a parameter of a query, decoded; `undefined` when it is absent. */
export function parameter(query: string, name: string): string | undefined {
  return query.includes(name) ? (new URLSearchParams(query).get(name) ?? undefined) : undefined;
}

/** A node of the tree of paths: what may follow, by name, or any one segment. */
interface Branch {
  readonly names: Map<string, Branch>;
  any: Branch | undefined;
  readonly ends: Map<string, Ending>;
}

interface Ending {
  readonly endpoint: Endpoint;
  /** The names of the segments in braces, by their place. */
  readonly places: readonly (string | undefined)[];
}

/** Where a target leads: an endpoint and the values of its segments in braces. */
export interface Route {
  readonly endpoint: Endpoint;
  value(name: string): string | undefined;
}

/** Finds endpoints by verb and path. */
export interface Router {
  find(verb: string, segments: readonly string[]): Route | undefined;
  /** The verbs of a path; none when the path is not in the table. */
  verbs(segments: readonly string[]): readonly string[];
}

/** The router of the table. */
export function createRouter(table: readonly Endpoint[] = endpoints): Router {
  const root = branch();
  for (const endpoint of table) {
    for (const path of endpoint.paths) {
      for (const verb of endpoint.verbs) plant(root, verb, path, endpoint);
    }
  }
  return {
    find(verb, segments) {
      const ending = walk(root, segments, 0, (at) => at.ends.has(verb))?.ends.get(verb);
      if (!ending) return undefined;
      const { endpoint, places } = ending;
      return {
        endpoint,
        value(name) {
          const place = places.indexOf(name);
          return place < 0 ? undefined : segments[place];
        },
      };
    },
    verbs: (segments) => [...(walk(root, segments, 0, ({ ends }) => ends.size > 0)?.ends.keys() ?? [])],
  };
}

function branch(): Branch {
  return { names: new Map(), any: undefined, ends: new Map() };
}

function plant(root: Branch, verb: string, path: string, endpoint: Endpoint): void {
  const parts = path.slice(1).split("/");
  const places = parts.map((part) => (part.startsWith("{") ? part.slice(1, -1) : undefined));
  let at = root;
  for (const part of parts) {
    let next = part.startsWith("{") ? at.any : at.names.get(part);
    if (!next) {
      next = branch();
      if (part.startsWith("{")) at.any = next;
      else at.names.set(part, next);
    }
    at = next;
  }
  if (at.ends.has(verb)) throw new Error(`two endpoints for ${verb} ${path}`);
  at.ends.set(verb, { endpoint, places });
}

/** The branch at which a path ends; a name goes before any segment. At most two ways at each step, and few fork. */
function walk(
  at: Branch,
  segments: readonly string[],
  from: number,
  accepts: (branch: Branch) => boolean,
): Branch | undefined {
  const segment = segments[from];
  if (segment === undefined) return accepts(at) ? at : undefined;
  const named = at.names.get(segment);
  const found = named && walk(named, segments, from + 1, accepts);
  return found ?? (at.any && walk(at.any, segments, from + 1, accepts));
}
