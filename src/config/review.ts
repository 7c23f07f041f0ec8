import { type Address, collide } from "./address.ts";
import type { Finding, Path } from "./finding.ts";
import type { Config, NetworkConfig, UpstreamConfig } from "./schema.ts";
import type { Source } from "./source.ts";

/** What no single option shows: `problems` make a configuration unusable, `warnings` are worth a look. */
export interface Review {
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Checks that the parts of a configuration go together. */
export function review(config: Config, source: Source): Review {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  const wrong = (path: Path, message: string) => problems.push(source.find(path, message));
  const doubtful = (path: Path, message: string) => warnings.push(source.find(path, message));

  listeners(config, wrong);
  defaults(config, wrong, doubtful);
  for (const network of config.networks) {
    upstreamIds(network, wrong);
    network.upstreams.forEach((upstream, index) => {
      const path = ["networks", network.name, "upstreams", index];
      realOrSimulated(upstream, path, config.simulator !== undefined, wrong);
    });
  }
  return { problems, warnings };
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

function defaults({ networks }: Config, wrong: Tell, doubtful: Tell): void {
  const [first, ...others] = networks.filter((network) => network.default);
  for (const { name } of others) wrong(["networks", name, "default"], `is so already for ${first?.name}: one at most`);
  if (!first) doubtful(["networks"], "has no default: true, so POST / serves none of them");
}

function upstreamIds({ name, upstreams }: NetworkConfig, wrong: Tell): void {
  const seen = new Map<string, number>();
  upstreams.forEach(({ id }, index) => {
    const first = seen.get(id);
    if (first !== undefined)
      wrong(["networks", name, "upstreams", index, "id"], `is the same as that of upstreams[${first}]`);
    else seen.set(id, index);
  });
}

function realOrSimulated({ url, simulated }: UpstreamConfig, path: Path, simulating: boolean, wrong: Tell): void {
  if (url !== undefined && simulating)
    wrong([...path, "url"], "cannot stand in a simulated fleet: use simulated, or drop simulator");
  if (url === undefined && !simulating) {
    if (simulated) wrong([...path, "simulated"], "needs a simulator section: no fleet is simulated by half");
    else wrong([...path, "url"], "is missing");
  }
}
