import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "./command.ts";
import { dispatch, version } from "./help.ts";

/** Runs a command line against two commands that answer with their name and arguments. */
async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const commands = ["serve", "check"].map(
    (name): Command => ({
      name,
      summary: `does ${name}`,
      usage: `breakwater ${name} [FILE]`,
      run: async (own) => {
        out.push([name, ...own].join(" "));
        return 7;
      },
    }),
  );
  const io = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    env: {},
    signal: new AbortController().signal,
  };
  const code = await dispatch(commands, args, io);
  return { code, out: out.join(""), err: err.join("") };
}

test("dispatch: the first word chooses the command, serve when there is none", async () => {
  assert.deepEqual(await run("check", "x.yaml"), { code: 7, out: "check x.yaml", err: "" });
  assert.deepEqual(await run(), { code: 7, out: "serve", err: "" });
  assert.deepEqual(await run("--upstream", "http://x"), { code: 7, out: "serve --upstream http://x", err: "" });
});

test("dispatch: an unknown command is refused with the nearest one", async () => {
  const { code, err } = await run("chekc");
  assert.equal(code, 2);
  assert.match(err, /there is no command chekc; did you mean check\?/);
  assert.match((await run("frobnicate")).err, /there are serve, check/);
});

test("help: overview, one command, version", async () => {
  assert.match((await run("--help")).out, /serve {2}does serve\n {2}check {2}does check/);
  assert.match((await run("check", "--help")).out, /^does check\n\nUsage: breakwater check \[FILE\]\n$/);
  assert.equal((await run("help", "check")).out, (await run("check", "-h")).out);
  assert.equal((await run("--version")).out, `${version()}\n`);
  assert.match(version(), /^\d+\.\d+\.\d+/);
});
