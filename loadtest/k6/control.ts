import http from "k6/http";
import type { Fault, Where } from "../plans/outage.ts";
import type { Plan } from "../plans/plan.ts";
import type { Schedule } from "../plans/schedule.ts";

/** The operators' side; `-e BREAKWATER_ADMIN=http://...` for another than the default. */
const admin = __ENV["BREAKWATER_ADMIN"] ?? "http://127.0.0.1:9545";

/** How long to wait for somebody to answer at all, and until every upstream is probed and ready; in seconds. */
const answerSeconds = 3;
const readySeconds = 20;

/** One upstream as `GET /api/status` shows it. */
interface ShownUpstream extends Record<string, unknown> {
  readonly id: string;
  readonly provider: string;
  readonly eligible: boolean;
}

/** What happened to an upstream, as `GET /api/status` tells it. */
export interface ShownChange {
  readonly at: string;
  readonly upstream: string;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly because: string;
}

interface Status {
  readonly simulated: boolean;
  readonly networks: readonly { readonly isDefault: boolean; readonly upstreams: readonly ShownUpstream[] }[];
  readonly changes: readonly ShownChange[];
}

/** How everything is now; `undefined` when nobody answers there. */
export function statusNow(): Status | undefined {
  const response = http.get<"text">(`${admin}/api/status`, {
    responseType: "text",
    timeout: "2s",
    tags: { name: "status" },
  });
  return response.status === 200 ? JSON.parse(response.body) : undefined;
}

/** One entry of `GET /api/decisions`. */
interface ShownDecision {
  readonly at: string;
  readonly action: string;
  readonly subject: string;
  readonly because: string;
}

/** What was decided about failure domains, the oldest first; nothing where nobody tells. */
export function decisionsNow(): readonly ShownDecision[] {
  const response = http.get<"text">(`${admin}/api/decisions`, { responseType: "text", timeout: "2s" });
  return response.status === 200 ? JSON.parse(response.body).decisions.toReversed() : [];
}

/** Waits until every upstream may serve, and returns them. Those of the default network are the ones that are called. */
export function readyUpstreams(sleep: (seconds: number) => void): readonly ShownUpstream[] | undefined {
  for (let waited = 0; ; waited += 0.25) {
    const status = statusNow();
    const upstreams = status?.networks.find((network) => network.isDefault)?.upstreams;
    const longest = upstreams === undefined ? answerSeconds : readySeconds;
    if (upstreams?.every(({ eligible }) => eligible) || waited >= longest) return upstreams;
    sleep(0.25);
  }
}

/** Whom each fault of a schedule strikes. Throws when nobody is where one of them should strike. */
export function aimed(schedule: Schedule, upstreams: readonly ShownUpstream[]): Schedule {
  const strikes = schedule.strikes.map((strike) => {
    const struck = upstreams.filter((upstream) => isAt(upstream, strike.fault.where)).map(({ id }) => id);
    if (struck.length > 0) return { ...strike, upstreams: struck };
    throw new Error(`no upstream is at ${JSON.stringify(strike.fault.where)}: this outage needs another fleet`);
  });
  return { ...schedule, strikes };
}

function isAt(upstream: ShownUpstream, where: Where): boolean {
  return Object.entries(where).every(([dimension, wanted]) => {
    const actual = String(upstream[dimension === "upstream" ? "id" : dimension]);
    return actual === wanted || (dimension === "region" && actual.endsWith(`/${wanted}`));
  });
}

/** Starts a fault. Throws when the fleet does not take it. */
export function inject(fault: Fault): void {
  send("POST", fault);
}

/** Ends the faults of one kind in one place; all of them without an argument. */
export function heal(fault?: Fault): void {
  send("DELETE", fault === undefined ? {} : { where: fault.where, fault: fault.fault });
}

function send(method: string, body: unknown): void {
  const response = http.request<"text">(method, `${admin}/api/simulator/faults`, JSON.stringify(body), {
    headers: { "content-type": "application/json" },
    tags: { name: "faults" },
    responseType: "text",
  });
  if (response.status < 300) return;
  throw new Error(`${method} ${admin}/api/simulator/faults: ${response.status} ${response.body ?? response.error}`);
}

/** Who hosts whom. */
export function providersOf(upstreams: readonly ShownUpstream[] = []): Plan["providers"] {
  return Object.fromEntries(upstreams.map(({ id, provider }) => [id, provider]));
}
