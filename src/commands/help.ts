import { readFileSync } from "node:fs";
import { nearest } from "../lib/nearest.ts";
import type { Command, Io } from "./command.ts";

/** The version in package.json, which stands two folders up both in the sources and in the package as published. */
export function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** What `breakwater --help` prints. */
function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    "Breakwater: one URL for chain and validator traffic that stays up when a cloud goes down.",
    "",
    "Usage: breakwater COMMAND [OPTIONS]",
    "",
    "Commands:",
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    "",
    "Options:",
    "  --help     this text; after a command, its own",
    "  --version  the version",
    "",
    "Without a command: serve.",
    "",
  ].join("\n");
}

/**
 * Runs what a command line asks for. `args` is what stands after `breakwater`; without a command it is `serve`,
 * also when options follow directly. Resolves to the exit code, 2 for a line that is not understood.
 */
export async function dispatch(commands: readonly Command[], args: readonly string[], io: Io): Promise<number> {
  const [first = "serve", ...rest] = args;
  if (first === "--version" || first === "-v") {
    io.stdout.write(`${version()}\n`);
    return 0;
  }
  if (first === "--help" || first === "-h" || first === "help") return help(commands, rest[0], io);
  const [name, own] = first.startsWith("-") ? ["serve", args] : [first, rest];
  const command = commands.find((one) => one.name === name);
  if (!command) return unknown(commands, name, io);
  if (own.includes("--help") || own.includes("-h")) return help(commands, name, io);
  return command.run(own, io);
}

function help(commands: readonly Command[], name: string | undefined, io: Io): number {
  if (name === undefined) {
    io.stdout.write(overview(commands));
    return 0;
  }
  const command = commands.find((one) => one.name === name);
  if (!command) return unknown(commands, name, io);
  io.stdout.write(`${command.summary}\n\nUsage: ${command.usage.trim()}\n`);
  return 0;
}

function unknown(commands: readonly Command[], name: string, io: Io): number {
  const names = commands.map((one) => one.name);
  const meant = nearest(name, names);
  const hint = meant === undefined ? `there are ${names.join(", ")}` : `did you mean ${meant}?`;
  io.stderr.write(`breakwater: there is no command ${name}; ${hint}\nTry: breakwater --help\n`);
  return 2;
}
