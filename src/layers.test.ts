import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { posix } from "node:path";
import { test } from "node:test";

/**
 * Who may import whom. A room is a folder of `src`, or a file that stands alone in it. Each may import itself, and what
 * begins as one of the entries beside it. There is nothing in `src` that is not in this table.
 */
const rooms: Readonly<Record<string, readonly string[]>> = (() => {
  const low = ["lib/", "core/"];
  const modules = ["transport/", "state/", "protocols/", "policies/", "concentration/", "fleet/"];
  const judges = ["health/", "failover/", "routing/", "validator/", "verification/"];
  const below = [...low, ...modules, ...judges, "proxy.ts", "stream.ts", "observe/", "config/"];
  return {
    lib: [],
    core: ["lib/"],
    ...Object.fromEntries(modules.map((module) => [module.slice(0, -1), low])),
    ...Object.fromEntries(judges.map((judge) => [judge.slice(0, -1), [...low, "fleet/"]])),
    "proxy.ts": low,
    "stream.ts": low,
    observe: [...low, "concentration/", "fleet/"],
    config: [
      ...low,
      ...[...modules, ...judges, "observe/"].map((module) => `${module}schema.ts`),
      "fleet/coordinates.ts",
      "fleet/providers/",
    ],
    assemble: below,
    "assemble.ts": [...below, "assemble/"],
    server: [...below, "assemble.ts"],
    simulator: [...below, "assemble.ts"],
    commands: [...below, "assemble.ts", "server/", "simulator/"],
    "main.ts": [...below, "assemble.ts", "server/", "simulator/", "commands/"],
  };
})();

/** Where each library may be used; zod stands beside whatever it describes. */
const owners: Readonly<Record<string, string | readonly string[]>> = {
  undici: "transport/",
  ws: "transport/",
  opossum: "fleet/breaker.ts",
  "prom-client": "observe/",
  fastify: "server/",
  ethers: ["protocols/evm/", "verification/evm/"],
  "@ethereumjs/mpt": "verification/evm/",
  "@lodestar/types": ["lib/consensus-types.ts", "protocols/beacon/testing.ts"],
  "@noble/curves": "verification/light-client/",
  yaml: "config/source.ts",
  ioredis: "state/redis.ts",
  maxmind: "concentration/hosting/database.ts",
  zod: "",
};

/** What a file must not import, as sentences. `file` is relative to `src`. Tests may reach anywhere in the house. */
function violations(file: string, text: string): string[] {
  const room = file.split("/")[0] as string;
  if (file.endsWith(".test.ts")) return room === file || rooms[room] ? [] : [`${room} is not in the table`];
  const may = rooms[room];
  if (!may) return [`${room} is not in the table`];
  return importsOf(text).flatMap((specifier) => {
    if (specifier.startsWith("node:")) return [];
    if (!specifier.startsWith(".")) return libraryViolation(file, specifier);
    const target = posix.normalize(posix.join(posix.dirname(file), specifier));
    if (target === file || target.startsWith(`${room}/`)) return [];
    return may.some((prefix) => target.startsWith(prefix)) ? [] : [`${file} imports ${target}`];
  });
}

function libraryViolation(file: string, specifier: string): string[] {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (builtinModules.includes(name)) return [`${file} imports ${name} without node:`];
  const owner = owners[name];
  if (owner === undefined) return [`${file} imports ${name}, which is not in the table`];
  const places = [owner].flat();
  return places.some((place) => file.startsWith(place))
    ? []
    : [`${file} imports ${name}, which belongs to ${places.join(" and ")}`];
}

/** The specifiers of static, re-exporting, bare and dynamic imports, of types too. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
  const found = code.matchAll(
    /^(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)|^import\s*["']([^"']+)|\bimport\(\s*["']([^"']+)/gm,
  );
  return [...found].map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic) as string);
}

test("layers: every import in src follows the table", () => {
  const src = import.meta.dirname;
  const files = globSync("**/*.ts", { cwd: src });
  assert.ok(files.length > 50, "the sources were found");
  const found = files.flatMap((file) => violations(file.replaceAll("\\", "/"), readFileSync(`${src}/${file}`, "utf8")));
  assert.deepEqual(found, []);
});

test("layers: planted violations are caught, what is allowed is not", () => {
  const table: [file: string, text: string, violation: string | undefined][] = [
    ["lib/a.ts", 'import { b } from "./b.ts";', undefined],
    ["lib/a.ts", 'import { b } from "../core/b.ts";', "lib/a.ts imports core/b.ts"],
    ["core/a.ts", 'import type {\n  B,\n  C,\n} from "../lib/b.ts";', undefined],
    ["core/a.ts", 'import type {\n  B,\n} from "../fleet/b.ts";', "core/a.ts imports fleet/b.ts"],
    ["policies/a.ts", 'export { b } from "../state/b.ts";', "policies/a.ts imports state/b.ts"],
    ["health/a.ts", 'const b = await import("../routing/b.ts");', "health/a.ts imports routing/b.ts"],
    ["protocols/evm/a.ts", 'import "../json-rpc/b.ts";', undefined],
    ["protocols/evm/a.ts", 'import "../../transport/b.ts";', "protocols/evm/a.ts imports transport/b.ts"],
    ["fleet/a.ts", 'import { b } from "../config/b.ts";', "fleet/a.ts imports config/b.ts"],
    ["config/a.ts", 'import { b } from "../health/schema.ts";', undefined],
    ["config/a.ts", 'import { b } from "../health/prober.ts";', "config/a.ts imports health/prober.ts"],
    ["proxy.ts", 'import { b } from "./core/b.ts";', undefined],
    ["proxy.ts", 'import { b } from "./fleet/b.ts";', "proxy.ts imports fleet/b.ts"],
    ["server/a.ts", 'import { b } from "../simulator/b.ts";', "server/a.ts imports simulator/b.ts"],
    ["commands/a.ts", 'import { b } from "../main.ts";', "commands/a.ts imports main.ts"],
    ["lib/a.ts", '/* import "../core/b.ts" */', undefined],
    ["attic/a.ts", "", "attic is not in the table"],
    ["attic/a.test.ts", "", "attic is not in the table"],
    ["stray.ts", "", "stray.ts is not in the table"],
    ["lib/a.test.ts", 'import "../core/b.ts";', undefined],
    ["transport/a.ts", 'import { request } from "undici";', undefined],
    ["server/a.ts", 'import { request } from "undici";', "server/a.ts imports undici, which belongs to transport/"],
    ["fleet/a.ts", 'import B from "opossum";', "fleet/a.ts imports opossum, which belongs to fleet/breaker.ts"],
    [
      "server/a.ts",
      'import b from "@fastify/http-proxy";',
      "server/a.ts imports @fastify/http-proxy, which is not in the table",
    ],
    ["lib/a.ts", 'import b from "left-pad/x";', "lib/a.ts imports left-pad, which is not in the table"],
    ["lib/a.ts", 'import fs from "fs";', "lib/a.ts imports fs without node:"],
    ["fleet/a.ts", 'import { z } from "zod";', undefined],
    ["verification/evm/a.ts", 'import { keccak256 } from "ethers";', undefined],
    [
      "health/a.ts",
      'import { keccak256 } from "ethers";',
      "health/a.ts imports ethers, which belongs to protocols/evm/ and verification/evm/",
    ],
  ];
  for (const [file, text, violation] of table) {
    assert.deepEqual(violations(file, text), violation === undefined ? [] : [violation], `${file}: ${text}`);
  }
});
