import assert from "node:assert/strict";
import { test } from "node:test";
import type { MethodTraits } from "../core/call.ts";
import { duties, fanOuts } from "../core/duty.ts";
import { answers, isKeepable } from "./answers.ts";
import { Authors } from "./authors.ts";
import { duty } from "./duty.ts";
import { dutyCall, Ensemble } from "./legs-rehearsal.ts";
import { objection } from "./objection.ts";
import { answering, type sampleAnswer } from "./rehearsal.ts";

test("answers: what the desk keeps is served without asking anybody, and nobody is told to have answered", async () => {
  const authors = new Authors();
  let kept = undefined as ReturnType<typeof sampleAnswer> | undefined;
  const told: (string | undefined)[] = [];
  const stage = new Ensemble(
    { a: answering("duties") },
    {
      cached: () => kept,
      settled(_call, outcome, by) {
        told.push(by?.id);
        if (outcome.ok) kept = outcome;
        return outcome;
      },
    },
  );
  const { desk } = stage.parts;
  const chain = [duty(desk, authors, stage.clock), answers(desk), objection(desk, authors)];
  for (const end of ["duties", "duties"]) {
    const play = stage.run(chain, dutyCall("one"));
    await stage.clock.advance(0);
    assert.equal(play.end, end);
  }
  assert.deepEqual(stage.sent, ["0 a"]);
  assert.deepEqual(told, ["a", undefined]);
});

test("answers: nothing that is signed, published or proves absence is ever kept", () => {
  const keepable: string[] = [];
  for (const fanOut of fanOuts) {
    for (const name of duties) {
      for (const access of ["read", "write", "local"] as const) {
        const traits: MethodTraits = {
          ...dutyCall(fanOut).traits,
          access,
          duty: { duty: name, fanOut, budget: { soft: 1, hard: 1, until: undefined } },
        };
        if (isKeepable(traits)) keepable.push(`${access} ${name} ${fanOut}`);
      }
    }
  }
  assert.deepEqual(keepable, ["read read one", "read schedule one"]);
  const { duty: _, ...plain } = dutyCall("one").traits;
  assert.equal(isKeepable(plain), false);
});
