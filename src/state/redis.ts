import { Redis } from "ioredis";
import type { StateStore } from "../core/store.ts";
import { Channels } from "./channels.ts";

/** How long a command may take, in milliseconds: state helps, and nobody is to wait for it. */
const commandMs = 500;
const connectMs = 2_000;
/** Pauses between attempts to connect: the first, and where their doubling ends, in milliseconds. */
const retryMs = { first: 100, most: 5_000 };
/** All keys and channels begin so, that others may use the same Redis. */
const prefix = "breakwater:";

/**
 * A store that several instances share. While Redis is away, or hangs, what is asked of it fails fast; the connections
 * come back by themselves. `url` may hold a password, which is in nothing that this tells.
 */
export function createRedisStore(url: string): StateStore {
  const options = {
    commandTimeout: commandMs,
    connectTimeout: connectMs,
    // What waits in a queue while there is no connection is late when it comes.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempts: number) => Math.min(retryMs.most, retryMs.first * 2 ** Math.min(attempts - 1, 10)),
    keyPrefix: prefix,
  };
  const channels = new Channels();
  let trouble: string | undefined = "not connected yet";
  const commands = new Redis(url, options);
  // A connection that listens can do nothing else. Its subscriptions wait until it is there, and are renewed with it.
  const listening = new Redis(url, {
    ...options,
    commandTimeout: undefined as never,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
  });
  for (const connection of [commands, listening]) {
    connection.on("error", (error: NodeJS.ErrnoException) => {
      trouble = inWords(error);
    });
  }
  commands.on("ready", () => {
    trouble = undefined;
  });
  commands.on("close", () => {
    trouble ??= "the connection to Redis was lost";
  });
  listening.on("message", (channel: string, text: string) => channels.tell(channel.slice(prefix.length), text));

  const attempt = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      const result = await work();
      trouble = undefined;
      return result;
    } catch (error) {
      // Without a connection, why there is none says more than that there is none.
      if (commands.status === "ready" || trouble === undefined) trouble = inWords(error as Error);
      return otherwise;
    }
  };
  /** Redis counts whole milliseconds, from 1 on. */
  const whole = (ttlMs: number) => Math.max(1, Math.round(ttlMs));
  return {
    get: (key) => attempt(async () => (await commands.get(key)) ?? undefined, undefined),
    set: (key, text, ttlMs) =>
      attempt(async () => {
        await commands.set(key, text, "PX", whole(ttlMs));
        return true;
      }, false),
    add: (key, text, ttlMs) =>
      attempt<boolean | undefined>(
        async () => (await commands.set(key, text, "PX", whole(ttlMs), "NX")) === "OK",
        undefined,
      ),
    remove: (key) => attempt(() => commands.del(key).then(() => true), false),
    publish(channel, text) {
      // Whether it was told shows in `trouble`; nobody waits for it.
      attempt(() => commands.publish(prefix + channel, text), 0).catch(never);
    },
    subscribe: (channel, hear) =>
      channels.listen(
        channel,
        hear,
        () => attempt(() => listening.subscribe(prefix + channel), undefined).catch(never),
        () => attempt(() => listening.unsubscribe(prefix + channel), undefined).catch(never),
      ),
    get trouble() {
      return trouble;
    },
    close() {
      commands.disconnect();
      listening.disconnect();
      return Promise.resolve();
    },
  };
}

/** What failed, without what it failed at: messages may name the address, and the address may hold a password. */
function inWords(error: NodeJS.ErrnoException): string {
  if (error.message === "Command timed out") return `Redis did not answer within ${commandMs} ms`;
  const [code = ""] = error.message.split(" ", 1);
  if (/^(NOAUTH|WRONGPASS|NOPERM|READONLY|LOADING|OOM|MISCONF|CLUSTERDOWN|MOVED)$/.test(code))
    return `Redis refuses: ${code}`;
  return `no connection to Redis${error.code === undefined ? "" : `: ${error.code}`}`;
}

function never(bug: unknown): never {
  throw bug;
}
