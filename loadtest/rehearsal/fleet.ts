import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { loadConfig } from "../../src/config/load.ts";
import type { UpstreamConfig } from "../../src/config/schema.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { faultSchema, healSchema } from "../../src/simulator/faults.ts";
import { createSimulatedFleet, simulationOf } from "../../src/simulator/fleet.ts";
import { listen } from "../../src/simulator/listen.ts";
import { Ledger } from "./ledger.ts";

/** One upstream of a fleet that stands by itself. */
export interface Place {
  /** As configured, but for how it is simulated. */
  readonly config: Omit<UpstreamConfig, "simulated">;
  readonly port: number;
}

/** Simulated upstreams on the loopback interface, with nobody in front of them yet. */
export interface Fleet {
  readonly network: string;
  readonly chain: number | undefined;
  readonly home: string | undefined;
  readonly places: readonly Place[];
  /** Takes faults at `/api/simulator/faults` as Breakwater does, and tells at `/api/status` who there is. */
  readonly control: string;
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** Has the fleet of a configuration file listen, each upstream on a port of its own. The seed is that of the file. */
export async function startFleet(file: string): Promise<Fleet> {
  const loaded = loadConfig(readFileSync(file, "utf8"), { file, env: {} });
  const config = "config" in loaded ? loaded.config : undefined;
  const network = config?.networks.find((one) => one.default);
  if (!config || !network) throw new Error(`${file} is not the configuration of a fleet`);
  const fleet = createSimulatedFleet(simulationOf(config), systemClock);
  const ledger = new Ledger(fleet.faults);
  for (const provider of fleet.providers) ledger.follow(provider);
  const listening = await listen(fleet, systemClock);
  const members = fleet.providers.map(({ member }) => ({ id: member.id, ...member.coordinates, eligible: true }));
  const control = createServer(async (request, response) => {
    const reply = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url === "/api/status") {
      reply(200, { simulated: true, networks: [{ isDefault: true, upstreams: members }], changes: [] });
    } else if (request.url === "/api/simulator/faults" && request.method === "DELETE") {
      reply(200, { healed: fleet.faults.heal(healSchema.parse(await bodyOf(request))).length });
    } else if (request.url === "/api/simulator/faults") {
      const { affected } = fleet.faults.inject(faultSchema.parse(await bodyOf(request)));
      ledger.struck();
      reply(201, { affected });
    } else {
      reply(404, {});
    }
  });
  await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
  return {
    network: network.name,
    chain: network.chain,
    home: config.self.region,
    places: network.upstreams.map(({ simulated, ...one }) => ({
      config: one,
      port: Number(new URL(listening.url(network.name, one.id) ?? "").port),
    })),
    control: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
    ledger,
    async close() {
      fleet.faults.heal({ where: undefined, fault: undefined });
      control.closeAllConnections();
      await Promise.all([listening.close(), new Promise((resolve) => control.close(resolve))]);
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : JSON.parse(text);
}
