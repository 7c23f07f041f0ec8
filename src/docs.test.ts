import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { commands } from "./commands/index.ts";
import { findingText } from "./config/finding.ts";
import { loadConfig } from "./config/load.ts";
import { publishedSchema } from "./config/published-schema.ts";
import { duties } from "./core/duty.ts";
import { alarms } from "./core/observer.ts";
import { ManualClock } from "./lib/manual-clock.ts";
import { seededRandom } from "./lib/random.ts";
import { labels } from "./observe/metrics.ts";
import { createPolicies } from "./policies/index.ts";
import type { DutyParts } from "./policies/legs.ts";
import { Ensemble } from "./policies/legs-rehearsal.ts";
import { policiesSchema } from "./policies/schema.ts";
import { Admission } from "./policies/shed.ts";

const root = new URL("../", import.meta.url);
const pages = [...globSync("docs/**/*.md", { cwd: root }), "README.md"].filter((page) =>
  existsSync(new URL(page, root)),
);

interface Block {
  /** `docs/x.md:12`. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page, those within lists too, without their indentation. */
function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].map(([, indent, language, body], index, all) => ({
    place: `${page}:${text.slice(0, all[index]?.index).split("\n").length}`,
    language: language as string,
    text: (body as string).replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

interface Schema {
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: Schema[];
  readonly required?: string[];
  readonly default?: unknown;
}

const document = publishedSchema() as Schema;
const networkSchema = document.properties?.["networks"]?.additionalProperties as Schema;

/** A whole configuration out of a part of one: of the document, of a network, or of a list of upstreams. */
function completed(text: string): string | undefined {
  const first = /^([a-zA-Z]+):/m.exec(text)?.[1] ?? "";
  const upstreams = "upstreams: [{ url: 'http://127.0.0.1:8545' }]";
  if (document.properties?.[first])
    return /^networks:/m.test(text) ? text : `${text}\nnetworks: { n: { ${upstreams} } }`;
  if (!networkSchema.properties?.[first]) return undefined;
  const network = /^upstreams:/m.test(text) ? text : `${text}\n${upstreams}`;
  return `networks:\n  n:\n${network.replaceAll(/^/gm, "    ")}`;
}

/** What is wrong with a block, as sentences; nothing for blocks that are neither configuration nor commands. */
function mistakes({ place, language, text }: Block): string[] {
  if (language === "sh")
    return text
      .replaceAll("\\\n", " ")
      .split("\n")
      .flatMap((line) => lineMistakes(place, line));
  const config = language === "yaml" ? completed(text) : undefined;
  if (config === undefined) return [];
  const names = [...config.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, `stand-in-for-${name}`]);
  const loaded = loadConfig(config, { file: place, env: Object.fromEntries(names) });
  return "problems" in loaded ? loaded.problems.map(findingText) : [];
}

function lineMistakes(place: string, line: string): string[] {
  const [, words] =
    /^(?:npx breakwater|breakwater|npm run breakwater --|node src\/main\.ts)\s+([^|>#]*)/.exec(line.trim()) ?? [];
  const served = /^npm start --\s+([^|>#]*)/.exec(line.trim())?.[1];
  const command = served === undefined ? words : `serve ${served}`;
  if (command !== undefined)
    return commandMistakes(command.trim().split(/\s+/)).map((mistake) => `${place}: ${mistake}`);
  const script = /\bnpm (?:run )?(?!ci\b|run\b)([\w-]+)/.exec(line)?.[1];
  if (script !== undefined && !(script in scripts)) return [`${place}: there is no npm script ${script}`];
  if (!/^curl\b/.test(line.trim())) return [];
  const url = /\bhttps?:\/\/[^\s'"]+/.exec(line)?.[0] ?? line.match(/\b(localhost|127\.0\.0\.1):\d+\S*/)?.[0];
  return url !== undefined && servedPath.test(url) ? [] : [`${place}: curl asks for what is not served: ${url}`];
}

const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
  scripts: Record<string, string>;
};

/** Public listener: a network, `/`, or the paths of a beacon node. Admin listener: `/`, metrics, health and its API. */
const servedPath =
  /^(?:http:\/\/)?(?:localhost|127\.0\.0\.1):(?:854\d(?:\/[a-z0-9-]*|\/eth\/v\d\/[a-z_/]+)?|9545(?:\/|\/metrics|\/livez|\/readyz|\/api\/[a-z/]+)?)(?:\?\S*)?$/;

function commandMistakes([name = "", ...rest]: readonly string[]): string[] {
  if (/^--(help|version)$/.test(name)) return [];
  const command = commands.find((one) => one.name === name);
  if (!command) return [`there is no command ${name}`];
  const options = rest.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0] as string);
  return options
    .filter((option) => !command.usage.includes(option) && option !== "--help")
    .map((option) => `${name} has no ${option}`);
}

test("docs: every configuration and every command on the pages is one that works", () => {
  const blocks = pages.flatMap((page) => blocksOf(page, readFileSync(new URL(page, root), "utf8")));
  assert.ok(blocks.filter(({ language }) => language === "yaml").length > 10, "blocks were found");
  assert.deepEqual(blocks.flatMap(mistakes), []);
});

test("docs: the container and the page for operators start Node with the flags that npm start gives it", () => {
  const flags = Object.values(scripts)
    .find((script) => script.endsWith("src/main.ts serve"))
    ?.match(/--\S+/g);
  assert.ok(flags && flags.length > 1);
  const container = readFileSync(new URL("Dockerfile", root), "utf8").match(/"--[^"]+"/g);
  assert.deepEqual(
    container,
    flags.map((flag) => `"${flag}"`),
  );
  assert.ok(
    readFileSync(new URL("docs/operations.md", root), "utf8").includes(`node ${flags.join(" ")} src/main.ts serve`),
  );
});

test("docs: planted mistakes are found", () => {
  const table: [language: string, text: string, mistake: RegExp | undefined][] = [
    ["yaml", "listen: 8545", /listen must be HOST:PORT/],
    ["yaml", "health: { intervall: 1s }", /networks\.n\.health\.intervall is not known/],
    ["yaml", "upstreams:\n  - uri: x", /upstreams\[0\]\.uri is not known/],
    ["yaml", "services:\n  breakwater: {}", undefined],
    ["sh", "breakwater chekc x.yaml", /no command chekc/],
    ["sh", "npm run breakwater -- check --colour x.yaml", /check has no --colour/],
    ["sh", "breakwater check --strict x.yaml | less", undefined],
    ["sh", "curl -s http://127.0.0.1:9545/metrics", undefined],
    ["sh", "curl -s http://127.0.0.1:9545/metric", /not served/],
    ["sh", "curl \\\n  http://localhost:8545/nope/nope", /not served/],
    ["sh", "curl -s 'http://127.0.0.1:8545/eth/v1/events?topics=head'", undefined],
    ["sh", "curl -s http://127.0.0.1:8545/eth/v1", /not served/],
    ["sh", "npm ci && npm start", undefined],
    ["sh", "npm start -- --upstraem http://127.0.0.1:18545", /serve has no --upstraem/],
    ["sh", "npm run benhc", /no npm script benhc/],
  ];
  for (const [language, text, mistake] of table) {
    const found = blocksOf("x.md", `\n\`\`\`${language}\n${text}\n\`\`\`\n`).flatMap(mistakes);
    if (mistake) assert.match(found.join("\n"), mistake, text);
    else assert.deepEqual(found, [], text);
  }
});

/** `### path` and `| option | default |` of every map in the document. */
function optionsOf(schema: Schema, path: string): string[] {
  if (schema.anyOf) return schema.anyOf.flatMap((one) => optionsOf(one, path));
  if (schema.items) return optionsOf(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === "object") return optionsOf(schema.additionalProperties, `${path}.NAME`);
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => [
    `${path || "top level"}: ${key} ${defaultText(option, schema.required?.includes(key) ?? false)}`.trim(),
    ...optionsOf(option, path === "" ? key : `${path}.${key}`),
  ]);
}

function defaultText(option: Schema, required: boolean): string {
  if (required) return "required";
  if (option.default === undefined) return "";
  const parts = option.anyOf ?? [option];
  if (parts.some(({ properties }) => properties)) return "see below";
  return `\`${typeof option.default === "string" ? option.default : JSON.stringify(option.default)}\``;
}

test("docs/configuration.md: lists every option under its path with its default, and no others", () => {
  const page = readFileSync(new URL("docs/configuration.md", root), "utf8");
  const listed = page.split(/^### `/m).flatMap((section) => {
    const path = section.slice(0, section.indexOf("`"));
    const rows = section.matchAll(/^\| `(\w+)` *\|(.*?)\|/gm);
    return [...rows].map(([, key, fallback]) => `${path}: ${key} ${fallback?.trim()}`.trim());
  });
  assert.deepEqual(listed.sort(), optionsOf(document, "").sort());
});

/** The address of a heading on its page, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

/** Links of a page that lead nowhere: to files that are not there, and to headings that their page does not have. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
  return links
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [path = "", anchor] = target.split("#");
      const file = new URL(path, new URL(page, root));
      if (path !== "" && !existsSync(file)) return true;
      if (anchor === undefined) return false;
      const linked = path === "" ? text : readFileSync(file, "utf8");
      return ![...linked.matchAll(/^#+ (.*)$/gm)].some(([, heading]) => anchorOf(heading as string) === anchor);
    })
    .map((target) => `${page}: ${target} is nowhere`);
}

test("docs: every link between the pages leads to a file and a heading that is there", () => {
  const broken = pages.flatMap((page) => brokenLinks(page, readFileSync(new URL(page, root), "utf8")));
  assert.deepEqual(broken, []);
  const planted = "[a](docs/simulator.md#faults) [b](docs/simulator.md#fautls) [c](#here) [d](no.md)\n\n## There";
  assert.deepEqual(brokenLinks("README.md", planted), [
    "README.md: docs/simulator.md#fautls is nowhere",
    "README.md: #here is nowhere",
    "README.md: no.md is nowhere",
  ]);
});

/** The first cells of the table rows below a heading, without their back-quotes. */
function firstCells(text: string, heading: string): string[] {
  const section = text.split(`\n${heading}\n`)[1]?.split(/^#/m)[0] ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell]) => cell as string);
}

test("docs/how-it-works.md: lists the policies in their order, every verdict, and every room of the source", () => {
  const page = readFileSync(new URL("docs/how-it-works.md", root), "utf8");
  const parts = {
    clock: new ManualClock(),
    random: seededRandom(1),
    latency: () => undefined,
    admission: new Admission(1),
    confirmation: () => undefined,
    pinned: (_, outcome) => outcome,
  } satisfies Parameters<typeof createPolicies>[1];
  const names = (duties?: DutyParts) =>
    createPolicies(policiesSchema.parse({}), { ...parts, duties }).map(({ name }) => name);
  const plain = names();
  assert.deepEqual(firstCells(page, "## Policies"), plain);
  const withDuties = names(new Ensemble({}).parts);
  assert.deepEqual(
    firstCells(page, "## Policies for validators"),
    withDuties.filter((name) => !plain.includes(name)),
  );
  const verdicts = firstCells(page, "## Health").sort();
  assert.deepEqual(verdicts, [...labels.verdict.matchAll(/`(\w+)`/g)].map(([, verdict]) => verdict).sort());
  const rooms = readdirSync(new URL("src/", root), { withFileTypes: true })
    .filter(({ name }) => !name.endsWith(".test.ts"))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  assert.deepEqual(firstCells(page, "## The source").sort(), rooms.sort());
});

test("docs/validators.md: says what each alarm and each alert of validators means, and the clients' flags", () => {
  const page = readFileSync(new URL("docs/validators.md", root), "utf8");
  const rules = readFileSync(new URL("dashboards/alerts.yml", root), "utf8");
  const [, group = ""] = rules.split("- name: breakwater-validators\n");
  const alerts = [...(group.split("- name:")[0] ?? "").matchAll(/- alert: (\w+)/g)].map(([, name]) => name as string);
  assert.ok(alerts.length > 8);
  assert.deepEqual(firstCells(page, "## Alarms"), [...alarms, ...alerts]);
  assert.deepEqual(firstCells(page, "### Who is asked for what"), [...duties]);
  for (const client of ["Lighthouse", "Prysm", "Teku", "Nimbus", "Lodestar", "Vouch", "Vero"]) {
    assert.match(page, new RegExp(`^\\| ${client} \\| .*http://127\\.0\\.0\\.1:8545`, "m"));
    assert.match(page, new RegExp(`^- \\*\\*${client}\\*\\*`, "m"));
  }
});
