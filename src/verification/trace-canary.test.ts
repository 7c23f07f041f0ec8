import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../core/call.ts";
import { fault } from "../core/outcome.ts";
import { type Behaviour, type Node, questionOf, type Rehearsal, rehearse, transfer } from "./rehearsal.ts";
import { tryTrace } from "./trace-canary.ts";
import type { Witnesses } from "./witnesses.ts";

const quiet = { newcomers: 1, trusted: 1, budget: 1_000, canaries: 1_000, delay: 100 };

/** A fleet whose first members are said to serve traces, as far as there are behaviours for them, some time later. */
async function later(
  behaviours: readonly Behaviour[],
  change: (scene: Rehearsal) => void = () => {},
): Promise<Rehearsal> {
  const scene = rehearse(4, quiet);
  for (const node of scene.nodes) node.filled = true;
  change(scene);
  for (const [place, behaviour] of behaviours.entries()) {
    Object.assign(scene.nodes[place] as Node, { traces: true, behaviour });
  }
  scene.verification.start();
  await scene.clock.advance(60_000);
  scene.verification.stop();
  return scene;
}

/** How audits of traces ended, by upstream. */
const traced = ({ told }: Rehearsal) =>
  [...new Set(told.filter(({ check }) => check === "trace").map((one) => `${one.upstream} ${one.finding}`))].sort();
const traceless = ({ nodes }: Rehearsal) => nodes.map(({ status }) => status.traceless);
const phases = ({ nodes, phase }: Rehearsal) => nodes.map((node) => phase(node));
const clear = ["clear", "clear", "clear", "clear"];

const honest: Behaviour = (_method, _params, truth) => truth;
const without =
  (name: string, kind: "unsupported" | "missing_data" = "unsupported"): Behaviour =>
  (method, _params, truth) =>
    method.startsWith(name) ? fault(kind, "no") : truth;
const never: Behaviour = (method, _params, truth) => (method.includes("trace") ? fault("unsupported", "no") : truth);
const liar: Behaviour = (method, _params, truth) =>
  method === "debug_traceTransaction" ? { ...(truth as object), to: transfer["from"] } : truth;

test("traces: who is said to serve them is asked for one, and who is not is not", async () => {
  const scene = await later([honest, honest, honest]);
  assert.deepEqual(traced(scene), ["n0 agreed", "n1 agreed", "n2 agreed"]);
  assert.deepEqual([phases(scene), traceless(scene)], [clear, [false, false, false, false]]);
});

test("traces: who keeps few states is asked for one as well, also where the last final block is older than these", async () => {
  for (const finalized of [940, 500]) {
    const scene = await later([honest, honest], ({ nodes, head }) => {
      head.finalized = finalized;
      for (const node of nodes) Object.assign(node, { archive: false });
    });
    assert.deepEqual(traced(scene), ["n0 agreed", "n1 agreed"]);
    assert.deepEqual([phases(scene), traceless(scene)], [clear, [false, false, false, false]]);
  }
});

test("traces: one about a block that is not final yet is a lie when it is", async () => {
  const scene = await later([liar, honest, honest], (fresh) => {
    fresh.head.finalized = 500;
    for (const node of fresh.nodes) Object.assign(node, { archive: false });
    fresh.clock.schedule(50_000, () => {
      assert.equal(fresh.phase(fresh.nodes[0] as Node), "clear");
      // Nothing new is asked from now on.
      fresh.paused = true;
      fresh.head.finalized = 960;
    });
  });
  assert.deepEqual(phases(scene), ["held", "clear", "clear", "clear"]);
});

test("traces: one that does not begin with its transaction is a lie, with the transaction as evidence", async () => {
  const scene = await later([liar, honest, honest]);
  assert.deepEqual(phases(scene), ["held", "clear", "clear", "clear"]);
  const [record] = scene.verification.evidence();
  assert.deepEqual([record?.upstream, record?.check, record?.finding], ["n0", "trace", "proved"]);
  assert.match(record?.because ?? "", /^debug_traceTransaction at block \d+: proven is 0xf39f/);
  assert.match(record?.truth ?? "", /by the transaction's hash$/);
});

test("traces: nodes of other dialects are no liars, nor those that count gas in another way", async () => {
  const other: Behaviour = (method, _params, truth) =>
    method === "debug_traceTransaction" ? { ...(truth as object), gasUsed: "0x1", calls: [] } : truth;
  const scene = await later([without("debug_"), without("debug_"), without("trace_"), other]);
  assert.deepEqual(traced(scene), ["n0 agreed", "n1 agreed", "n2 agreed", "n3 agreed"]);
  assert.deepEqual([phases(scene), traceless(scene)], [clear, [false, false, false, false]]);
});

test("traces: one that calls a transaction failed which others do not is watched closer, and no more", async () => {
  const reverted: Behaviour = (method, _params, truth) =>
    method === "debug_traceTransaction" ? { ...(truth as object), error: "Reverted" } : truth;
  const scene = await later([reverted, honest, honest]);
  assert.ok(traced(scene).includes("n0 undecided"));
  assert.ok(!traced(scene).some((one) => /proved|outvoted/.test(one)));
  assert.deepEqual(phases(scene), clear);
});

test("traces: who says three times that it has none is not taken to have them, and never for a liar", async () => {
  for (const none of [never, without("", "missing_data"), (() => null) as Behaviour]) {
    const poor: Behaviour = (method, params, truth, random) =>
      method.includes("trace") ? none(method, params, truth, random) : truth;
    const scene = await later([poor, honest, honest]);
    assert.deepEqual(traceless(scene), [true, false, false, false]);
    assert.deepEqual([phases(scene), (scene.nodes[0] as Node).status.trusted], [clear, 1]);
    assert.deepEqual(
      scene.verification.upstreams().map((one) => one.traceless),
      [true, false, false, false],
    );
    Object.assign(scene.nodes[0] as Node, { behaviour: honest });
    scene.verification.start();
    await scene.clock.advance(60_000);
    scene.verification.stop();
    assert.deepEqual(traceless(scene), [false, false, false, false]);
  }
});

test("traces: who fails to answer, or does not know a transaction that another made up, loses nothing", async () => {
  const [hash = ""] = [transfer["hash"]];
  const table: [behaviour: Behaviour, hash: string, has: boolean | undefined][] = [
    [honest, hash, true],
    [never, hash, false],
    [(method) => (method.includes("trace") ? fault("timeout", "slow") : fault("unreachable", "gone")), hash, undefined],
    [(method, _params, truth) => (method.includes("trace") ? null : truth), `0x${"1".repeat(64)}`, undefined],
    [(method, _params, truth) => (method.includes("trace") ? "0".repeat(5_000_000) : truth), hash, undefined],
  ];
  for (const [behaviour, asked, has] of table) {
    const { nodes } = rehearse(1);
    const [node] = nodes as [Node];
    node.behaviour = behaviour;
    const ask = async (_: unknown, call: Call) => {
      const outcome = node.answer(call);
      return outcome.ok ? { text: Buffer.from(outcome.payload).toString() } : undefined;
    };
    const witnesses = { question: questionOf, ask, outcome: (_: unknown, call: Call) => node.send(call) };
    const auditor = { check: () => Promise.resolve("agreed" as const) };
    const parts = { auditor, witnesses: witnesses as unknown as Witnesses, finalized: () => 900 };
    assert.equal(await tryTrace(parts, node, { hash: asked, height: 800 }), has);
  }
});

test("traces: of those who alone serve them the honest are found right, and others are not convicted", async () => {
  const right = await later([honest]);
  assert.deepEqual([traced(right), phases(right)], [["n0 agreed"], clear]);
  const wrong = await later([liar]);
  assert.deepEqual([traced(wrong), phases(wrong)], [["n0 undecided"], clear]);
  assert.match(
    wrong.told.find(({ check }) => check === "trace")?.because ?? "",
    /nobody else answers, and what it says is not 0xf39f/,
  );
});

test("traces: on a chain whose traces begin otherwise nobody is a liar", async () => {
  const booted =
    (from: string): Behaviour =>
    (method, _params, truth) =>
      method === "debug_traceTransaction" ? { ...(truth as object), from, input: "0x" } : truth;
  const scene = await later([booted(`0x${"0".repeat(40)}`), booted(`0x${"0".repeat(39)}1`)]);
  assert.deepEqual([traced(scene), phases(scene)], [["n0 undecided", "n1 undecided"], clear]);
});

test("traces: on such a chain one that makes them begin with their transactions has nobody condemned", async () => {
  const booted: Behaviour = (method, _params, truth) =>
    method === "debug_traceTransaction" ? { ...(truth as object), from: `0x${"0".repeat(40)}`, input: "0x" } : truth;
  for (const behaviours of [
    [booted, honest],
    [booted, booted, booted, honest],
  ]) {
    const scene = await later(behaviours);
    assert.ok(traced(scene).includes("n0 undecided"));
    assert.deepEqual(phases(scene), clear);
  }
});

test("traces: nobody is put questions with what another made up in place of an address or a hash", async () => {
  const asked: unknown[] = [];
  const inventive: Behaviour = (method, _params, truth) =>
    method === "eth_getBlockByNumber"
      ? { ...(truth as object), miner: "x".repeat(100_000), transactions: ["y".repeat(100_000)] }
      : truth;
  const curious: Behaviour = (method, params, truth) => {
    if (/Balance|Receipt|trace/.test(method)) asked.push(params[0]);
    return truth;
  };
  await later([curious, inventive, inventive, inventive]);
  assert.ok(!asked.some((one) => String(one).length > 66), "an honest node would be asked for what it must refuse");
});

test("traces: who lacks the state of a transaction that is older than another says still counts as serving them", async () => {
  const dated: Behaviour = (method, _params, truth) =>
    method === "eth_getTransactionReceipt" ? { ...(truth as object), blockNumber: "0x5" } : truth;
  const pruned: Behaviour = (method, params, truth, random) =>
    method.includes("trace") ? fault("missing_data", "pruned") : dated(method, params, truth, random);
  const scene = await later([pruned, dated, dated, dated]);
  assert.deepEqual([phases(scene), traceless(scene)], [clear, [false, false, false, false]]);
});
