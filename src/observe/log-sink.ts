import { write } from "node:fs";
import type { Clock } from "../lib/clock.ts";

/** Where log lines go. It is given one chunk at a time and says when it can take the next. */
export type Sink = (chunk: Buffer, done: () => void) => void;

/** How long a full pipe is left alone before it is tried again, in milliseconds. */
const retryMs = 20;

/**
 * Writes to a file descriptor (1 is standard output, 2 standard error) from the thread pool. `process.stderr.write`
 * would stop all traffic while whoever reads a pipe or terminal is slow. When nobody reads at all any more (EPIPE) lines
 * vanish: a proxy does not end because its log does.
 */
export function descriptorSink(descriptor: number, clock: Clock): Sink {
  const writeFrom = (chunk: Buffer, offset: number, done: () => void): void => {
    write(descriptor, chunk, offset, (error, written) => {
      if (error?.code === "EAGAIN") clock.schedule(retryMs, () => writeFrom(chunk, offset, done));
      else if (error || offset + written >= chunk.length) done();
      else writeFrom(chunk, offset + written, done);
    });
  };
  return (chunk, done) => writeFrom(chunk, 0, done);
}
