import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./anvil.ts";

/** A real Redis on a port of its own. */
export interface RedisServer {
  readonly url: string;
  /** As an outage has it: the process is gone, or hangs, or goes on. */
  kill(): Promise<void>;
  start(): Promise<void>;
  hang(): void;
  resume(): void;
  close(): Promise<void>;
}

/** Starts `redis-server`, which asks for a password if one is given; `undefined` where there is none. Rejects when it does not come up within five seconds. */
export async function startRedis(password?: string): Promise<RedisServer | undefined> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "breakwater-redis-"));
  let server: ChildProcess | undefined;
  const kill = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
  };
  const start = async () => {
    const args = ["--bind", "127.0.0.1", "--port", `${port}`, "--save", "", "--appendonly", "no", "--dir", folder];
    if (password !== undefined) args.push("--requirepass", password);
    server = spawn("redis-server", args, { stdio: "ignore" });
    await once(server, "spawn");
    for (let attempt = 0; attempt < 100; attempt++) {
      if (await answers(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await kill();
    throw new Error("redis-server did not come up");
  };
  try {
    await start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    hang: () => server?.kill("SIGSTOP"),
    resume: () => server?.kill("SIGCONT"),
    async close() {
      server?.kill("SIGCONT");
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const over = (well: boolean) => {
      socket.destroy();
      resolve(well);
    };
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (data) => over(/^(\+PONG|-NOAUTH)/.test(data.toString())));
    socket.once("error", () => over(false));
  });
}
