import type { Call, MethodTraits, WireRequest } from "../../core/call.ts";
import type { Answer } from "../../core/outcome.ts";
import type { Inbound, NetworkView, Parsed, Protocol, Reply } from "../../core/protocol.ts";
import type { Wish } from "../../core/stream.ts";
import { deeperThan, parseJson } from "../../lib/json-text.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { isSsz } from "./bodies.ts";
import { classify } from "./classify.ts";
import { type BeaconEnvelope, encode, refusal } from "./encode.ts";
import { type Endpoint, unlisted } from "./endpoints.ts";
import { callOf } from "./endpoints-call.ts";
import { health, syncing } from "./node-view.ts";
import { createRouter, type Route, type Router, readTarget, type Target } from "./paths.ts";
import { clientsWithPaths, createPathRules, type PathPatterns, type PathRules } from "./paths-access.ts";
import { epochOf, slotOf } from "./paths-bound.ts";
import { beaconPeers } from "./peers.ts";
import { beaconProbe } from "./probe.ts";
import { createDutyProtocol, type DutyOptions } from "./readings.ts";

export interface BeaconOptions extends PathPatterns {
  /** The consensus client of an upstream (`lighthouse`), where it is known: paths that only one client has go to it alone. */
  readonly clientOf?: (upstream: string) => string | undefined;
  /** What the readings of duties need to know of the chain. */
  readonly duties?: DutyOptions | undefined;
}

/** The language of Ethereum's consensus layer and its kin: the beacon API, HTTP with JSON or SSZ. */
export function createBeacon(options: BeaconOptions): Protocol<BeaconEnvelope> {
  const parser = new Parser(options);
  return {
    name: "beacon",
    parse: (inbound, view) => parser.parse(inbound, view),
    classify,
    encode,
    agrees,
    probe: beaconProbe,
    peers: beaconPeers,
    duties: createDutyProtocol(options.duties),
  };
}

type Result = Parsed<BeaconEnvelope> | Reply | Wish;

class Parser {
  readonly #router: Router = createRouter();
  readonly #rules: PathRules;
  readonly #clientOf: (upstream: string) => string | undefined;

  constructor({ allow, deny, clientOf = () => undefined }: BeaconOptions) {
    this.#rules = createPathRules({ allow, deny });
    this.#clientOf = clientOf;
  }

  parse(inbound: Inbound, view: NetworkView): Result {
    const target = readTarget(inbound.path);
    if ("status" in target) return refusal(target.status, target.message);
    const closed = this.#rules.closed(target.path);
    if (closed !== undefined) return refusal(403, `${target.path} is ${closed}`);
    const verb = inbound.method === "HEAD" ? "GET" : inbound.method;
    const route = this.#router.find(verb, target.segments);
    if (!route) return this.#unlisted(verb, target, inbound, view);
    switch (route.endpoint.own) {
      case "health":
        return health(view, target.query);
      case "syncing":
        return syncing(view);
      case "events":
        return wishOf(target);
      default:
        return listed(route, verb, target, inbound, view);
    }
  }

  /** A path, or a verb, that the table does not have. */
  #unlisted(verb: string, target: Target, inbound: Inbound, view: NetworkView): Result {
    const verbs = this.#router.verbs(target.segments);
    if (verbs.length > 0) {
      return refusal(405, `${target.path} is asked by ${verbs.join(" or ")}`, { allow: verbs.join(", ") });
    }
    const opened = this.#rules.opened(target.path);
    const ofApi = /^\/eth\/v\d+\/./.test(target.path);
    if (!isVerb(verb) || (!opened && !(ofApi && verb === "GET"))) {
      return refusal(404, `${target.path} is not known; methods.allow of the network opens it: "${target.path}"`);
    }
    const [first = "", , third] = target.segments.map((segment) => segment.toLowerCase());
    const debug = first === "eth" && third === "debug";
    const endpoint = verb !== "GET" ? unlisted.write : debug ? unlisted.debug : unlisted.read;
    const { traits } = endpoint;
    const pin = isClient(first) ? (upstream: string) => this.#clientOf(upstream) === first : undefined;
    const wire = wireOf(verb, target, inbound);
    return parsed(endpoint, callOf({ network: view.network, method: endpoint.name, traits, pin }, wire));
  }
}

function listed(route: Route, verb: string, target: Target, inbound: Inbound, view: NetworkView): Result {
  const { endpoint } = route;
  const wire = wireOf(verb as "GET" | "POST", target, inbound);
  const primary = endpoint.own === "primary" ? view.node?.primary : undefined;
  const call = callOf(
    {
      network: view.network,
      method: endpoint.name,
      traits: traitsFor(endpoint, wire),
      pin: primary === undefined ? undefined : (upstream) => upstream === primary,
      caller: inbound.caller,
      slot: slotOf(route, target.query, wire),
      epoch: epochOf(route),
    },
    wire,
  );
  return parsed(endpoint, call);
}

/**
 * The traits of a call. A publish whose payload's blobs are not in it means something to its producer alone.
 * Source: beacon-APIs, `Eth-Blob-Data-Included` of `publishExecutionPayloadEnvelope`.
 */
function traitsFor({ traits, atProducer }: Endpoint, { headers }: WireRequest): MethodTraits {
  return atProducer && headers["eth-blob-data-included"]?.trim().toLowerCase() === "false" ? atProducer : traits;
}

function parsed(endpoint: Endpoint, call: Call): Parsed<BeaconEnvelope> {
  return { calls: [call], envelope: { endpoint, sentSsz: call.wire.body !== undefined && isSsz(call.wire.headers) } };
}

function wireOf(method: WireRequest["method"], { path, query }: Target, { headers, body }: Inbound): WireRequest {
  return { method, path: path + query, headers: passedOn(headers), body: body.length > 0 ? body : undefined };
}

/**
 * The headers that go to a node: which encodings, all that the API has of its own (`Eth-...`), and when the client sent
 * what (`Date-Milliseconds`, `X-Timeout-Ms` of builder-specs). No others, as an unknown one may hold a client's key.
 */
const passedHeader = /^(?:accept|content-type|date-milliseconds|x-timeout-ms|eth-.+)$/;

function passedOn(headers: Inbound["headers"]): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && passedHeader.test(name)) passed[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return passed;
}

/** The most topics of one stream, and what their names are made of. */
const mostTopics = 64;
const topicName = /^[a-z0-9_]{1,64}$/;

/** Topics come in one parameter with commas between, or in several. Which of them there are is the nodes' to say. */
function wishOf({ query }: Target): Wish | Reply {
  const topics = new Set(new URLSearchParams(query).getAll("topics").flatMap((list) => list.split(",")));
  topics.delete("");
  if (topics.size === 0 || topics.size > mostTopics || ![...topics].every((topic) => topicName.test(topic))) {
    return refusal(400, "topics must name the events that are wanted: topics=head,finalized_checkpoint");
  }
  return { topics: [...topics] };
}

function isVerb(verb: string): verb is WireRequest["method"] {
  return verb === "GET" || verb === "POST" || verb === "PUT" || verb === "DELETE";
}

function isClient(name: string): boolean {
  return (clientsWithPaths as readonly string[]).includes(name);
}

/** Larger answers that differ in a byte are taken to differ. */
const mostCompared = 262_144;
/** No answer of the API nests deeper than some ten levels. */
const mostDepth = 64;

/** Same bytes, or JSON of the same values in another order or layout. */
function agrees(a: Answer, b: Answer): boolean {
  if (a.failed !== b.failed || a.status !== b.status) return false;
  const [one, two] = [asBuffer(a.payload), asBuffer(b.payload)];
  if (one.equals(two)) return true;
  if (Math.max(one.length, two.length) > mostCompared) return false;
  const texts = [one.toString("utf8"), two.toString("utf8")] as const;
  if (texts.some((text) => deeperThan(text, mostDepth))) return false;
  const value = parseJson(texts[0]);
  return value !== undefined && canonical(value) === canonical(parseJson(texts[1]));
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [two]) => (one < two ? -1 : 1)))
      : part,
  );
}
