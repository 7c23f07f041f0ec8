import { gunzip, zstdDecompress } from "node:zlib";
import { httpError, tooLarge } from "./ingress-refusals.ts";

type Decompress = (
  packed: Uint8Array,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, plain: Buffer) => void,
) => void;

const encodings = new Map<string, Decompress>([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["zstd", zstdDecompress],
]);

/** Undoes the content encoding of a request's body, which may have at most `most` bytes then. */
export function unpack(
  encoding: string | undefined,
  body: Buffer,
  most: number,
  done: (error: Error | null, plain?: Buffer) => void,
): void {
  const name = encoding?.toLowerCase() ?? "identity";
  const decompress = encodings.get(name);
  if (name === "identity") done(null, body);
  else if (!decompress) done(httpError(415, "unsupported_encoding", "send the body plain, or in gzip or zstd"));
  else {
    decompress(body, { maxOutputLength: most }, (error, plain) => {
      if (!error) done(null, plain);
      else if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") done(tooLarge(most));
      else done(httpError(400, `bad_${name.replace("x-", "")}`, `the body is not valid ${name}`));
    });
  }
}
