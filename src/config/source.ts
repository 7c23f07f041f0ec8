import { type Document, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument } from "yaml";
import { type Environment, expand, hideReferences } from "./environment.ts";
import { type Finding, type Path, pathText } from "./finding.ts";

/** Bounds on what a document may ask of us; a thousand upstreams take some 300 kB and 20,000 values. */
const maxCharacters = 2_097_152;
const maxDepth = 32;
const maxValues = 100_000;

/** What a YAML text says, and where it says it. */
export interface Source {
  /** Plain values, with the environment's in place of references; `undefined` when the text could not be read. */
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** A finding about the value at a path, or about its key; for an absent one it points at what encloses it. */
  find(path: Path, message: string, at?: "key" | "value"): Finding;
  /** The environment variables that the value at a path was made from. */
  variables(path: Path): readonly string[];
  /** A text that may quote values: those of variables are put back as `${NAME}`. */
  discreet(text: string): string;
}

interface Place {
  readonly key: number;
  readonly value: number;
  readonly variables: readonly string[];
}

/** Reads YAML without trusting it: size, depth and the growth of aliases are bounded, and no message quotes a value. */
export function readSource(text: string, file: string, env: Environment): Source {
  const counter = new LineCounter();
  const places = new Map<string, Place>();
  const at = (offset: number, path: Path, message: string): Finding => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: pathText(path), message };
  };
  const find: Source["find"] = (path, message, which = "value") => {
    for (let length = path.length; length > 0; length--) {
      const place = places.get(idOf(path.slice(0, length)));
      if (place) return at(length === path.length ? place[which] : place.key, path, message);
    }
    return at(0, path, message);
  };
  const source = (findings: readonly Finding[], value?: unknown): Source => ({
    value,
    findings,
    find,
    variables: (path) => places.get(idOf(path))?.variables ?? [],
    discreet: (text) => {
      const names = new Set([...places.values()].flatMap(({ variables }) => variables));
      return [...names].reduce((hidden, name) => withoutValue(hidden, name, env[name]), text);
    },
  });

  const refusal = tooMuch(text);
  if (refusal) return source([{ file, column: 1, path: "", ...refusal }]);
  const document = parseDocument(hideReferences(text), { lineCounter: counter, prettyErrors: false, stringKeys: true });
  const errors = document.errors.map((error) => at(error.pos[0], [], `is not YAML: ${withoutQuote(error.message)}`));
  if (errors.length > 0) return source(errors.slice(0, 5));
  const reading: Reading = { document, env, places, find, findings: [], values: 0 };
  const value = plain(reading, document.contents, [], 0);
  return source(reading.findings, exhausted(reading) ? undefined : value);
}

/**
 * Is the text too long or too deep to be parsed? The parser is recursive, and what overflows its stack ends the process.
 * Depth by indentation needs no look: within the bound on length it cannot go far enough.
 */
function tooMuch(text: string): Pick<Finding, "line" | "message"> | undefined {
  if (text.length > maxCharacters) return { line: 1, message: `is longer than ${maxCharacters} characters` };
  let line = 1;
  let brackets = 0;
  let dashes = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === "[" || token === "{") brackets++;
    else if (token === "]" || token === "}") brackets--;
    else if (token === "-" || token === "?") dashes++;
    else if (token.includes("\n")) {
      line += token.split("\n").length - 1;
      dashes = 0;
    }
    if (brackets + dashes > maxDepth) return { line, message: `nests deeper than ${maxDepth} levels` };
  }
  return undefined;
}

interface Reading {
  readonly document: Document;
  readonly env: Environment;
  readonly places: Map<string, Place>;
  readonly find: Source["find"];
  readonly findings: Finding[];
  values: number;
}

/** A node as plain values; notes where each stands. `key` is the offset of what names the node. */
function plain(reading: Reading, node: unknown, path: Path, key: number): unknown {
  const { places } = reading;
  const start = startOf(node, key);
  const place = { key, value: start, variables: [] };
  if (!places.has(idOf(path))) places.set(idOf(path), place);
  if (++reading.values > maxValues || path.length > maxDepth) return complain(reading, path);
  if (isAlias(node)) {
    const target = node.resolve(reading.document);
    if (target) return plain(reading, target, path, key);
    return void reading.findings.push(reading.find(path, `refers to an anchor that is not set before it`));
  }
  if (isSeq(node)) return node.items.map((item, index) => plain(reading, item, [...path, index], startOf(item, start)));
  if (isScalar(node)) return typeof node.value === "string" ? text(reading, node.value, path, place) : node.value;
  if (!isMap(node)) return null;
  const entries = node.items.map((pair): [string, unknown] => {
    const name = String((pair.key as { value?: unknown }).value);
    return [name, plain(reading, pair.value, [...path, name], startOf(pair.key, start))];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function startOf(node: unknown, otherwise: number): number {
  return (node as Node | null)?.range?.[0] ?? otherwise;
}

/** Text with references replaced; nothing at all when all that it refers to is empty, as in `${TOKEN:-}`. */
function text(reading: Reading, value: string, path: Path, place: Place): string | undefined {
  const { text, variables, problems } = expand(value, reading.env);
  if (variables.length > 0) reading.places.set(idOf(path), { ...place, variables });
  for (const problem of problems) reading.findings.push(reading.find(path, problem));
  return text === "" && variables.length > 0 ? undefined : text;
}

const tooMany = `asks for more than ${maxValues} values or ${maxDepth} levels`;

function complain(reading: Reading, path: Path): undefined {
  if (!exhausted(reading)) reading.findings.push(reading.find(path, tooMany));
}

function exhausted({ findings }: Reading): boolean {
  return findings.some(({ message }) => message === tooMany);
}

function idOf(path: Path): string {
  return JSON.stringify(path);
}

function withoutValue(text: string, name: string, value: string | undefined): string {
  if (!value) return text;
  return text.replaceAll(value, `\${${name}}`).replaceAll(value.toLowerCase(), `\${${name}}`);
}

/** The parser's message without the piece of the text that some of them quote at their end. */
function withoutQuote(message: string): string {
  return message.replace(/: ".*$/s, "");
}
