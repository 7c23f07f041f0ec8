import type { Workplace } from "./machine.ts";
import type { Kind } from "./validators-kinds.ts";
import { Asker, pause, setStage } from "./validators-stage.ts";

/** How a node is lost: it dies, and its connections with it; or it stands still, and answers nothing. */
export const losses = ["SIGKILL", "SIGSTOP"] as const;
export type Loss = (typeof losses)[number];

/** What calls met when a node was lost in their midst. Times in milliseconds. */
export interface Trial {
  readonly kind: string;
  readonly loss: Loss;
  /** The longest that a call took which began before the loss and ended after it, and of all that followed. */
  readonly longest: number;
  /** The longest before the loss. */
  readonly before: number;
  /** When the last call ended that took more than half a second, counted from the loss; 0 for none. */
  readonly slowUntil: number;
  readonly calls: number;
  readonly failed: number;
}

/** Slots as on mainnet. */
const slotMs = 12_000;
/** So many ask at once, each one call after the other, so that some are under way at any moment. */
const askers = 4;
const beforeMs = 1_000;
const afterMs = 8_000;
/** Between two calls of one asker. */
const betweenMs = 20;
const slowMs = 500;

/** Loses one of three nodes, the one that served last, while calls of a kind are under way, in fresh processes. */
export async function lose(workplace: Workplace, kind: Kind, loss: Loss, chance: number): Promise<Trial> {
  const stage = await setStage(workplace, slotMs);
  const { chain, nodes, url } = stage;
  const make = kind.make(chain);
  let running = true;
  let lostAt = Number.POSITIVE_INFINITY;
  let served: string | undefined;
  const seen = { longest: 0, before: 0, slowUntil: 0, calls: 0, failed: 0 };
  const loop = async () => {
    const asker = new Asker(url);
    while (running) {
      const told = await asker.ask(make());
      const endedAt = performance.now();
      seen.calls++;
      if (told.status !== 200) seen.failed++;
      served = told.upstream ?? served;
      if (endedAt < lostAt) seen.before = Math.max(seen.before, told.ms);
      else {
        seen.longest = Math.max(seen.longest, told.ms);
        if (told.ms > slowMs) seen.slowUntil = endedAt - lostAt;
      }
      await pause(betweenMs);
    }
    await asker.close();
  };
  const time = async () => {
    while (running) {
      await chain.advance();
      await pause(100);
    }
  };
  const work = [time(), ...Array.from({ length: askers }, loop)];
  await pause(beforeMs * (1 + chance));
  const victim = nodes.find(({ id }) => id === served) ?? nodes[0];
  lostAt = performance.now();
  victim?.signal(loss);
  await pause(afterMs);
  running = false;
  await Promise.all(work);
  await stage.stop();
  return { kind: kind.name, loss, ...seen };
}
