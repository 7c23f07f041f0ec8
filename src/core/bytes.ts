import { type Fault, fault } from "./outcome.ts";

/** Who reads a stream. `data` returns false to ask for a pause, which `ByteStream.resume` ends. */
export interface ByteReader {
  data(chunk: Uint8Array): boolean;
  end(): void;
  /** The stream broke off: what came is not all. */
  fail(why: Fault): void;
}

/**
 * The part of a large answer that has not arrived yet. It has exactly one reader, which must `read` or `cancel` it,
 * or a connection stays taken. Being cancelled before its end is a failure, of which the reader hears.
 */
export interface ByteStream {
  /** How many bytes are still to come before anybody read, when that is known beforehand. */
  readonly length?: number | undefined;
  read(reader: ByteReader): void;
  resume(): void;
  cancel(): void;
}

/** How many more bytes may be gathered for the calls that share it: those of one batch, whose answers one reply must hold. */
export interface Room {
  bytes: number;
}

/**
 * Reads `start` and the rest of a stream into one array; resolves to a fault when the stream breaks off, or holds more
 * than `limit` bytes, or more than there is room for. What was gathered in vain is given back to the room.
 */
export function collect(
  start: Uint8Array,
  stream: ByteStream,
  limit: number,
  room?: Room,
): Promise<Uint8Array | Fault> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let done = false;
    const finish = (result: Uint8Array | Fault): void => {
      if (done) return;
      done = true;
      if (room && !(result instanceof Uint8Array)) room.bytes += size;
      resolve(result);
    };
    const take = (chunk: Uint8Array): boolean => {
      size += chunk.length;
      if (room) room.bytes -= chunk.length;
      chunks.push(chunk);
      if (size <= limit && (room === undefined || room.bytes >= 0)) return true;
      const bound =
        size > limit ? `the answer is larger than ${limit} bytes` : "the answers of this batch are too large";
      finish(fault("too_large", bound));
      stream.cancel();
      return false;
    };
    if (!take(start)) return;
    stream.read({ data: take, end: () => finish(Buffer.concat(chunks, size)), fail: finish });
  });
}
