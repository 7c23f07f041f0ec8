import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../support/anvil.ts";
import type { Bed } from "./bed.ts";
import { type Program, startProgram, until } from "./processes.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

/** How long Breakwater may take to be ready. */
const readyMs = 20_000;

/** Where the nodes are said to stand: on one machine they would count as one that fails as a whole. */
const providers = ["aws", "hetzner", "ovh"];

/** Parts of a configuration. */
type More = Readonly<Record<string, unknown>> & { readonly networks?: Readonly<Record<string, unknown>> };

/** Breakwater before the nodes of a bed. */
export interface Proxy {
  readonly url: string;
  readonly admin: string;
  readonly program: Program;
}

/**
 * Starts Breakwater in a process of its own, before all nodes of the bed but the control's, with what else is to stand in
 * its configuration; it ends with the bed.
 */
export async function startBreakwater({ folder, nodes, own }: Bed, more: More = {}): Promise<Proxy> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const upstreams = nodes.map(({ name, api }, index) => ({
    ...{ id: name, url: api.url, provider: providers[index % providers.length] },
  }));
  const config = {
    listen: `127.0.0.1:${port}`,
    admin: { listen: `127.0.0.1:${adminPort}` },
    ...more,
    networks: { beacon: { protocol: "beacon", default: true, upstreams }, ...more.networks },
  };
  const name = "breakwater";
  await mkdir(join(folder, name), { recursive: true });
  const file = join(folder, name, "config.yaml");
  // YAML knows JSON.
  await writeFile(file, JSON.stringify(config));
  const program = startProgram(name, folder, [process.execPath, main, "serve", "--config", file], {});
  own(program);
  const admin = `http://127.0.0.1:${adminPort}`;
  await until("start of Breakwater", readyMs, [program], () =>
    fetch(`${admin}/readyz?network=beacon`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    ),
  );
  return { url: `http://127.0.0.1:${port}`, admin, program };
}
