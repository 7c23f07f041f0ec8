#!/usr/bin/env -S node --max-semi-space-size=64
import process from "node:process";
import { dispatch } from "./commands/help.ts";
import { commands } from "./commands/index.ts";

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort(signal));

const { stdout, stderr, env } = process;
process.exitCode = await dispatch(commands, process.argv.slice(2), { stdout, stderr, env, signal: ending.signal });
