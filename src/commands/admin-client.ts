import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";

/** What the operators' listener answered: the status, and the body where it was JSON. */
interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A way to ask the operators' listener of a running proxy. */
export interface AdminClient {
  /** Never throws: that nobody answers is a `problem`, in a few words. `path` begins with a slash. */
  ask(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: object,
  ): Promise<AdminAnswer | { readonly problem: string }>;
}

/** How long an answer may be silent, in milliseconds. */
const timeoutMs = 5_000;

/** The longest answer that is read, in bytes: the status of ten thousand upstreams is shorter. */
const longestAnswer = 33_554_432;

/** Asks over HTTP. `base` is where the listener is, `http://127.0.0.1:9545`; the token goes along when there is one. */
export function httpAdminClient(base: URL, token: string | undefined): AdminClient {
  const request = base.protocol === "https:" ? secureRequest : plainRequest;
  const root = base.href.replace(/\/*$/, "");
  return {
    ask: (method, path, body) =>
      new Promise((resolve) => {
        const fail = (problem: string) => resolve({ problem: `${root} does not answer: ${problem}` });
        const text = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
        const headers = {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          // Node announces the length of a body by itself, but not that of a DELETE.
          ...(text && { "content-type": "application/json", "content-length": text.length }),
        };
        const asked = request(`${root}${path}`, { method, headers, timeout: timeoutMs }, (response) => {
          const chunks: Buffer[] = [];
          let length = 0;
          response.on("data", (chunk: Buffer) => {
            length += chunk.length;
            if (length > longestAnswer) response.destroy(new Error("its answer is too long"));
            else chunks.push(chunk);
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks)) }));
          response.on("error", ({ message }) => fail(message));
        });
        asked.on("timeout", () => asked.destroy(new Error(`silent for ${timeoutMs / 1_000} s`)));
        asked.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
        asked.end(text);
      }),
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
