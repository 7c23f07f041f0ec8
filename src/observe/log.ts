import { type Clock, timestamp } from "../lib/clock.ts";
import type { Sink } from "./log-sink.ts";

/** From the least to the most important. */
const levels = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

/** What is said beside a message, by name. Plain values: they are written as they are. */
export type LogData = Readonly<Record<string, string | number | boolean | undefined>>;

/** Says what happened, one line each. Never waits and never fails. */
export interface Log {
  /** Would a line of this level be written? To save the work of making one. */
  writes(level: Level): boolean;
  debug(message: string, data?: LogData): void;
  info(message: string, data?: LogData): void;
  warn(message: string, data?: LogData): void;
  error(message: string, data?: LogData): void;
  /** Lines thrown away so far because the sink was too slow. */
  dropped(): number;
  /** Resolves when all lines are with the sink, or after a second if that takes none. */
  flush(): Promise<void>;
}

export interface LogOptions {
  /** The least important level that is written. */
  readonly level: Level;
  /** JSON lines for machines, or text for people. */
  readonly format: "json" | "text";
  /** Marks levels with ANSI colours, for terminals; text only. */
  readonly colors: boolean;
  readonly clock: Clock;
  readonly sink: Sink;
  /** Takes secrets out of a text; see `lib/redact.ts`. Every text goes through it. */
  readonly redact: (text: string) => string;
}

/** The most characters that wait for the sink; what comes beyond is dropped and counted. */
const mostPending = 1_048_576;

const flushMs = 1_000;

/** Creates a log. While the sink writes one chunk, lines gather for the next: a slow sink gets fewer, larger writes. */
export function createLog(options: LogOptions): Log {
  const { level: least, clock, sink } = options;
  const lineOf = options.format === "json" ? jsonLine : textLine;
  let pending = "";
  let writing = false;
  let dropped = 0;
  let untold = 0;
  let flushed: (() => void)[] = [];

  const line = (level: Level, message: string, data: LogData): string =>
    lineOf(level, timestamp(clock.epoch()), message, data, options);

  const pump = (): void => {
    if (untold > 0)
      pending += line("warn", "log lines were dropped: whoever reads the log is too slow", { lines: untold });
    untold = 0;
    writing = pending !== "";
    if (writing) {
      const chunk = Buffer.from(pending);
      pending = "";
      sink(chunk, pump);
    } else {
      for (const resolve of flushed) resolve();
      flushed = [];
    }
  };

  const append = (text: string): void => {
    if (pending.length + text.length > mostPending) {
      dropped++;
      untold++;
      return;
    }
    pending += text;
    if (!writing) pump();
  };

  const writes = (level: Level) => levels.indexOf(level) >= levels.indexOf(least);
  const at = (level: Level) => {
    if (!writes(level)) return () => {};
    return (message: string, data: LogData = {}): void => {
      append(line(level, message, data));
    };
  };

  return {
    writes,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    dropped: () => dropped,
    flush() {
      if (!writing) return Promise.resolve();
      return new Promise((resolve) => {
        const patience = clock.schedule(flushMs, resolve);
        flushed.push(() => {
          patience.cancel();
          resolve();
        });
      });
    },
  };
}

function jsonLine(level: Level, time: string, message: string, data: LogData, { redact }: LogOptions): string {
  const redacted = (_: string, value: unknown) => (typeof value === "string" ? redact(value) : value);
  return `${JSON.stringify({ time, level, message, ...data }, redacted)}\n`;
}

const colors: Readonly<Record<Level, string>> = { debug: "90", info: "36", warn: "33", error: "31" };

function textLine(level: Level, time: string, message: string, data: LogData, options: LogOptions): string {
  const word = level.toUpperCase().padEnd(5);
  const shown = options.colors ? `\u001b[${colors[level]}m${word}\u001b[0m` : word;
  let line = `${time} ${shown} ${printable(options.redact(message))}`;
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined) continue;
    const text = options.redact(String(value));
    line += ` ${name}=${/^[\w.:/@+-]+$/.test(text) ? text : printable(JSON.stringify(text))}`;
  }
  return `${line}\n`;
}

/** A text that cannot move the cursor, end the line or pretend to be another one. */
function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Zl}|\p{Zp}/gu, " ");
}
