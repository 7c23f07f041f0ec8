import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { StringDecoder } from "node:string_decoder";
import type { AttestationJson, BlockJson, SingleAttestationJson } from "./chain.ts";

/** What went between a validator client and its only beacon URL. */
export interface Recording {
  /** How often each request was answered how: `POST /eth/v1/... 200`, or `failed` when there was no answer. */
  readonly answers: Map<string, number>;
  /** What did not succeed, with the slot it happened in; no more than a thousand. */
  readonly failures: { readonly slot: number; readonly what: string }[];
  /** When the client was told of a head: the head's slot, and how long after that slot began, in slots. */
  readonly heads: { readonly slot: number; readonly after: number }[];
  /** How often an event stream was opened, and how often one ended that the client had not closed. */
  readonly streams: { opened: number; cut: number };
  /** What the client signed and sent. */
  readonly attestations: AttestationJson[];
  readonly singleAttestations: SingleAttestationJson[];
  readonly blocks: BlockJson[];
  /** Who made each block, as the target's own header says. */
  readonly producers: { readonly slot: number; readonly upstream: string }[];
}

export interface Recorder {
  readonly url: string;
  readonly recording: Recording;
  close(): Promise<void>;
}

const failureLimit = 1_000;

/** A path with what differs from call to call taken out. */
const routeOf = (path: string) =>
  (path.split("?")[0] as string).replace(/0x[0-9a-f]+/g, "{hex}").replace(/\/\d+(?=\/|$)/g, "/{n}");

/**
 * A pass-through on a free port that changes nothing and remembers what it sees. `slot` says which slot it is now. An
 * answer that breaks off breaks off here too, and a target that cannot be reached closes the connection.
 */
export async function startRecorder(target: string, slot: () => number): Promise<Recorder> {
  const recording: Recording = {
    ...{ answers: new Map(), failures: [], heads: [], streams: { opened: 0, cut: 0 } },
    ...{ attestations: [], singleAttestations: [], blocks: [], producers: [] },
  };
  const note = (route: string, result: string | number) => {
    const what = `${route} ${result}`;
    recording.answers.set(what, (recording.answers.get(what) ?? 0) + 1);
    const failed = typeof result === "string" || result >= 400;
    if (failed && recording.failures.length < failureLimit) recording.failures.push({ slot: slot(), what });
  };

  const pass = (inbound: IncomingMessage, reply: ServerResponse) => {
    const path = inbound.url ?? "/";
    const route = `${inbound.method} ${routeOf(path)}`;
    const { hostname, port } = new URL(target);
    const { method } = inbound;
    const { connection: _, ...headers } = inbound.headers;
    // A connection for each request: none is reused in the moment when the other side closes it.
    const to = { hostname, port, method, path, headers: { ...headers, host: `${hostname}:${port}` }, agent: false };
    const outbound = ask(to);
    outbound.once("error", (error: NodeJS.ErrnoException) => {
      if (reply.destroyed) return;
      note(route, `failed (${error.code})`);
      reply.destroy();
    });
    outbound.once("response", (answer) => {
      note(route, answer.statusCode ?? 0);
      const upstream = answer.headers["x-breakwater-upstream"];
      const produced = /^GET .*\/validator\/blocks\/\{n\}$/.test(route) && answer.statusCode === 200;
      if (produced) recording.producers.push({ slot: Math.floor(slot()), upstream: `${upstream ?? "?"}` });
      const { connection: _, "keep-alive": __, ...sent } = answer.headers;
      reply.writeHead(answer.statusCode ?? 502, sent);
      if (/event-stream/.test(answer.headers["content-type"] ?? "")) follow(answer, reply);
      answer.on("error", () => reply.destroy());
      answer.pipe(reply);
    });
    // The client is gone: the target need not go on.
    reply.once("close", () => reply.writableFinished || outbound.destroy());
    const chunks: Buffer[] = [];
    if (method === "POST") inbound.on("data", (chunk: Buffer) => chunks.push(chunk));
    inbound.once("end", () => keepSigned(recording, route, headers["content-type"], Buffer.concat(chunks)));
    inbound.pipe(outbound);
  };

  const follow = (answer: IncomingMessage, reply: ServerResponse) => {
    recording.streams.opened += 1;
    reply.flushHeaders();
    const lines = lineReader((data) => {
      const event = JSON.parse(data) as { slot?: string; block?: string; state?: string };
      // Only a head has a state; it is the only event that a validator client asks for here.
      if (event.state === undefined) return;
      const head = Number(event.slot);
      recording.heads.push({ slot: head, after: slot() - head });
    });
    answer.on("data", lines);
    const ended = () => {
      if (!reply.destroyed) recording.streams.cut += 1;
    };
    answer.once("end", ended);
    answer.once("error", ended);
  };

  const server = createServer(pass);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    recording,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A block as it is sent; from Deneb on it comes with its blobs. */
interface SignedBlockJson {
  readonly message: BlockJson;
}

/** Keeps votes and blocks that a client sent as JSON. */
function keepSigned(recording: Recording, route: string, contentType: string | undefined, body: Buffer): void {
  if (!/json/.test(contentType ?? "")) return;
  if (/^POST \/eth\/v\d\/beacon\/pool\/attestations$/.test(route)) {
    for (const one of JSON.parse(`${body}`) as (AttestationJson | SingleAttestationJson)[]) {
      if ("attester_index" in one) recording.singleAttestations.push(one);
      else recording.attestations.push(one);
    }
  } else if (/^POST \/eth\/v\d\/beacon\/(blinded_)?blocks$/.test(route)) {
    const sent = JSON.parse(`${body}`) as SignedBlockJson | { signed_block: SignedBlockJson };
    recording.blocks.push("signed_block" in sent ? sent.signed_block.message : sent.message);
  }
}

/** Gives the text of each `data:` line of an event stream, however the stream is cut into pieces. */
export function lineReader(data: (text: string) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
    rest = lines.pop() as string;
    for (const line of lines) if (line.startsWith("data:")) data(line.slice(5));
  };
}
