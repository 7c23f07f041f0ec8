import { get } from "node:http";
import { EventParser } from "../src/lib/event-stream.ts";
import type { Workplace } from "./machine.ts";
import { pause, type Stage, setStage } from "./validators-stage.ts";

/** When each head reached a listener, by its root. */
type Arrivals = Map<string, number>;

/** Head events come once a slot; with short slots there are enough of them to measure. */
const slotMs = 1_000;
const mostEvent = 65_536;
/** So long it is waited for the last events, in milliseconds. */
const graceMs = 2_000;

/** How long heads took, in milliseconds from when nodes were told to tell them. */
export interface HeadTimes {
  readonly direct: readonly number[];
  readonly through: readonly number[];
  /** How many heads never came through. */
  readonly missed: number;
}

/** Follows the heads of so many slots, on a stream of a node and on one of Breakwater. */
export async function measureEvents(workplace: Workplace, slots: number): Promise<HeadTimes> {
  const stage = await setStage(workplace, slotMs, false);
  const direct = follow(stage.nodes[0]?.url as string);
  const through = follow(stage.url);
  try {
    await pause(slotMs);
    const sent = await play(stage, slots);
    await pause(graceMs);
    const since = (arrivals: Arrivals) =>
      [...sent].flatMap(([root, at]) => {
        const arrived = arrivals.get(root);
        return arrived === undefined ? [] : [arrived - at];
      });
    const times = { direct: since(direct.arrivals), through: since(through.arrivals) };
    return { ...times, missed: sent.size - times.through.length };
  } finally {
    direct.close();
    through.close();
    await stage.stop();
  }
}

/** Lets the chain go on, and notes when each head was told to all nodes. */
async function play({ chain }: Stage, slots: number): Promise<Arrivals> {
  const sent: Arrivals = new Map();
  while (sent.size < slots) {
    let at = 0;
    const advanced = await chain.advance(() => {
      at = performance.now();
    });
    if (advanced) sent.set(chain.rootOf(chain.slot), at);
    await pause(Math.max(1, slotMs - chain.intoSlot));
  }
  return sent;
}

function follow(url: string) {
  const arrivals: Arrivals = new Map();
  const parser = new EventParser((event, data) => {
    if (event === "head") arrivals.set((JSON.parse(data) as { block: string }).block, performance.now());
  }, mostEvent);
  const request = get(`${url}/eth/v1/events?topics=head`, { headers: { accept: "text/event-stream" } }, (answer) => {
    answer.on("data", (chunk: Buffer) => parser.push(chunk));
    answer.on("error", () => {});
  });
  request.on("error", () => {});
  return { arrivals, close: () => request.destroy() };
}
