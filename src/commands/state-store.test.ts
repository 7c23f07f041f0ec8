import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../config/load.ts";
import type { StateStore } from "../core/store.ts";
import { systemClock } from "../lib/clock.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { openState, type State, stateSecrets, watchState, whenReachable } from "./state-store.ts";

const network = "networks: { n: { upstreams: [{ url: https://node.example.com }] } }";

/** A store whose trouble a test decides. */
function troubled(trouble: string | undefined): State & { say(trouble: string | undefined): void } {
  let now = trouble;
  const told = {
    get trouble() {
      return now;
    },
  };
  return {
    store: told as StateStore,
    status: {
      store: "redis",
      ...told,
      get trouble() {
        return now;
      },
    },
    say: (next) => {
      now = next;
    },
  };
}

test("state: a folder keeps what is set, without either option it is memory, and both at once are refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "breakwater-state-"));
  const { store, status } = openState({ file: folder }, systemClock);
  await store.set("a", "kept", 60_000);
  assert.deepEqual([status.store, status.trouble, readdirSync(folder).length], ["file", undefined, 1]);
  await store.close();
  rmSync(folder, { recursive: true });
  assert.equal(openState({}, systemClock).status.store, "memory");
  const both = loadConfig(`state: { file: /x, redis: "redis://h" }\n${network}`, { file: "x.yaml", env: {} });
  assert.match(JSON.stringify(both), /state.*is kept in file or redis, not both/);
});

test("state: the password of a Redis is secret, and one in the clear is worth a warning", () => {
  assert.deepEqual(stateSecrets({ redis: "redis://user:hunter22@h:6379/0" }).slice(1), ["user", "hunter22"]);
  const load = (redis: string) =>
    loadConfig(`state: { redis: "${redis}" }\n${network}`, { file: "x.yaml", env: { P: "hunter22" } });
  const findings = (redis: string) => JSON.stringify(load(redis));
  const warned = load("redis://:hunter22@h");
  assert.ok("warnings" in warned);
  assert.match(warned.warnings[0]?.message ?? "", /looks like a secret/);
  assert.doesNotMatch(JSON.stringify(warned.warnings), /hunter22/);
  const hidden = load(`redis://:$${"{P}"}@h`);
  assert.ok("warnings" in hidden);
  assert.deepEqual(hidden.warnings, []);
  assert.match(findings("http://h"), /must be redis:/);
});

test("state: a start waits for its store, for two seconds at most", async () => {
  const clock = new ManualClock();
  const state = troubled("not connected yet");
  let reached = false;
  const waiting = whenReachable(state, clock).then(() => {
    reached = true;
  });
  await clock.advance(500);
  assert.equal(reached, false);
  state.say(undefined);
  await clock.advance(20);
  assert.equal(reached, true);
  await waiting;
  state.say("no connection");
  const given = whenReachable(state, clock);
  await clock.advance(2_020);
  await given;
});

test("state: that it cannot be kept is logged once, and its return too", async () => {
  const clock = new ManualClock();
  const state = troubled(undefined);
  const lines: string[] = [];
  const say =
    (level: string) =>
    (message: string, data: object = {}) =>
      lines.push(`${level} ${message} ${Object.values(data).join(" ")}`);
  const watch = watchState(state, clock, { info: say("info"), warn: say("warn") });
  await clock.advance(3_000);
  state.say("no connection to Redis: ECONNREFUSED");
  await clock.advance(3_000);
  state.say(undefined);
  await clock.advance(3_000);
  watch.cancel();
  state.say("gone");
  await clock.advance(3_000);
  assert.deepEqual(lines, [
    "warn state cannot be kept redis no connection to Redis: ECONNREFUSED",
    "info state is kept again redis",
  ]);
});
