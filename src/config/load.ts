import type { z } from "zod";
import { redactUrl } from "../lib/redact.ts";
import type { Environment } from "./environment.ts";
import { byPlace, type Finding } from "./finding.ts";
import { readDocument } from "./read.ts";
import { review } from "./review.ts";
import { type Config, documentSchema, type UpstreamConfig } from "./schema.ts";

/** A configuration to start from and what is doubtful about it, or all that is wrong with it. */
export type Loaded =
  | { readonly config: Config; readonly warnings: readonly Finding[] }
  | { readonly problems: readonly Finding[] };

/**
 * Reads a configuration: YAML (or JSON) text, `${NAME}` replaced from `env`, checked, every default filled in, frozen.
 * `file` is how messages name the text. No message quotes a value of the environment.
 */
export function loadConfig(text: string, options: { readonly file: string; readonly env: Environment }): Loaded {
  const read = readDocument(documentSchema, text, options);
  if ("problems" in read) return read;
  const config = resolve(read.value);
  const { problems, warnings } = review(config, read.source);
  if (problems.length > 0) return { problems: problems.sort(byPlace) };
  return { config: frozen(config), warnings: warnings.sort(byPlace) };
}

/** Fills in what depends on other parts of the document. */
function resolve({ networks, ...rest }: z.output<typeof documentSchema>): Config {
  const all = Object.entries(networks);
  const firstOf = (protocol: string) => all.find(([, network]) => network.protocol === protocol)?.[0];
  const nobodySays = (protocol: string) =>
    all.every(([, network]) => network.protocol !== protocol || !network.default);
  return {
    ...rest,
    networks: all.map(([name, { upstreams, routing, ...network }]) => ({
      ...network,
      name,
      default: network.default || (nobodySays(network.protocol) && name === firstOf(network.protocol)),
      routing: { ...routing, home: routing.home ?? rest.self.region },
      upstreams: named(upstreams),
    })),
  };
}

type Entry = Omit<UpstreamConfig, "id"> & { readonly id?: string | undefined };

/** Gives an id to each upstream that has none, made from its provider and host. */
function named(entries: readonly Entry[]): readonly UpstreamConfig[] {
  const taken = new Set(entries.map(({ id }) => id));
  return entries.map((entry) => {
    if (entry.id !== undefined) return { ...entry, id: entry.id };
    const wanted = idFor(entry);
    let id = wanted;
    for (let count = 2; taken.has(id); count++) id = `${wanted}-${count}`;
    taken.add(id);
    return { ...entry, id };
  });
}

/** Ids are shown everywhere, so a host name that holds a key is left out. */
function idFor({ url, provider, region }: Entry): string {
  const host = url === undefined ? region?.split("/").at(-1) : hostOf(url);
  if (provider === undefined) return host ?? "upstream";
  if (host === undefined) return provider;
  return `${provider}-${/^[\d.:]+$|:.*:/.test(host) ? host : host.split(".")[0]}`.slice(0, 63);
}

function hostOf(url: string): string | undefined {
  const { host } = new URL(url);
  return redactUrl(`//${host}`) === `//${host}` ? host.replace(/[[\]]/g, "").slice(0, 63) : undefined;
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}
