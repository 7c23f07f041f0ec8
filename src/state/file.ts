import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { StateStore } from "../core/store.ts";
import type { Clock } from "../lib/clock.ts";
import { Channels } from "./channels.ts";

/**
 * Files that nobody wrote for this long are looked into at a start, and removed if their time is over, in milliseconds.
 */
const forgottenMs = 30 * 86_400_000;

interface Kept {
  readonly key: string;
  readonly text: string;
  /** Wall-clock milliseconds: the file outlives the process. */
  readonly until: number;
}

/**
 * A store of one file per key in a folder: what is kept survives a restart, also one in the middle of writing. For one
 * process; channels do not leave it.
 */
export function createFileStore(folder: string, clock: Clock): StateStore {
  const channels = new Channels();
  let trouble: string | undefined;
  const pathOf = (key: string) => join(folder, `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`);

  const attempt = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      const result = await work();
      trouble = undefined;
      return result;
    } catch (error) {
      trouble = `cannot use the folder for state: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`;
      return otherwise;
    }
  };

  const read = async (key: string): Promise<string | undefined> => {
    const text = await readFile(pathOf(key), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    const kept = text === undefined ? undefined : parsed(text);
    return kept?.key === key && kept.until > clock.epoch() ? kept.text : undefined;
  };

  /** Writes beside, then renames: whoever reads finds the old text or the new one, never half of it. */
  const write = async (key: string, text: string, ttlMs: number): Promise<string> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const beside = join(folder, `${randomUUID()}.part`);
    const file = await open(beside, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify({ key, text, until: clock.epoch() + ttlMs } satisfies Kept));
      await file.sync();
    } finally {
      await file.close();
    }
    return beside;
  };

  const sweeping = attempt(() => sweep(folder, clock.epoch()), undefined);

  return {
    get: (key) => attempt(() => read(key), undefined),
    set: (key, text, ttlMs) =>
      attempt(async () => {
        await rename(await write(key, text, ttlMs), pathOf(key));
        return true;
      }, false),
    add: (key, text, ttlMs) =>
      attempt<boolean | undefined>(async () => {
        if ((await read(key)) !== undefined) return false;
        await rm(pathOf(key), { force: true });
        const beside = await write(key, text, ttlMs);
        const first = await link(beside, pathOf(key)).then(
          () => true,
          (error: NodeJS.ErrnoException) => {
            if (error.code === "EEXIST") return false;
            throw error;
          },
        );
        await rm(beside, { force: true });
        return first;
      }, undefined),
    remove: (key) => attempt(() => rm(pathOf(key), { force: true }).then(() => true), false),
    publish: (channel, text) => channels.tell(channel, text),
    subscribe: (channel, hear) => channels.listen(channel, hear),
    get trouble() {
      return trouble;
    },
    close: () => sweeping,
  };
}

/** Removes what writes left that were cut off, and what nobody has used for long. */
async function sweep(folder: string, now: number): Promise<undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    if (name.endsWith(".part")) await rm(path, { force: true });
    if (!name.endsWith(".json") || now - (await stat(path)).mtimeMs <= forgottenMs) continue;
    const kept = parsed(await readFile(path, "utf8"));
    if (!kept || kept.until <= now) await rm(path, { force: true });
  }
  return undefined;
}

function parsed(text: string): Kept | undefined {
  try {
    const value = JSON.parse(text) as Partial<Kept>;
    return typeof value.key === "string" && typeof value.text === "string" && typeof value.until === "number"
      ? (value as Kept)
      : undefined;
  } catch {
    return undefined;
  }
}
