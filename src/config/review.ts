import { effective, mayReside } from "../core/residency.ts";
import { resolveCoordinates } from "../fleet/coordinates.ts";
import { catalogue, providerByKey } from "../fleet/providers/catalogue.ts";
import { endpointSecrets } from "../fleet/providers/keys.ts";
import { nearest } from "../lib/nearest.ts";
import { secretsOf } from "../lib/redact.ts";
import { type Address, collide } from "./address.ts";
import type { Finding, Path } from "./finding.ts";
import type { Config, NetworkConfig, UpstreamConfig } from "./schema.ts";
import type { Source } from "./source.ts";

/** What no single option shows: `problems` make a configuration unusable, `warnings` are worth a look. */
export interface Review {
  readonly problems: Finding[];
  readonly warnings: Finding[];
}

/** Checks that the parts of a configuration go together. */
export function review(config: Config, source: Source): Review {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  const wrong = (path: Path, message: string) => problems.push(source.find(path, message));
  const doubtful = (path: Path, message: string) => warnings.push(source.find(path, message));
  const literal = (path: Path) => source.variables(path).length === 0;

  listeners(config, wrong);
  defaults(config, wrong);
  for (const note of resolveCoordinates(config.self, undefined).notes)
    doubtful(["self"], `is doubtful: ${source.discreet(note)}`);
  for (const network of config.networks) {
    distinct(network, wrong, doubtful);
    lightClients(network, config, wrong, doubtful);
    network.upstreams.forEach((upstream, index) => {
      const path = ["networks", network.name, "upstreams", index];
      realOrSimulated(upstream, path, config.simulator !== undefined, wrong);
      certificates(upstream, path, wrong);
      secrets(upstream, path, literal, doubtful);
      whereabouts(upstream, path, source.discreet, doubtful);
    });
  }
  sharedIds(config.networks, doubtful);
  residencies(config, doubtful);
  const redis = ["state", "redis"];
  if (config.state.redis !== undefined && literal(redis) && secretsOf(config.state.redis).length > 0) {
    doubtful(redis, plainSecret);
  }
  if (config.admin.token !== undefined && literal(["admin", "token"])) doubtful(["admin", "token"], plainSecret);
  const keys = new Map<string, string>();
  for (const [name, { key }] of Object.entries(config.clients)) {
    const other = keys.get(key);
    if (other !== undefined) wrong(["clients", name, "key"], `is the same as that of ${other}`);
    keys.set(key, name);
    if (literal(["clients", name, "key"])) doubtful(["clients", name, "key"], plainSecret);
  }
  return { problems, warnings };
}

const plainSecret = "holds what looks like a secret: write ${NAME} in its place and set that variable";

/** Keys belong into the environment: configurations are shown, copied and kept in repositories. */
function secrets({ url, headers }: UpstreamConfig, path: Path, literal: (path: Path) => boolean, doubtful: Tell): void {
  const at = [...path, "url"];
  if (url !== undefined && literal(at) && endpointSecrets(url).length > 0) doubtful(at, plainSecret);
  for (const name of Object.keys(headers)) {
    const header = [...path, "headers", name];
    if (/auth|key|token|secret|cookie/i.test(name) && literal(header)) doubtful(header, plainSecret);
  }
}

/** What is said of where it stands is what detection and concentration are built on, so slips of the hand are worth a word. */
function whereabouts(upstream: UpstreamConfig, path: Path, discreet: Source["discreet"], doubtful: Tell): void {
  const { provider, kind, url } = upstream;
  if (provider !== undefined && kind === undefined && !providerByKey(provider)) {
    const meant = nearest(
      provider,
      catalogue.map(({ key }) => key),
    );
    const hint = meant === undefined ? "say its kind" : `did you mean "${meant}"? Else say its kind`;
    doubtful([...path, "provider"], `is not in the catalogue of providers: ${hint}`);
  }
  for (const note of resolveCoordinates(upstream, url).notes) doubtful(path, `is doubtful: ${discreet(note)}`);
}

type Tell = (path: Path, message: string) => void;

function listeners(config: Config, wrong: Tell): void {
  const taken: { readonly path: Path; readonly address: Address }[] = [];
  const all: [Path, Address | undefined][] = [
    [["listen"], config.listen],
    [["admin", "listen"], config.admin.listen],
    ...config.networks.map(({ name, listen }): [Path, Address | undefined] => [["networks", name, "listen"], listen]),
  ];
  for (const [path, address] of all) {
    if (!address) continue;
    const other = taken.find((one) => collide(one.address, address));
    if (other) wrong(path, `takes the same port as ${other.path.join(".")}`);
    taken.push({ path, address });
  }
}

function defaults({ networks }: Config, wrong: Tell): void {
  const marked = networks.filter((network) => network.default);
  for (const { name, protocol } of marked) {
    const first = marked.find((other) => other.protocol === protocol);
    if (first?.name === name) continue;
    wrong(["networks", name, "default"], `is so already for ${first?.name}: one at most of a protocol`);
  }
}

/** Rules about residency are never relaxed, so that one which leaves nobody refuses every call, and one which leaves one is a risk. */
function residencies({ networks, clients }: Config, doubtful: Tell): void {
  const placed = networks.map((network) => ({
    network,
    countries: network.upstreams.map((one) => resolveCoordinates(one, one.url).coordinates.jurisdiction),
  }));
  const found = (countries: readonly (string | undefined)[]) =>
    [...new Set(countries.map((country) => country ?? "nobody knows where"))].join(", ");
  for (const { network, countries } of placed) {
    const path = ["networks", network.name, "residency"];
    const left = countries.filter((country) => mayReside(country, [network.residency])).length;
    if (left === 0)
      doubtful(path, `leaves no upstream, and every call ends with HTTP 451: they stand in ${found(countries)}`);
    if (left === 1 && countries.length > 1)
      doubtful(path, "leaves a single upstream: when it fails, there is nowhere to go");
  }
  for (const [name, { residency }] of Object.entries(clients)) {
    if (effective([residency]).length === 0) continue;
    const served = placed.some(({ network, countries }) =>
      countries.some((country) => mayReside(country, [network.residency, residency])),
    );
    if (!served)
      doubtful(["clients", name, "residency"], "leaves no upstream of any network, and every call ends with HTTP 451");
  }
}

/** Links and orders go by the id alone. */
function sharedIds(networks: Config["networks"], doubtful: Tell): void {
  const homes = new Map<string, string>();
  for (const { name, upstreams } of networks) {
    upstreams.forEach(({ id }, index) => {
      const other = homes.get(id);
      if (other === undefined) homes.set(id, name);
      else if (other !== name) {
        const path = ["networks", name, "upstreams", index, "id"];
        doubtful(path, `is ${id}, and so is one in ${other}: an order for upstream:${id} is for both`);
      }
    });
  }
}

function distinct({ name, upstreams }: NetworkConfig, wrong: Tell, doubtful: Tell): void {
  const ids = new Map<string, number>();
  const urls = new Map<string, number>();
  upstreams.forEach(({ id, url }, index) => {
    const path = ["networks", name, "upstreams", index];
    const sameId = ids.get(id);
    if (sameId !== undefined) wrong([...path, "id"], `is the same as that of upstreams[${sameId}]`);
    else ids.set(id, index);
    if (url === undefined) return;
    const sameUrl = urls.get(url);
    if (sameUrl !== undefined)
      doubtful([...path, "url"], `is the same as that of upstreams[${sameUrl}]: it counts twice`);
    else urls.set(url, index);
  });
}

/** A light client asks the nodes of a beacon network, for the checks of an evm network. */
function lightClients(
  { name, protocol, lightClient }: NetworkConfig,
  { networks, verification, simulator }: Config,
  wrong: Tell,
  doubtful: Tell,
): void {
  if (!lightClient) return;
  const path = ["networks", name, "lightClient"];
  const beacon = networks.find((network) => network.name === lightClient.network);
  const others = networks.filter((network) => network.protocol === "beacon").map((network) => network.name);
  const meant = nearest(lightClient.network, others);
  if (protocol !== "evm") wrong(path, `is for evm networks, not for ${protocol} ones`);
  if (!beacon) {
    wrong([...path, "network"], `is not a network${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
  } else if (beacon.protocol !== "beacon") wrong([...path, "network"], "is not a beacon network");
  if (simulator) wrong(path, "cannot stand in a simulated fleet: simulated validators sign nothing");
  if (verification.mode === "off") doubtful(path, "is not used while verification.mode is off");
}

function certificates({ tls }: UpstreamConfig, path: Path, wrong: Tell): void {
  if (tls?.cert !== undefined && tls.key === undefined) wrong([...path, "tls"], "has a cert and no key for it");
  if (tls?.key !== undefined && tls.cert === undefined) wrong([...path, "tls"], "has a key and no cert for it");
}

function realOrSimulated({ url, simulated }: UpstreamConfig, path: Path, simulating: boolean, wrong: Tell): void {
  if (url !== undefined && simulating)
    wrong([...path, "url"], "cannot stand in a simulated fleet: use simulated, or drop simulator");
  if (url === undefined && !simulating) {
    if (simulated) wrong([...path, "simulated"], "needs a simulator section: no fleet is simulated by half");
    else wrong([...path, "url"], "is missing");
  }
}
