import assert from "node:assert/strict";
import { test } from "node:test";
import type { MethodTraits } from "../core/call.ts";
import { type FanOut, fanOuts } from "../core/duty.ts";
import { compose, type Handler, type Policy, type RoutedPolicy } from "../core/policy.ts";
import { createPolicies } from "./index.ts";
import { dutyCall, Ensemble, publish } from "./legs-rehearsal.ts";
import { answering, type Cue, failing, Rehearsal, sampleAnswer, sampleCall } from "./rehearsal.ts";
import { policiesSchema } from "./schema.ts";
import { Admission } from "./shed.ts";

function policies(stage: Rehearsal, document: unknown = {}): readonly RoutedPolicy[] {
  return createPolicies(policiesSchema.parse(document), {
    clock: stage.clock,
    random: () => 0.5,
    latency: () => 100,
    admission: new Admission(100),
    confirmation: () => undefined,
    pinned: (_call, outcome) => outcome,
  });
}

function serving(traits: Partial<MethodTraits>, document?: unknown): string {
  const call = sampleCall(traits);
  const all = policies(new Rehearsal([answering()]), document);
  return all
    .filter((policy) => policy.serves(call.traits))
    .map(({ name }) => name)
    .join(" ");
}

test("policies: each kind of method gets its own chain, outermost first", () => {
  const off = { coalesce: false, retry: false, hedge: false, shed: false };
  const table: [Partial<MethodTraits>, unknown, string][] = [
    [{}, {}, "shed deadline coalesce retry hedge"],
    [{ access: "write", coalesce: false, hedge: false }, {}, "shed deadline confirm retry rescue"],
    [{ repeat: "never", coalesce: false, hedge: false }, {}, "shed deadline"],
    [{ hedge: false }, {}, "shed deadline coalesce retry rescue"],
    [{ repeat: "undelivered", hedge: false }, {}, "shed deadline coalesce retry"],
    [{}, { hedge: false }, "shed deadline coalesce retry rescue"],
    [{}, off, "deadline"],
    [
      {},
      { deadline: "3s", retry: { attempts: 5, budget: 0.5 }, hedge: { max: "1s" } },
      "shed deadline coalesce retry hedge",
    ],
  ];
  for (const [traits, document, names] of table) assert.equal(serving(traits, document), names);
});

test("policies: options that make no sense are refused", () => {
  for (const document of [{ retry: { attempts: 0 } }, { hedge: { min: "3s" } }, { retry: true }, { timeout: "3s" }]) {
    assert.equal(policiesSchema.safeParse(document).success, false, JSON.stringify(document));
  }
});

test("policies: together they carry a call over silent upstreams and failing ones", async () => {
  const silent = answering("silent", 60_000);
  const table: [cues: readonly Cue[], endedAt: number][] = [
    [[silent, failing("server_error", 20), answering("saved", 20)], 100 + 20 + 20],
    [[failing("server_error", 20), silent, answering("saved", 20)], 20 + 100 + 20],
    [[silent, silent, answering("saved", 20)], 100 + 100 + 20],
  ];
  for (const [cues, endedAt] of table) {
    const stage = new Rehearsal(cues);
    const call = stage.run((next) =>
      compose(
        policies(stage).map(({ policy }) => policy),
        next,
      ),
    );
    await stage.clock.advance(60_000);
    assert.deepEqual(call.outcome, sampleAnswer("saved"));
    assert.equal(call.endedAt, endedAt);
  }
});

test("policies: while the upstreams have too many calls, nothing is hedged and bulk is shed", async () => {
  for (const pressure of [0.5, 1.2]) {
    const stage = new Rehearsal([answering("slow", 5_000)]);
    const all = createPolicies(policiesSchema.parse({}), {
      clock: stage.clock,
      random: () => 0.5,
      latency: () => 100,
      pressure: () => pressure,
      admission: new Admission(100),
      confirmation: undefined,
      pinned: undefined,
    });
    const chain = (next: Handler) =>
      compose(
        all.map(({ policy }) => policy),
        next,
      );
    for (let warmUp = 0; warmUp < 20; warmUp++) {
      stage.run(chain, sampleCall({ priority: 2 }, `warm up ${warmUp}`));
      await stage.clock.advance(100);
    }
    const read = stage.run(chain, sampleCall({ priority: 2 }, "read"));
    const bulk = stage.run(chain, sampleCall({ priority: 3 }, "bulk"));
    await stage.clock.advance(4_000);
    assert.equal(read.context.attempts.length > 1, pressure < 1);
    assert.equal(bulk.outcome?.ok === false && bulk.outcome.kind, pressure < 1 ? false : "overloaded");
  }
});

/** The chain that a validator client's call gets in a network with validators. */
function dutyChain(stage: Ensemble, traits: MethodTraits, admission = new Admission(100)): [names: string, Policy[]] {
  const all = createPolicies(policiesSchema.parse({}), {
    clock: stage.clock,
    random: () => 0.5,
    latency: () => 100,
    pressure: () => 5,
    admission,
    confirmation: undefined,
    pinned: undefined,
    duties: stage.parts,
  });
  const serving = all.filter((policy) => policy.serves(traits));
  return [serving.map(({ name }) => name).join(" "), serving.map(({ policy }) => policy)];
}

test("policies: each kind of duty gets its own chain; what several are asked is not retried, raced or shared", () => {
  const stage = new Ensemble({});
  const traits = { repeat: "always", hedge: true, coalesce: true } as const;
  const single = "coalesce retry hedge";
  for (const fanOut of fanOuts) {
    const [names] = dutyChain(stage, dutyCall(fanOut, traits).traits);
    const middle = fanOut === "one" ? single : fanOut;
    assert.equal(names, `shed duty deadline ${middle} objection recode`);
  }
  const { duty } = dutyCall("one").traits;
  const schedule = dutyCall("one", { ...traits, ...(duty && { duty: { ...duty, duty: "schedule" } }) });
  assert.equal(
    dutyChain(stage, schedule.traits)[0],
    "shed duty deadline coalesce answers retry hedge objection recode",
  );
  assert.equal(dutyChain(stage, publish().traits)[0], "shed duty deadline broadcast objection recode");
  assert.equal(dutyChain(stage, sampleCall().traits)[0], "shed deadline coalesce retry hedge");
});

test("policies: duties are let in when the process and the upstreams are full and all else is refused", async () => {
  const admission = new Admission(100);
  admission.inFlight = 199;
  for (const fanOut of fanOuts) {
    const stage = new Ensemble({ "a-1": answering("1/1"), "b-1": answering("1/1") });
    const call = fanOut === "broadcast" ? publish() : dutyCall(fanOut);
    const play = stage.run(dutyChain(stage, call.traits, admission)[1], call);
    await stage.clock.advance(5_000);
    assert.equal(play.outcome?.ok, fanOut !== "best", `${fanOut} ${play.end}`);
    assert.notEqual(play.end, "overloaded");
  }
});

test("policies: together they bring a duty through dead, slow, lying and SSZ-shy nodes", async () => {
  const table: [FanOut, ConstructorParameters<typeof Ensemble>[0], end: string, by: string | undefined][] = [
    ["one", { a: failing("not_ready", 10), b: answering("lie", 10), c: answering("5", 10) }, "5", "c"],
    ["best", { a: answering("lie", 10), b: answering("4", 10), c: answering("5", 60_000) }, "4", "b"],
    [
      "quorum",
      { a: answering("lie", 1), b: answering("s/h", 10), c: answering("s/h", 20), d: answering("s/h", 9) },
      "s/h",
      "b",
    ],
    ["broadcast", { a: failing("unsupported_encoding", 10), b: answering("ok", 500) }, "ok", "b"],
    ["producer", { a: answering("ok", 60_000), b: answering("ok", 10) }, "ok", "b"],
    ["union", { a: answering("seen", 10), b: answering("unseen", 20) }, "merged seen + unseen", undefined],
  ];
  for (const [fanOut, nodes, end, by] of table) {
    const objection = (_: unknown, { payload }: { payload: Uint8Array }) =>
      `${payload}` === "lie" ? "a lie" : undefined;
    const stage = new Ensemble(nodes, { objection });
    const call = dutyCall(fanOut);
    const play = stage.run(dutyChain(stage, call.traits)[1], call);
    await stage.clock.advance(20_000);
    assert.deepEqual([play.end, play.context.served?.id], [end, by], fanOut);
    assert.deepEqual(stage.bugs, []);
    assert.equal(stage.detached.underWay, 0);
    assert.equal(stage.clock.nextAt(), undefined, "no timer is left");
  }
});
