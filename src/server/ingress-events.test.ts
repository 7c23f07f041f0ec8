import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { EventSource as Browser } from "undici";
import type { WireRequest } from "../core/call.ts";
import type { EventReader } from "../core/stream.ts";
import type { Upstream } from "../core/upstream.ts";
import { systemClock } from "../lib/clock.ts";
import { eventText } from "../lib/event-stream.ts";
import { systemRandom } from "../lib/random.ts";
import { createStreams } from "../stream.ts";
import { createHttpTransport } from "../transport/http.ts";
import { createEvents } from "../validator/events.ts";
import { slotClockOf } from "../validator/slot-clock.ts";
import { createIngress } from "./ingress.ts";

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

/** A beacon node's event stream on a port: tells all who listen, and can be killed and started again. */
async function beaconNode() {
  const listeners = new Set<ServerResponse>();
  const server = createServer((_, response) => {
    listeners.add(response.writeHead(200, { "content-type": "text/event-stream" }));
    response.write(":\n\n");
    response.on("close", () => listeners.delete(response));
  });
  const start = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await start(0);
  const { port } = server.address() as AddressInfo;
  const kill = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  closers.push(kill);
  const head = (slot: number) => {
    const data = JSON.stringify({ slot: `${slot}`, block: `0x${String(slot).padStart(64, "0")}` });
    for (const listener of listeners) listener.write(eventText("head", data));
  };
  return { url: `http://127.0.0.1:${port}`, head, kill, restart: () => start(port) };
}

test("events end to end: a client with one stream hears every head, in order and once, while the nodes die and return in turns", async () => {
  const nodes = await Promise.all([beaconNode(), beaconNode()]);
  const changes: string[] = [];
  const waiting: { readonly change: string; readonly resolve: () => void }[] = [];
  const told = (change: string): void => {
    changes.push(change);
    for (const one of waiting.splice(0)) {
      if (one.change === change) one.resolve();
      else waiting.push(one);
    }
  };
  const next = (change: string): Promise<void> => new Promise((resolve) => waiting.push({ change, resolve }));
  const upstreams = nodes.map(({ url }, index) => {
    const options = { url, headers: {}, connections: 1, connectTimeoutMs: 1_000, stallMs: 1_000, responseBytes: 1_000 };
    const transport = createHttpTransport(options, systemClock);
    closers.push(() => transport.close());
    const subscribe = (request: WireRequest, reader: EventReader) => transport.subscribe(request, reader);
    return { id: `${index}`, subscribe } as unknown as Upstream;
  });
  // Genesis lies far back, so that no head is one of the future.
  const values = { SECONDS_PER_SLOT: "12", SLOTS_PER_EPOCH: "32" };
  const slots = slotClockOf({ genesisTime: 1_600_000_000, genesisValidatorsRoot: "", genesisForkVersion: "", values });
  assert.ok(typeof slots !== "string");
  const source = createEvents({
    upstreams,
    clock: systemClock,
    random: systemRandom,
    protocol: {
      headEvent(data) {
        const { slot, block: root } = JSON.parse(data);
        const unknown = { currentDependent: undefined, previousDependent: undefined };
        return { slot: Number(slot), root, optimistic: false, ...unknown };
      },
      eventKey: (_, data) => data,
    },
    slots: () => slots,
    canonical: () => true,
    serves: () => Promise.resolve(true),
    crashed: (bug) => assert.fail(bug as Error),
    hears: {
      opened: ({ id }) => told(`${id} opened`),
      closed: ({ id }) => told(`${id} closed`),
      head: ({ id }, { slot }) => told(`${id} head ${slot}`),
      event() {},
    },
  });
  const opened = Promise.all([next("0 opened"), next("1 opened")]);
  source.start();
  closers.push(() => source.close());
  await opened;
  const streams = createStreams({ source, clock: systemClock, most: 10, queueBytes: 100_000 });
  const app = createIngress({
    requestBytes: 100,
    stallMs: 1_000,
    network: () => ({
      paths: true,
      handle: async (_, cancellation) => streams.open({ topics: ["head"] }, cancellation),
    }),
    names: () => [],
    traffic: { bytesIn: 0, bytesOut: 0 },
    failed: (error) => assert.fail(error as Error),
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  closers.push(() => app.close());
  const client = new Browser(`${url}/eth/v1/events?topics=head`);
  closers.push(() => client.close());
  const heard: number[] = [];
  let errors = 0;
  client.addEventListener("head", (event) => {
    heard.push(Number(JSON.parse((event as MessageEvent).data).slot));
    told(`heard ${heard.at(-1)}`);
  });
  client.addEventListener("error", () => errors++);
  await new Promise((resolve) => client.addEventListener("open", resolve, { once: true }));
  let slot = 0;
  for (const round of [0, 1, 2, 3]) {
    const [down, up] = [round % 2, 1 - (round % 2)];
    const heardAll = next(`heard ${slot + 2}`);
    const both = Promise.all(nodes.map((_, index) => next(`${index} head ${slot + 1}`)));
    for (const node of nodes) node.head(slot + 1);
    await both;
    const closed = next(`${down} closed`);
    await nodes[down]?.kill();
    await closed;
    nodes[up]?.head(slot + 2);
    await heardAll;
    const back = next(`${down} opened`);
    await nodes[down]?.restart();
    await back;
    slot += 2;
  }
  assert.deepEqual(heard, [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(errors, 0, "the client's stream was never broken");
  const ended = new Promise((resolve) => client.addEventListener("error", resolve, { once: true }));
  const closing = app.close();
  await ended;
  assert.notEqual(client.readyState, Browser.CLOSED, "it means to come back, as after any end");
  client.close();
  await closing;
});
