import type { StateStore } from "../core/store.ts";
import { type Clock, repeat, type Scheduled } from "../lib/clock.ts";
import { secretsOf } from "../lib/redact.ts";
import type { Log } from "../observe/log.ts";
import type { StateStatus } from "../observe/scrape.ts";
import { createFileStore } from "../state/file.ts";
import { createMemoryStore } from "../state/memory.ts";
import { createRedisStore } from "../state/redis.ts";
import type { StateOptions } from "../state/schema.ts";

/** Where what must outlive the process is kept, and how that goes. */
export interface State {
  readonly store: StateStore;
  readonly status: StateStatus;
}

/** Opens the store that the configuration names. */
export function openState({ file, redis }: StateOptions, clock: Clock): State {
  const [name, store] =
    redis !== undefined
      ? (["redis", createRedisStore(redis)] as const)
      : file !== undefined
        ? (["file", createFileStore(file, clock)] as const)
        : (["memory", createMemoryStore(clock)] as const);
  const status: StateStatus = {
    store: name,
    get trouble() {
      return store.trouble;
    },
  };
  return { store, status };
}

/** How long a start waits for its store, and how often it looks, in milliseconds. */
const patienceMs = 2_000;
const lookMs = 20;

/**
 * Waits until the store can be asked, for a short while at most: what validators signed before the restart is then known
 * before the first of them asks.
 */
export async function whenReachable({ store }: State, clock: Clock): Promise<void> {
  const until = clock.now() + patienceMs;
  while (store.trouble !== undefined && clock.now() < until) {
    await new Promise<void>((resolve) => {
      clock.schedule(lookMs, resolve);
    });
  }
}

/** How often it is looked whether the store works, in milliseconds. */
const watchMs = 1_000;

/** Tells the log when the store fails, and when it works again. */
export function watchState({ status }: State, clock: Clock, log: Pick<Log, "info" | "warn">): Scheduled {
  let told: string | undefined;
  const look = () => {
    const { trouble } = status;
    if (trouble === told) return;
    if (trouble === undefined) log.info("state is kept again", { store: status.store });
    else log.warn("state cannot be kept", { store: status.store, because: trouble });
    told = trouble;
  };
  look();
  return repeat(clock, () => watchMs, look);
}

/** What of these options must never be shown. */
export function stateSecrets({ redis }: StateOptions): readonly string[] {
  return redis === undefined ? [] : [redis, ...secretsOf(redis)];
}
