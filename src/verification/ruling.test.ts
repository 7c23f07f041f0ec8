import assert from "node:assert/strict";
import { test } from "node:test";
import type { Upstream } from "../core/upstream.ts";
import { seededRandom } from "../lib/random.ts";
import { Node } from "./rehearsal.ts";
import { type Ruling, ruling, type Vote } from "./ruling.ts";
import { SameBackend } from "./same-backend.ts";

const random = seededRandom(1);

/** Votes as `who@provider/client=says`. */
function votes(...texts: readonly string[]): Vote[] {
  return texts.map((text) => {
    const [, id, provider, client, says] = /^(\w+)@(\w+)(?:\/(\w+))?=(\w+)$/.exec(text) as unknown as [
      string,
      string,
      string,
      string | undefined,
      string,
    ];
    return { voter: new Node(id, provider, random, client), says };
  });
}

function shown(found: Ruling): string {
  return found.kind === "blamed" ? `${found.voter.id} by ${found.by.map(({ id }) => id).join(" ")}` : found.kind;
}

test("ruling: only who stands alone against two independent ones is blamed", () => {
  const { independent } = new SameBackend();
  const table: [name: string, votes: Vote[], expected: string][] = [
    ["all agree", votes("a@x=1", "b@y=1"), "agreed"],
    ["one against two", votes("a@x=1", "b@y=2", "c@z=2"), "a by b c"],
    ["one against three", votes("a@x=1", "b@y=2", "c@z=2", "d@w=2"), "a by b c d"],
    ["one against one", votes("a@x=1", "b@y=2"), "undecided"],
    ["one against two of one house", votes("a@x=1", "b@y=2", "c@y=2"), "undecided"],
    ["one against its own neighbour and another", votes("a@x=1", "b@x=2", "c@z=2"), "undecided"],
    ["one against its own neighbour and two others", votes("a@x=1", "b@x=2", "c@z=2", "d@w=2"), "a by c d"],
    ["two against three", votes("a@x=1", "b@y=1", "c@z=2", "d@w=2", "e@v=2"), "undecided"],
    ["two of one house against two", votes("a@x=1", "b@x=1", "c@z=2", "d@w=2"), "undecided"],
    ["three answers", votes("a@x=1", "b@y=2", "c@z=3"), "undecided"],
    ["the last one is alone", votes("b@y=2", "c@z=2", "a@x=1"), "a by b c"],
  ];
  for (const [name, cast, expected] of table) assert.equal(shown(ruling(cast, independent, false)), expected, name);
});

test("ruling: where clients differ honestly, those who blame run the same client or several others", () => {
  const { independent } = new SameBackend();
  const table: [votes: Vote[], expected: string][] = [
    [votes("a@x/besu=1", "b@y/geth=2", "c@z/geth=2"), "undecided"],
    [votes("a@x/besu=1", "b@y/geth=2", "c@z/reth=2"), "a by b c"],
    [votes("a@x/geth=1", "b@y/geth=2", "c@z/geth=2"), "a by b c"],
    [votes("a@x=1", "b@y/geth=2", "c@z/geth=2"), "a by b c"],
  ];
  for (const [cast, expected] of table) assert.equal(shown(ruling(cast, independent, true)), expected);
});

test("same backend: names of one node have one vote, whoever resells it, until they are found apart", () => {
  const backends = new SameBackend();
  const cast = votes("a@x=1", "b@y=2", "c@z=2", "d@w=2");
  const [, b, c, d] = cast.map(({ voter }) => voter) as [Upstream, Upstream, Upstream, Upstream];
  backends.join(b, c);
  assert.equal(backends.independent(b, c), false);
  assert.equal(shown(ruling(cast.slice(0, 3), backends.independent, false)), "undecided");
  backends.join(c, d);
  assert.deepEqual(backends.of(b), [c, d]);
  assert.equal(shown(ruling(cast, backends.independent, false)), "undecided");
  backends.part(c);
  assert.deepEqual([backends.independent(b, c), backends.independent(b, d)], [true, false]);
  assert.equal(shown(ruling(cast, backends.independent, false)), "a by b c");
});
