/** Who reads a stream. `data` returns false to ask for a pause, which `ByteStream.resume` ends. */
export interface ByteReader {
  data(chunk: Uint8Array): boolean;
  end(): void;
  /** The stream broke off: what came is not all. */
  fail(detail: string): void;
}

/**
 * The part of a large answer that has not arrived yet. It has exactly one reader, which must `read` or `cancel` it,
 * or a connection stays taken.
 */
export interface ByteStream {
  read(reader: ByteReader): void;
  resume(): void;
  cancel(): void;
}

/**
 * Reads `start` and the rest of a stream into one array.
 * Resolves to a string that says what went wrong when the stream breaks off or holds more than `limit` bytes.
 */
export function collect(start: Uint8Array, stream: ByteStream, limit: number): Promise<Uint8Array | string> {
  return new Promise((resolve) => {
    const chunks = [start];
    let size = start.length;
    stream.read({
      data(chunk) {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= limit) return true;
        stream.cancel();
        resolve(`the answer is larger than ${limit} bytes`);
        return false;
      },
      end: () => resolve(Buffer.concat(chunks, size)),
      fail: resolve,
    });
  });
}
