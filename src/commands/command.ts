import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearest } from "../lib/nearest.ts";

/** Where a command writes text. Process streams are such, and so is an array in a test. */
interface Output {
  write(text: string): unknown;
  /** Does a person look on? */
  readonly isTTY?: boolean | undefined;
}

/** All of the world that a command may touch besides files and sockets. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the process is asked to end: a command that runs on winds up and returns. */
  readonly signal: AbortSignal;
}

/** One word after `breakwater`. */
export interface Command {
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  /** What `breakwater NAME --help` prints, from the line after `Usage:` on. */
  readonly usage: string;
  /** Resolves to the exit code: 0 fine, 1 the command's own no, 2 not understood. */
  run(args: readonly string[], io: Io): Promise<number>;
}

type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true; strict: true }>
>;

/** Options and other words of a command line, or what is wrong with it, as a sentence. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): Parsed<Options> | { readonly problem: string } {
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const type = options[token.name]?.type;
    if (type === undefined) return { problem: unknownOption(token.rawName, Object.keys(options)) };
    const swallowed = token.inlineValue === false && /^-./.test(token.value);
    if (type === "string" && (!token.value || swallowed)) return { problem: `${token.rawName} needs a value` };
    if (type === "boolean" && token.value !== undefined) return { problem: `${token.rawName} takes no value` };
  }
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
}

/** Says on stderr what was not understood and where help is, and gives the exit code for it. */
export function refuse(io: Io, command: Pick<Command, "name">, problem: string): number {
  io.stderr.write(`breakwater ${command.name}: ${problem}\nTry: breakwater ${command.name} --help\n`);
  return 2;
}

function unknownOption(raw: string, known: readonly string[]): string {
  const meant = nearest(raw.replace(/^-+/, ""), known);
  return `there is no option ${raw}${meant === undefined ? "" : `; did you mean --${meant}?`}`;
}
