import type { Io } from "./command.ts";

/** One line of a terminal that is written over again and again; nothing where nobody looks on, as in a file or a pipe. */
export interface Progress {
  show(text: string): void;
  clear(): void;
}

/** Shows how far long work is. */
export function progressOn({ stderr }: Pick<Io, "stderr">): Progress {
  const write = (text: string) => {
    if (stderr.isTTY === true) stderr.write(`\r\x1b[K${text}`);
  };
  return { show: write, clear: () => write("") };
}
