import assert from "node:assert/strict";
import { test } from "node:test";
import type { Vote } from "../core/duty.ts";
import { seededRandom } from "../lib/random.ts";
import { type Ballot, type Result, type Said, type Stage, tally } from "./tally.ts";

/** `voter:base/choice/weight`, `voter:?` while it waits, `voter:-` absent, `voter:!` unusable; separated by blanks. */
function ballots(text: string): Ballot[] {
  const marks: Readonly<Record<string, Said>> = { "?": "waiting", "-": "absent", "!": "unusable" };
  return text.split(" ").map((one) => {
    const [voter = "", said = ""] = one.split(":");
    const [base = "", choice = "", weight = "0"] = said.split("/");
    return { voter, said: marks[said] ?? { base, choice, weight: Number(weight) } };
  });
}

function told(result: Result): string {
  return typeof result === "string" ? result : `${result.base}/${result.choice}`;
}

const tables: Readonly<Record<string, readonly [ballots: string, least: number, ...results: [Stage, string][]][]>> = {
  "what is signed is what more than half of the different softwares say": [
    ["a:x/h b:x/h c:y/h", 1, ["early", "x/h"], ["late", "x/h"], ["last", "x/h"]],
    ["a:x/h b:y/h", 1, ["early", "none"], ["late", "none"], ["last", "none"]],
    ["a:x/h b:y/h c:z/h", 1, ["early", "none"]],
    ["a:x/h b:x/h c:y/h d:y/h", 1, ["last", "none"]],
    ["a:x/h", 1, ["early", "x/h"]],
  ],
  "four nodes of one software have one vote against two others": [
    ["a:x/h a:x/h a:x/h a:x/h b:y/h c:y/h", 1, ["early", "y/h"]],
    ["a:x/h a:x/h a:x/h a:x/h b:y/h", 1, ["early", "none"]],
  ],
  "the nodes of one software settle among themselves what it says, a tie by the newer head": [
    ["a:x/h a:x/h a:y/h", 1, ["early", "x/h"]],
    ["a:x/h/5 a:y/h/6", 1, ["early", "y/h"]],
    ["a:x/h/5 a:x/g/6", 1, ["early", "x/g"]],
    ["a:x/h a:x/g a:y/f/9", 1, ["early", "x/h"]],
  ],
  "of the same source and target with two heads the commoner head is taken, then the newer": [
    ["a:x/h b:x/h c:x/g/9", 1, ["early", "x/h"]],
    ["a:x/h/5 b:x/g/6", 1, ["early", "x/g"]],
    ["a:x/h b:x/g c:y/g", 1, ["early", "x/h"]],
  ],
  "a slow node is not waited for when it can change nothing": [
    ["a:x/h b:x/h c:?", 1, ["early", "x/h"]],
    ["a:x/h b:x/h/9 c:? d:?", 1, ["early", "open"], ["late", "open"], ["last", "x/h"]],
    ["a:x/h b:x/h c:x/h d:? e:?", 1, ["early", "x/h"]],
    ["a:x/h a:x/h a:?", 1, ["early", "x/h"]],
  ],
  "a slow node that could change something is waited for until the soft time, if more than half agree without it": [
    ["a:x/h b:x/g/9 c:?", 1, ["early", "open"], ["late", "x/g"]],
    ["a:x/h a:?", 1, ["early", "open"], ["late", "x/h"]],
    ["a:x/h b:x/h c:x/g/9 d:?", 1, ["early", "open"], ["late", "x/h"]],
    ["a:x/h b:? c:?", 1, ["early", "open"], ["late", "open"], ["last", "x/h"]],
    ["a:x/h b:y/h c:?", 1, ["early", "open"], ["late", "open"], ["last", "none"]],
  ],
  "a node that is dead, or does not know, is no vote against the others": [
    ["a:x/h b:- c:-", 1, ["early", "x/h"]],
    ["a:x/h b:y/h c:-", 1, ["early", "none"]],
    ["a:x/h a:- b:y/h b:y/h c:y/h", 1, ["early", "y/h"]],
    ["a:- b:-", 1, ["early", "none"], ["last", "none"]],
  ],
  "as many different softwares agree as the operator asks for, or nothing is signed": [
    ["a:x/h b:- c:-", 2, ["early", "none"]],
    ["a:x/h b:? c:-", 2, ["early", "open"], ["last", "none"]],
    ["a:x/h b:x/h c:-", 2, ["early", "x/h"]],
    ["a:x/h a:x/h a:x/h", 2, ["early", "none"]],
    ["a:? b:?", 3, ["early", "none"]],
  ],
  "one whose answers must not be used is there and agrees with nobody": [
    ["a:x/h b:!", 1, ["early", "none"]],
    ["a:x/h b:x/h c:!", 1, ["early", "x/h"]],
    ["a:x/h b:! b:x/h", 1, ["early", "x/h"]],
    ["a:x/h b:! b:?", 1, ["early", "open"], ["last", "none"]],
  ],
};

for (const [name, rows] of Object.entries(tables)) {
  test(`tally: ${name}`, () => {
    for (const [text, least, ...results] of rows) {
      for (const [stage, expected] of results) {
        assert.equal(told(tally(ballots(text), least, stage)), expected, `${text}, ${least}, ${stage}`);
      }
    }
  });
}

test("tally: what stands before all have answered stands whatever the others say", () => {
  const random = seededRandom(4);
  const any = (count: number): number => Math.floor(random() * count);
  // A head has one slot, whoever tells of it.
  const vote = (): Vote => {
    const weight = any(3);
    return { base: "xy"[any(2)] as string, choice: "fgh"[weight] as string, weight };
  };
  const word = (): Said => (["absent", "unusable", vote(), vote(), vote()] as const)[any(5)] as Said;
  let decided = 0;
  for (let round = 0; round < 20_000; round++) {
    const least = 1 + any(3);
    const before = Array.from({ length: 1 + any(6) }, (): Ballot => {
      return { voter: "abcd"[any(4)] as string, said: any(3) === 0 ? "waiting" : word() };
    });
    const early = tally(before, least, "early");
    if (early === "open") continue;
    decided++;
    const after = before.map(({ voter, said }) => ({ voter, said: said === "waiting" ? word() : said }));
    const last = tally(after, least, "last");
    assert.equal(told(last), told(early), JSON.stringify({ before, after, least }));
  }
  assert.ok(decided > 5_000, `${decided}`);
});

test("tally: whatever is signed at last has more than half of those present, and as many as asked for", () => {
  const random = seededRandom(5);
  const any = (count: number): number => Math.floor(random() * count);
  for (let round = 0; round < 5_000; round++) {
    const least = 1 + any(3);
    // One node a voter, so that the naive count is plain.
    const said = Array.from({ length: 1 + any(6) }, (): Said => {
      if (any(4) === 0) return (["waiting", "absent", "unusable"] as const)[any(3)] as Said;
      return { base: "xyz"[any(3)] as string, choice: "h", weight: 0 };
    });
    const result = tally(
      said.map((one, index) => ({ voter: `${index}`, said: one })),
      least,
      "last",
    );
    const present = said.filter((one) => one !== "waiting" && one !== "absent").length;
    const winner = ["x", "y", "z"].find((base) => {
      const count = said.filter((one) => typeof one !== "string" && one.base === base).length;
      return count > present / 2 && count >= least;
    });
    assert.equal(told(result), winner === undefined ? "none" : `${winner}/h`);
  }
});
