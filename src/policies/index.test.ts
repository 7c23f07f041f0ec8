import assert from "node:assert/strict";
import { test } from "node:test";
import type { MethodTraits } from "../core/call.ts";
import { compose, type Handler, type RoutedPolicy } from "../core/policy.ts";
import { createPolicies } from "./index.ts";
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
