import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Started, start, until } from "./processes.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** What `npm start` tells Node. */
function nodeFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return scripts.start.split(" ").filter((word: string) => word.startsWith("--"));
}

/** The command that serves from a configuration file; port 0 is any that is free. */
export function breakwaterCommand(config: string, port = 0, adminPort = 0): string[] {
  const addresses = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${adminPort}`];
  return [process.execPath, ...nodeFlags(), main, "serve", "--config", config, ...addresses];
}

/** Runs Breakwater as a user does, on free ports. Resolves when it says where it listens. */
export async function startBreakwater(
  config: string,
): Promise<Started & { readonly url: string; readonly admin: string }> {
  const started = start(breakwaterCommand(config));
  const [url, admin] = await until("breakwater", started, 20_000, async () => {
    const said = /clients +(http\S+)\s+operators +(http\S+)/.exec(started.output());
    return said ? ([said[1] as string, said[2] as string] as const) : undefined;
  });
  return { ...started, url, admin };
}
