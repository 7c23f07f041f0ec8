import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createContext, runInContext, Script } from "node:vm";
import { faultSchema } from "../simulator/faults.ts";
import { statusPage } from "./status-page.ts";
import { failoverScript } from "./status-page-failover-script.ts";
import { glanceScript } from "./status-page-glance-script.ts";
import { lossScript } from "./status-page-loss-script.ts";
import { peersScript } from "./status-page-peers-script.ts";
import { upstreamScript } from "./status-page-upstream-script.ts";
import { validatorsScript } from "./status-page-validators-script.ts";

const { html, headers } = statusPage;

function between(start: string, end: string): string {
  return html.slice(html.indexOf(start) + start.length, html.lastIndexOf(end));
}

const script = between("<script>", "</script>");

test("status page: its script is JavaScript, and finds every element that it asks for", () => {
  assert.doesNotThrow(() => new Script(script));
  const asked = [...script.matchAll(/byId\("([^"]+)"\)/g)].map(([, id]) => id as string);
  assert.ok(asked.length > 5);
  for (const id of asked) assert.ok(html.includes(`id="${id}"`), id);
});

test("status page: the browser may run this script and this style, and load nothing", () => {
  const policy = headers["content-security-policy"];
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  assert.ok(policy.includes(`script-src ${hash(script)};`));
  assert.ok(policy.includes(`style-src ${hash(between("<style>", "</style>"))};`));
  assert.match(policy, /^default-src 'none';/);
  assert.doesNotMatch(html, /\b(src|href)=|\bon\w+=|style=|https?:/);
  assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacent|document\.write|eval\(/);
});

/** The relative luminance of a colour, as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

test("status page: every colour of text can be read on every ground, by day and by night (WCAG AA, 4.5 to 1)", () => {
  const style = between("<style>", "</style>");
  const colours = new Map(
    [...style.matchAll(/--(\w+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, day, night]) => [
      name,
      [day, night],
    ]),
  );
  for (const text of ["ink", "quiet", "good", "warn", "bad", "bar"]) {
    for (const ground of ["ground", "card", "notice"]) {
      // Links and marks of health stand on cards; on the notice stand ink and what went wrong.
      if (ground === "notice" && !["ink", "bad"].includes(text)) continue;
      for (const light of [0, 1]) {
        const pair = [text, ground].map((name) => luminance(colours.get(name)![light]!)).sort((a, b) => b - a);
        const contrast = (pair[0]! + 0.05) / (pair[1]! + 0.05);
        assert.ok(contrast >= 4.5, `${text} on ${ground}, ${light === 0 ? "day" : "night"}: ${contrast}`);
      }
    }
  }
});

test("status page: the faults that it offers are faults that the simulator knows", () => {
  const offered = [
    ...between('name="fault">', "</select>")
      .split("</select>")[0]!
      .matchAll(/value="(\w+)"/g),
  ];
  assert.ok(offered.length > 5);
  for (const [, kind] of offered) assert.ok(faultSchema.safeParse({ where: {}, fault: kind }).success, kind);
});

/** What a function of the page gives; its other helpers are stood in for. */
function asked<T>(expression: string, given: unknown): T {
  const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const percent = (ratio: number) => `${100 * ratio}%`;
  const context = createContext({
    given: JSON.stringify(given),
    percent,
    plural,
    whole: String,
    lookOf: () => ["x", "bad"],
  });
  const text = runInContext(
    `${failoverScript}; ${validatorsScript}; ${glanceScript}; ${lossScript}; ${peersScript}; ${upstreamScript}; JSON.stringify(((given) => ${expression})(JSON.parse(given)))`,
    context,
  );
  return JSON.parse(text);
}

test("status page: an order is told in a sentence", () => {
  const order = { target: "provider:aws & client:geth", by: "ann", for: "29m", share: 0, what: "drain" };
  const words = (change: object) => asked("orderWords(given)", { ...order, ...change });
  assert.equal(words({}), "Drain provider aws and client geth, by ann, for 29m more");
  assert.match(words({ share: 0.5 }) as string, / geth to 50% of its usual traffic, by ann/);
  assert.match(words({ what: "force" }) as string, /^Keep provider aws and client geth in service, whatever is seen/);
});

test("status page: of a decision all is told that there is, and of long lists the beginning", () => {
  const bare = { evidence: [], rivals: [], spared: [], moved: [], logOdds: null };
  assert.equal(asked("decisionDetails(given)", bare), "");
  const evidence = Array.from({ length: 8 }, (_, index) => ({ upstream: `u${index}`, symptom: "timeout", ago: "9ms" }));
  const rivals = [{ subject: "provider:aws", logOdds: 9.1 }];
  const moved = [{ provider: "gcp", share: 0.4 }];
  const details = asked("decisionDetails(given)", { evidence, rivals, moved, spared: ["aws-4"], logOdds: 14.3 });
  assert.match(details as string, /^Seen before: u0 timeout \(9ms\), .* u5 timeout \(9ms\) and 2 more\. /);
  assert.match(
    details as string,
    / Load goes to gcp 40%\. Left in service: aws-4\. Log-odds 14\.3, against provider aws 9\.1$/,
  );
});

test("status page: the fleet is shown by provider, and where there are too many, those in trouble are first", () => {
  const status = (providers: string[]) => ({
    networks: [
      {
        upstreams: providers.map((provider) => ({
          provider,
          region: `${provider}/one`,
          verdict: provider === "p1" ? "suspect" : "healthy",
          eligible: provider !== "p7",
        })),
      },
      { upstreams: [{ provider: "p7", region: null, verdict: "healthy", eligible: true }] },
    ],
  });
  const tiles = (providers: string[]) =>
    asked<{ provider: string; all: number; serve: number; well: number }[]>("tilesOf(given)", status(providers));
  const few = tiles(["p9", "p7", "p1"]);
  assert.deepEqual(
    few.map(({ provider, all, serve, well }) => [provider, all, serve, well]),
    [
      ["p1", 1, 1, 0],
      ["p7", 2, 1, 1],
      ["p9", 1, 1, 1],
    ],
  );
  const many = tiles(Array.from({ length: 60 }, (_, index) => `p${index}`));
  assert.deepEqual(
    many.slice(0, 2).map(({ provider }) => provider),
    ["p7", "p1"],
  );
});

const all = ["read", "schedule", "attest", "aggregate", "propose", "publish", "prepare", "liveness"];

const network = (network: string, unreadyBecause: string | null, eligible: number) => ({
  network,
  unreadyBecause,
  eligible,
  upstreams: [{}, {}],
});

test("status page: of networks those are first that do not serve, then those that lack somebody", () => {
  const networks = [network("a", null, 2), network("b", null, 1), network("c", "none may serve", 0)];
  const lines = asked<{ text: string }[]>("servingLines(given)", { networks });
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["c does not serve: none may serve", "b serves, with 1 of 2 upstreams", "a serves, with 2 upstreams"],
  );
});

test("status page: what the loss of the biggest provider leaves is a sentence, which does not promise what is not known", () => {
  const line = (change: object) => {
    const domains = [{ domain: "provider:aws", remaining: 700, survives: true }];
    const dimensions = [{ dimension: "provider", worst: "provider:aws", ratio: 1 }];
    return asked<{ text: string; className: string }>("lossLine(given)", {
      network: "a",
      now: { measured: true, demand: 50, domains, dimensions, ...change },
    });
  };
  const lost = (ratio: number) => ({
    domains: [{ domain: "provider:aws", remaining: 0, survives: false }],
    dimensions: [{ dimension: "provider", worst: "provider:aws", ratio }],
  });
  assert.equal(line({}).text, "a goes on without aws: the others bear 700 calls/s, asked are 50.0");
  assert.match(line({ measured: false }).text, /^a without aws: not known/);
  assert.deepEqual(
    [line(lost(0.4)).className, line(lost(0.4)).text],
    ["bad", "a without aws bears only 40% of its load"],
  );
  assert.equal(line(lost(0)).text, "a without aws serves nothing");
  assert.equal(line({ dimensions: [] }).text, "a: no provider to lose");
  const well = {
    measured: true,
    demand: 1,
    domains: [],
    dimensions: [{ dimension: "provider", worst: "provider:aws", ratio: 1 }],
  };
  const networks = ["a", "b", "c"].map((name) => ({ network: name, now: well }));
  const bad = { network: "d", now: { ...well, ...lost(0) } };
  assert.deepEqual(
    asked<{ text: string }[]>("lossLines(given)", [...networks, bad]).map(({ text }) => text),
    ["d without aws serves nothing", "the other 3 networks go on without the provider that each needs most"],
  );
});

test("status page: what is out is grouped by reason, and who is healthy but given nothing is told too", () => {
  const one = (id: string, change: object) => ({
    id,
    provider: "aws",
    eligible: false,
    verdict: "ejected",
    because: "timeout",
    breaker: "closed",
    held: null,
    ...change,
  });
  const held = { verdict: "healthy", held: { because: "throttled" } };
  const upstreams = [one("a", {}), one("b", held), one("c", {}), one("d", { eligible: true, verdict: "healthy" })];
  const lines = asked<{ text: string }[]>("outLines(given)", { networks: [{ network: "n", upstreams }] });
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["a, c ejected: timeout", "b given nothing: throttled"],
  );
});

test("status page: declared and observed hosts are told beside each other", () => {
  const account = { hhi: 5000, top: "aws", topShare: 0.5 };
  const given = { declared: account, observed: { ...account, hhi: 10000, top: "hetzner", topShare: 1 }, seen: 1 };
  assert.match(
    asked("hostingWords(given)", given),
    /^Declared: HHI 5000, most with aws \(50%\)\. Observed: HHI 10000, most with hetzner \(100%\)\. The host of 100%/,
  );
  assert.equal(
    asked("hostingWords(given)", { ...given, seen: 0 }),
    "Declared: HHI 5000, most with aws (50%). The host of no upstream was seen.",
  );
});

test("status page: of the network that one's nodes see it says how many peers those are, and what is known of them", () => {
  const group = (dimension: string, known: number, ...shares: object[]) => ({ dimension, known, shares });
  const us = { entity: "us", share: 0.5 };
  const words = (peers: number, nodes: number, known: number) =>
    asked<string>("peersWords(given)", { peers, nodes, groups: [group("provider", known)] });
  assert.equal(
    words(1_812, 2, 0.45),
    "1812 peers within a day, told of by 2 nodes. Shares are of the 45% of whom it is known who hosts them.",
  );
  assert.equal(words(1, 1, 1), "1 peer within a day, told of by 1 node. Of all it is known who hosts them.");
  assert.match(words(9, 1, 0), /Of none is it known who hosts it\.$/);
  assert.equal(
    asked("peersWords(given)", { peers: 0, nodes: 1, groups: [] }),
    "Your nodes told of no peer at a public address.",
  );
  const countries = (...groups: object[]) => asked("countryWords(given)", { groups });
  assert.equal(countries(group("jurisdiction", 0)), "");
  assert.equal(countries(group("jurisdiction", 0.9, us)), "By country: us 50%, of the 90% of whom it is known.");
  const survey = { source: "S", date: "2022-08", of: "nodes", shares: [{ entity: "aws", share: 0.5, is: "over" }, us] };
  assert.equal(asked("publishedWords(given)", survey), "Published: aws over 50%, us 50% of nodes (S, 2022-08)");
});

test("status page: of what checks of answers found, the newest is first and long requests are cut", () => {
  const record = (minute: number, params: string) => ({
    id: `${minute}`,
    at: `2026-11-21T12:0${minute}:00Z`,
    check: "balance",
    finding: "proved",
    because: "another value is in the state",
    request: { method: "eth_getBalance", params },
  });
  const rows = asked<{ text: string }[]>("evidenceRows(given)", [record(1, "x".repeat(500)), record(2, "[]")]);
  assert.match(rows[0]!.text, /^answer checked by balance, proved: another value.*It was asked eth_getBalance \[\]$/);
  assert.ok(rows[1]!.text.length < 250);
  const vouched = { ...record(3, "[]"), header: { number: 7, by: "light_client" } };
  assert.match(asked<{ text: string }[]>("evidenceRows(given)", [vouched])[0]!.text, /A light client vouches for/);
});

/** A node that is asked for all duties but those of which it is said why not. */
function node(upstream: string, unfit: Record<string, string | null>) {
  const duties = Object.fromEntries(
    all.map((duty) => [duty, { asked: !(duty in unfit), because: unfit[duty] ?? null }]),
  );
  return { upstream, duties, trust: "trusted", memory: { prepared: true, behind: [] } };
}

test("status page: why a node is not asked is told once for all duties that it concerns, and not at length", () => {
  const reasons = (unfit: Record<string, string | null>) => asked("reasonsOf(given)", node("a", unfit));
  assert.equal(reasons({}), "");
  assert.equal(reasons({ propose: "not prepared" }), "propose: not prepared");
  const syncing = Object.fromEntries(["schedule", "attest", "aggregate", "propose"].map((duty) => [duty, "it syncs"]));
  assert.equal(reasons({ ...syncing, read: null }), "read: health keeps it out of service; it syncs");
  assert.equal(reasons({ attest: "a", propose: "b", liveness: "c" }), "attest: a; propose: b; and 1 more");
});

test("status page: what a node was told is a word, which is alarming when it does not know whom to pay", () => {
  const told = (memory: object, trust = "trusted") => asked("toldWords(given)", { trust, memory });
  assert.deepEqual(told({ prepared: true, behind: [] }), ["prepared", "good"]);
  assert.deepEqual(told({ prepared: false, behind: [] }), ["not prepared", "bad"]);
  assert.deepEqual(told({ prepared: true, behind: ["x"] }), ["being told", "warn"]);
  assert.deepEqual(told({ prepared: null, behind: [] }), ["nothing yet", "quiet"]);
  assert.deepEqual(told({ prepared: null, behind: ["x"] }, "publish_only"), ["\u2013", "quiet"]);
});

test("status page: how the fleet stands is a sentence, and of many nodes those are shown that are not asked", () => {
  const fleet = { state: "ready", quorum: { voters: 3, required: 2 }, slot: 9, head: { slot: 5 }, eventClients: 1 };
  assert.equal(
    asked("fleetWords(given)", fleet),
    "duties can be served \u00b7 3 voters, 2 must agree, head at slot 5, 4 behind the clock \u00b7 1 client of events",
  );
  assert.match(asked("fleetWords(given)", { ...fleet, slot: null, state: "unknown" }), /^not known yet . 3 voters/);
  const many = Array.from({ length: 60 }, (_, index) => node(`n${index}`, index === 55 ? { attest: "syncing" } : {}));
  const shown = asked<{ upstream: string }[]>("shownFirst(given)", many);
  assert.deepEqual([shown.length, shown[0]?.upstream], [40, "n55"]);
});

test("status page: what a loss leaves is told as calls only where it is known what the upstreams bear", () => {
  const words = (ratio: number, measured: boolean) =>
    (asked("lossWords(given.ratio, given.measured)", { ratio, measured }) as string[])[2];
  assert.deepEqual(
    [words(0.5, true), words(0.5, false), words(0, false), words(1, true), words(1, false)],
    [
      "50% of what is asked is borne",
      "50% of the upstreams are left",
      "nothing is served",
      "all of what is asked is borne",
      "not known: no capacity is declared or measured",
    ],
  );
});

test("status page: each coordinate of an upstream is told with how it is known, and a client's own words as they are", () => {
  const one = { ...sampleOne, sources: { provider: "verified", asn: "observed" } };
  const facts = Object.fromEntries(asked("upstreamFacts(given, 0)", one) as [string, string][]);
  assert.deepEqual(
    [facts["Provider"], facts["Region"], facts["Network of the host"], facts["Client"]],
    ["hetzner (bare metal), verified", "hetzner/fsn1, declared", "AS 24940, observed", "Raw/v1"],
  );
  assert.deepEqual([facts["CDN in front"], "By its addresses" in facts], ["none known", false]);
  const fronted = asked('upstreamFacts(given, 0, "declared akash, behind cloudflare: its host cannot be seen")', {
    ...one,
    edge: "cloudflare",
    sources: { edge: "observed" },
  }) as [string, string][];
  assert.deepEqual(
    [Object.fromEntries(fronted)["CDN in front"], Object.fromEntries(fronted)["By its addresses"]],
    ["cloudflare, observed", "declared akash, behind cloudflare: its host cannot be seen"],
  );
});

const sampleOne = {
  ...{
    provider: "hetzner",
    kind: "bare_metal",
    region: "hetzner/fsn1",
    asn: 24940,
    jurisdiction: null,
    operator: null,
  },
  ...{ client: null, version: "Raw/v1", head: null, lag: null, finalized: null, latencyMs: null, inFlight: 0 },
  ...{ answers: 0, share: 0, breaker: "closed", held: null, edge: null },
};
