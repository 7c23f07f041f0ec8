import assert from "node:assert/strict";
import { test } from "node:test";
import { CallContext } from "../core/context.ts";
import { fault } from "../core/outcome.ts";
import type { Upstream } from "../core/upstream.ts";
import { Cancellation } from "../lib/cancellation.ts";
import { repeat } from "../lib/clock.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createRecorder } from "../observe/record.ts";
import { sampleAnswer, sampleAttempt, sampleCall, sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { createAdmin } from "../server/admin.ts";
import type { Runtime } from "../server/runtime.ts";
import { sampleDomain, sampleFailover } from "../server/sample-failover.ts";
import { sampleRuntime } from "../server/sample-runtime.ts";
import type { AdminClient } from "./admin-client.ts";
import { runDrill } from "./drill.ts";

const east = { provider: "aws", region: "aws/us-east-1" };
const aws = [sampleUpstream("aws-1", east), sampleUpstream("aws-2", east)];
const hetzner = [sampleUpstream("h1", { provider: "hetzner" }), sampleUpstream("h2", { provider: "hetzner" })];
const upstreams = [...aws, ...hetzner];
const region = "region:aws/us-east-1";

/** What a client feels of one call in a hundred, by the share of its traffic that the region has given up. */
interface Feels {
  readonly unserved: number;
  readonly slow: number;
}

interface World {
  readonly clock: ManualClock;
  readonly failover: ReturnType<typeof sampleFailover>;
  readonly runtime: Runtime;
  /** Ends the drill as a signal would. */
  stop(): void;
  /** Nobody answers any more. */
  die(): void;
}

interface Given {
  readonly args?: readonly string[];
  readonly callsPerSecond?: number;
  readonly feels?: (moved: number) => Partial<Feels>;
  /** Does traffic follow orders? */
  readonly obeys?: boolean;
  /** `null` for none. */
  readonly token?: string | null;
  readonly runtime?: Partial<Runtime>;
  /** Runs before each request of the drill. */
  readonly before?: (method: string, world: World) => void;
  /** Runs after so many milliseconds. */
  readonly at?: Readonly<Record<number, (world: World) => void>>;
}

/**
 * A drill against a proxy in virtual time, half of whose calls go to AWS us-east-1 unless orders say otherwise. Gives
 * what it printed, its exit code, what it asked, and the shares that the region had, each time that they changed.
 */
async function drill(given: Given = {}) {
  const { args = [], callsPerSecond = 200, feels = () => ({}), obeys = true, token = "t0ken", at = {} } = given;
  const clock = new ManualClock();
  const recorder = createRecorder();
  const failover = sampleFailover(clock, upstreams);
  const runtime = sampleRuntime(upstreams, { clock, recorder, failover, ...given.runtime });
  const app = createAdmin({ runtime, token: "t0ken", host: "127.0.0.1", log: { error: () => {} } });
  const ending = new AbortController();
  let alive = true;
  const world: World = { clock, failover, runtime, stop: () => ending.abort(), die: () => (alive = false) };

  const shares: number[] = [];
  const allowed = () => failover.orders().find(({ target }) => target === region)?.share ?? 1;
  let count = 0;
  const traffic = repeat(
    clock,
    () => 100,
    () => {
      const share = allowed();
      if (shares.at(-1) !== share) shares.push(share);
      for (let call = 0; call < callsPerSecond / 10; call++) {
        count++;
        const { unserved = 0, slow = 0 }: Partial<Feels> = feels(1 - share);
        const toAws = count % 100 < 50 * (obeys ? share : 1);
        answer(toAws ? aws : hetzner, count % 100 < unserved, (count + 50) % 100 < slow ? 900 : 30);
      }
    },
  );
  const answer = ([upstream]: readonly Upstream[], unserved: boolean, ms: number): void => {
    const outcome = unserved ? fault("timeout", "late") : sampleAnswer;
    const attempt = sampleAttempt(upstream as Upstream, outcome, "primary", clock.now(), ms);
    recorder.attempted(sampleCall, attempt);
    recorder.answered(sampleCall, outcome, new CallContext(new Cancellation(), 0, [attempt]), ms);
  };
  for (const [ms, happen] of Object.entries(at)) clock.schedule(Number(ms), () => happen(world));

  let asking = 0;
  const asked: string[] = [];
  const client = (_: URL, presented: string | undefined): AdminClient => ({
    async ask(method, url, body) {
      if (!alive) return { problem: "nobody answers" };
      asking++;
      asked.push(`${method} ${url}`);
      given.before?.(method, world);
      const headers = presented === undefined ? {} : { authorization: `Bearer ${presented}` };
      const reply = await app.inject({ method, url, headers, ...(body && { payload: JSON.stringify(body) }) });
      asking--;
      return { status: reply.statusCode, body: reply.json() };
    },
  });
  let out = "";
  let err = "";
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    env: token === null ? {} : { BREAKWATER_ADMIN_TOKEN: token, USER: "ann" },
    signal: ending.signal,
  };
  let code: number | undefined;
  const running = runDrill(["--domain", region, "--for", "60s", ...args], io, { clock, client }).then(
    (ended) => (code = ended),
  );
  while (code === undefined && clock.now() < 600_000) {
    do await new Promise((resolve) => setImmediate(resolve));
    while (asking > 0);
    if (code === undefined) await clock.advance((clock.nextAt() ?? clock.now()) - clock.now());
  }
  const tookMs = clock.now();
  await running;
  await clock.advance(100);
  traffic.cancel();
  return { code, out, err, shares, tookMs, asked, ...world };
}

test("drill: a domain is drained in steps and given back, and what was felt is told beside what was predicted", async () => {
  const { code, out, err, shares, tookMs, failover } = await drill({
    feels: (moved) => ({ slow: moved < 1 ? 0 : 0.5 }),
  });
  assert.equal(code, 0);
  assert.deepEqual(shares, [1, 0.9, 0.75, 0.5, 0, 1]);
  assert.equal(tookMs, 70_000);
  assert.deepEqual(failover.orders(), []);
  assert.match(err, /looking on for 10s/);
  assert.match(err, /50 % of the traffic of region:aws\/us-east-1 moves away, for 10s\n/);
  assert.match(out, /^region:aws\/us-east-1: survived\n/);
  assert.match(out, /ethereum, 100 % of its traffic moved away for 30s/);
  assert.match(out, /calls a second +200\.0 +200\.0\n +served +100 % +100 %\n/);
  assert.match(out, /answered by it +50 % +0 %\n/);
  assert.match(
    out,
    /survivability: measured 100 %, predicted 100 % for the loss of all of it \(the others bear [\d.]+ times/,
  );
});

test("drill: its order lasts half a minute, names who gave it, and is renewed while the drill goes on", async () => {
  const left: number[] = [];
  const by = new Set<string>();
  const look = ({ failover, clock }: World) => {
    for (const order of failover.orders()) {
      left.push(order.until - clock.now());
      by.add(order.by);
    }
  };
  const at = Object.fromEntries(Array.from({ length: 118 }, (_, second) => [11_500 + 1_000 * second, look]));
  await drill({ args: ["--for", "120s"], at });
  assert.ok(left.length > 100);
  assert.ok(Math.max(...left) <= 30_000 && Math.min(...left) >= 19_000, `${Math.min(...left)}`);
  assert.deepEqual([...by], ["breakwater drill of ann"]);
});

test("drill: it ends as soon as more calls go unserved than the objective allows the whole of it", async () => {
  const { code, out, shares, tookMs, failover } = await drill({
    feels: (moved) => ({ unserved: moved >= 0.5 ? 2 : 0 }),
  });
  assert.equal(code, 1);
  assert.match(
    out,
    /^region:aws\/us-east-1: aborted: ethereum: 16 of \d+ calls were not served \(99\.\d+ % were; the objective is 99\.9 %\)/,
  );
  assert.deepEqual(shares, [1, 0.9, 0.75, 0.5, 1], "it never came to the last step, and gave the traffic back");
  // 12 of 12,000 calls may fail; at 4 a second from 30 s on, the 13th is seen within 4 s.
  assert.equal(tookMs, 34_000);
  assert.deepEqual(failover.orders(), []);
});

test("drill: it ends as soon as more calls are slow than a p99 allows", async () => {
  const { code, out, shares } = await drill({ feels: (moved) => ({ slow: moved >= 1 ? 20 : 0 }) });
  assert.equal(code, 1);
  assert.match(out, /aborted: ethereum: \d+ of \d+ calls took longer than 500 ms \(p99 \d+ ms\)/);
  assert.deepEqual(shares, [1, 0.9, 0.75, 0.5, 0, 1]);
  const patient = await drill({ args: ["--slo-p99", "1s"], feels: (moved) => ({ slow: moved >= 1 ? 20 : 0 }) });
  assert.equal(patient.code, 0);
});

test("drill: only so much is moved as was allowed", async () => {
  const { code, out, shares } = await drill({ args: ["--max-share", "30%"] });
  assert.equal(code, 0);
  assert.deepEqual(shares, [1, 0.9, 0.75, 0.7, 1]);
  assert.match(out, /30 % of its traffic moved away/);
});

test("drill: a signal gives the traffic back", async () => {
  const { code, out, shares, tookMs, failover } = await drill({ at: { 25300: ({ stop }) => stop() } });
  assert.equal(code, 1);
  assert.equal(tookMs, 25_300);
  assert.match(out, /^region:aws\/us-east-1: stopped: it was stopped/);
  assert.deepEqual(shares, [1, 0.9, 0.75, 1]);
  assert.deepEqual(failover.orders(), []);
});

test("drill: a signal before anything is moved moves nothing", async () => {
  const { code, out, asked } = await drill({ at: { 5000: ({ stop }) => stop() } });
  assert.equal(code, 1);
  assert.match(out, /stopped before anything was moved/);
  assert.deepEqual(asked, ["GET /api/status"]);
});

test("drill: an order that is gone when it shall be lifted is no trouble", async () => {
  const before = (method: string, { failover }: World) => method === "DELETE" && failover.lift(region, "bob");
  const { code, out, err, tookMs } = await drill({ before });
  assert.deepEqual([code, tookMs], [0, 70_000]);
  assert.doesNotMatch(out + err, /in force|could not be lifted/);
});

test("drill: when the proxy no longer answers it gives up, and says how long its order lasts", async () => {
  const { code, out, err, failover, clock, tookMs } = await drill({ at: { 25500: ({ die }) => die() } });
  assert.equal(code, 1);
  assert.match(out, /aborted: nobody answers\n\nThe order is still in force; it ends by itself within half a minute/);
  assert.match(err, /could not be lifted \(nobody answers\); it ends by itself within 30s/);
  assert.equal(tookMs, 32_000, "three looks, and five tries to lift");
  assert.equal(failover.orders().length, 1);
  await clock.advance(30_000);
  assert.deepEqual(failover.orders(), []);
});

const intervening: [what: string, happen: (world: World) => void, because: RegExp, orders: number][] = [
  ["the order is lifted", ({ failover }) => failover.lift(region, "bob"), /somebody lifted or replaced the order/, 0],
  [
    "the order is replaced",
    ({ failover }) => failover.order({ target: region, what: "force", share: 1, forMs: 600_000, by: "bob" }),
    /somebody lifted or replaced the order/,
    1,
  ],
  [
    "another domain fails",
    ({ failover }) => failover.told.domains.push(sampleDomain("provider:ovh", [], { phase: "open" })),
    /provider:ovh went out of service by itself/,
    0,
  ],
  [
    "the proxy is cut off",
    ({ failover }) => (failover.told.impaired = "all is silent"),
    /this process seems to be cut off: all is silent/,
    0,
  ],
  [
    "the proxy is started anew",
    ({ runtime }) => Object.assign(runtime, { startedAt: runtime.startedAt + 20_000 }),
    /the proxy was started anew/,
    0,
  ],
  [
    "a network cannot be served",
    ({ runtime }) => Object.assign(runtime.networks[0] as object, { eligible: () => false }),
    /ethereum is not served any more: none of 4 upstreams may serve/,
    0,
  ],
];

for (const [what, happen, because, orders] of intervening) {
  test(`drill: when ${what} it ends, and touches no order but its own`, async () => {
    const { code, out, tookMs, failover } = await drill({ at: { 25500: happen } });
    assert.equal(code, 1);
    assert.match(out, because);
    assert.equal(tookMs, 26_000);
    assert.equal(failover.orders().length, orders);
  });
}

test("drill: a domain that is only watched does not end it", async () => {
  const watched = ({ failover }: World) =>
    void failover.told.domains.push(sampleDomain("provider:ovh", [], { phase: "watch" }));
  assert.equal((await drill({ at: { 25500: watched } })).code, 0);
});

const unfit: [what: string, given: Given, because: RegExp][] = [
  ["nobody calls", { callsPerSecond: 0 }, /no call came within 10s/],
  [
    "the objective is not met anyway",
    { feels: () => ({ unserved: 1 }) },
    /not met even now: ethereum: 20 of 2000 calls/,
  ],
  [
    "somebody ordered something for the domain",
    {
      at: {
        0: ({ failover }) => failover.order({ target: region, what: "drain", share: 1, forMs: 60_000, by: "bob" }),
      },
    },
    /there is an order for region:aws\/us-east-1 already, by bob/,
  ],
  [
    "a domain is out",
    {
      at: { 0: ({ failover }) => failover.told.domains.push(sampleDomain("provider:ovh", [], { phase: "half_open" })) },
    },
    /provider:ovh is not in full service \(half open\)/,
  ],
  ["the token is wrong", { token: "guess" }, /the order was refused with 401: send authorization/],
  ["there is no token", { token: null }, /the order was refused with 401/],
  ["nobody answers", { at: { 0: ({ die }) => die() } }, /nobody answers/],
];

for (const [what, given, because] of unfit) {
  test(`drill: nothing is moved when ${what}`, async () => {
    const { code, out, shares } = await drill(given);
    assert.equal(code, 1);
    assert.match(out, because);
    assert.doesNotMatch(out, /still in force/);
    assert.ok(shares.every((share) => share === 1));
  });
}

test("drill: the last ones that serve a network are drained only when that is confirmed, or in part", async () => {
  const runtime = { networks: [{ ...sampleNetwork(aws), protocol: "evm", isDefault: true }] };
  const { code, out, shares } = await drill({ runtime });
  assert.equal(code, 1);
  assert.match(out, /refused: nobody else may serve ethereum now; --confirm drains it nonetheless/);
  assert.ok(shares.every((share) => share === 1));
  assert.deepEqual((await drill({ runtime, args: ["--max-share", "50%"] })).shares, [1, 0.9, 0.75, 0.5, 1]);
  const confirmed = await drill({ runtime, args: ["--confirm"], obeys: false });
  assert.deepEqual(confirmed.shares, [1, 0.9, 0.75, 0.5, 0, 1]);
});

test("drill: one call in ten seconds that failed beforehand proves nothing", async () => {
  const failing = async (calls: number) => {
    let left = calls;
    const { code } = await drill({ callsPerSecond: 10, feels: () => ({ unserved: left-- > 0 ? 100 : 0 }) });
    return code;
  };
  assert.equal(await failing(1), 0);
  assert.equal(await failing(2), 1);
});

test("drill: a domain whose traffic does not move was not drained, and not survived", async () => {
  const { code, out } = await drill({ obeys: false });
  assert.equal(code, 1);
  assert.match(
    out,
    /aborted: ethereum: region:aws\/us-east-1 still gave 50 % of the answers: its traffic did not move/,
  );
});

test("drill: networks that nobody calls are left out, and those that have no part in the domain", async () => {
  const network = (name: string, members: readonly Upstream[]) => {
    const sample = sampleNetwork(members);
    return { ...sample, view: { ...sample.view, network: name }, protocol: "evm", isDefault: name === "ethereum" };
  };
  const networks = [network("ethereum", upstreams), network("gnosis", aws), network("base", hetzner)];
  const { code, out, err } = await drill({ args: ["--json", "--confirm"], runtime: { networks } });
  assert.doesNotMatch(err, /gnosis|base/);
  const report = JSON.parse(out);
  assert.equal(code, 0);
  assert.deepEqual(
    report.networks.map((one: { network: string }) => one.network),
    ["ethereum"],
  );
});

test("drill: programs are told the same as people", async () => {
  const { out } = await drill({ args: ["--json"] });
  const { networks, ...report } = JSON.parse(out);
  assert.deepEqual(report, {
    target: region,
    objective: { availability: 0.999, p99Ms: 500 },
    outcome: "survived",
    because: null,
    restored: true,
  });
  const [{ before, steps, whole, predicted }] = networks;
  assert.deepEqual(before, { seconds: 10, calls: 2_000, unserved: 0, availability: 1, p99Ms: 49.75, share: 0.5 });
  assert.deepEqual(
    steps.map(({ moved, seconds, share }: Record<string, number>) => [moved, seconds, share]),
    [
      [0.1, 10, 0.45],
      [0.25, 10, 0.38],
      [0.5, 10, 0.25],
      [1, 30, 0],
    ],
  );
  assert.deepEqual([whole.seconds, whole.calls], [60, 12_000]);
  assert.equal(predicted.ratio, 1);
});

test("drill: a domain that does not exist is not understood, and the nearest one is offered", async () => {
  const { code, err, shares } = await drill({ args: ["--domain", "region:aws/us-east-2"] });
  assert.equal(code, 2);
  assert.match(err, /no upstream belongs to region:aws\/us-east-2; did you mean region:aws\/us-east-1\?/);
  assert.ok(shares.every((share) => share === 1));
});

test("drill: a domain of two labels is drained where both are", async () => {
  const target = "provider:aws & region:aws/us-east-1";
  const both = ({ failover }: World) => void failover.told.domains.push(sampleDomain(target, aws));
  const { out } = await drill({ args: ["--domain", target], obeys: false, at: { 0: both } });
  assert.match(out, /provider:aws & region:aws\/us-east-1 still gave 50 % of the answers/);
  assert.match(out, /survivability: measured 100 %, not predicted/);
});

const misunderstood: [args: string[], problem: RegExp][] = [
  [["--for", "5s"], /--for must be a duration between 10s and 24h/],
  [["--for", "soon"], /--for must be/],
  [["--max-share", "0%"], /--max-share must be a share such as 50%/],
  [["--max-share", "0.5"], /--max-share must be/],
  [["--slo-availability", "101%"], /--slo-availability must be/],
  [["--slo-p99", "500"], /--slo-p99 must be a duration/],
  [["--admin", "localhost:9545"], /--admin must be a URL/],
  [["--domian", "x"], /did you mean --domain\?/],
  [["now"], /does not know what to do with now/],
];

for (const [args, problem] of misunderstood) {
  test(`drill: ${args.join(" ")} is not understood`, async () => {
    const { code, err, tookMs } = await drill({ args });
    assert.equal(code, 2);
    assert.match(err, problem);
    assert.equal(tookMs, 0);
  });
}
