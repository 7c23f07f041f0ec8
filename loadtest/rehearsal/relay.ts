/**
 * A proxy of @fastify/http-proxy with its own retries, as one would write it: `node relay.ts PORT NEAR_URLS FAR_URLS`.
 *
 * Near upstreams take turns. After an error, a 5xx, a 429 or two seconds a call is sent up to three times more, each time
 * to the next of the far ones. It remembers nothing of who failed: the plugin has no health.
 */
import httpProxy from "@fastify/http-proxy";
import fastify from "fastify";

const timeoutMs = 2_000;
const connectTimeoutMs = 1_000;
const retries = 3;

/** What the plugin tells of an attempt; `req` is the request as it would be sent again. */
interface Attempted {
  readonly err: Error | null;
  readonly req: unknown;
  readonly res: unknown;
  readonly attempt: number;
}

/** URLs that take turns. */
function rotation(urls: readonly string[]): () => string {
  let turn = 0;
  return () => urls[turn++ % urls.length] as string;
}

const [port, nearUrls = "", farUrls = ""] = process.argv.slice(2);
const near = rotation(nearUrls.split(","));
const far = rotation(farUrls === "" ? nearUrls.split(",") : farUrls.split(","));

/** In how many milliseconds to send again, or null; the request is pointed at another upstream before. */
function retryDelay({ err, req, res, attempt }: Attempted): number | null {
  const response = res as { readonly statusCode: number; readonly stream: NodeJS.ReadableStream } | undefined;
  const failed = err !== null || !response || response.statusCode >= 500 || response.statusCode === 429;
  if (!failed || attempt >= retries) return null;
  response?.stream.resume();
  (req as { url: URL }).url = new URL("/", far());
  return 1;
}

const app = fastify();
await app.register(httpProxy, {
  upstream: "",
  // A body that was read can be sent again.
  proxyPayloads: false,
  undici: {
    connections: 128,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: connectTimeoutMs },
  },
  replyOptions: { getUpstream: near, retriesCount: retries, retryDelay: retryDelay as never },
});
await app.listen({ port: Number(port), host: "127.0.0.1" });
