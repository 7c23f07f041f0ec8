import assert from "node:assert/strict";
import { sszType } from "./validator-endpoints-bodies.ts";
import { failure, type Reaction } from "./validator-endpoints-nodes.ts";
import { assertGood, assertNotNow, on, paying, requestOf, type Situation } from "./validator-endpoints-situations.ts";
import type { EndpointStage } from "./validator-endpoints-stage.ts";
import type { Row, Way } from "./validator-endpoints-table.ts";

/** Situations in which it matters what several nodes say together: quorums and broadcasts. */

/** What a node does in place of its good answer. */
type Part = "well" | "contrary" | "refused" | "silent" | Reaction;

function cast(stage: EndpointStage, { contrary }: Row, way: Way, parts: Readonly<Record<string, Part>>): void {
  stage.answers((received, node) => {
    const part = parts[node.id] ?? "well";
    const accept = received.headers["accept"];
    if (part === "refused") return { instead: "refused", afterMs: 1 };
    if (part === "silent") return { instead: "silence" };
    if (part === "contrary") return contrary?.answer(node, accept) ?? {};
    return part === "well" ? way.answer(node, accept) : part;
  });
}

const isQuorum = ({ contrary }: Row) => contrary !== undefined;

const twoAgainstOne: Situation = {
  name: "two nodes contradict one: what the two say, and never the one",
  fits: isQuorum,
  async play(row) {
    for (const encoding of row.ways[0].ssz ? (["json", "ssz"] as const) : (["json"] as const)) {
      for (const id of "abc") {
        await on(row, async (stage, way) => {
          cast(stage, row, way, { [id]: "contrary" });
          const request = requestOf(way, encoding);
          const told = await stage.ask(request);
          assertGood(told, way, stage, row.how, request.headers?.["accept"]);
          assert.notEqual(told.headers["eth-answered-by"], id);
          assert.ok(told.ms <= 50, `${told.ms} ms`);
        });
      }
    }
  },
};

const oneAgainstOne: Situation = {
  name: "one node contradicts another, the third is down: no data where they would sign other chains",
  fits: isQuorum,
  async play(row) {
    for (const [well, contrary, down] of ["abc", "cab", "bca"]) {
      for (const how of ["refused", "silent"] as const) {
        await on(row, async (stage, way, request) => {
          cast(stage, row, way, { [contrary as string]: "contrary", [down as string]: how });
          const told = await stage.ask(request);
          if (row.contrary?.tie === "503") assertNotNow(told, row.byMs);
          else {
            assertGood(told, way, stage, row.how);
            assert.equal(told.headers["eth-answered-by"], well);
          }
        });
      }
    }
  },
};

const sameSoftware: Situation = {
  name: "two nodes of one software contradict one of another: they have one vote, so no data",
  fits: ({ contrary }) => contrary?.tie === "503",
  play: (row) =>
    on(
      row,
      async (stage, way, request) => {
        cast(stage, row, way, { c: "contrary" });
        assertNotNow(await stage.ask(request), row.byMs);
      },
      { nodes: { b: { like: "a" } } },
    ),
};

const oneLeft: Situation = {
  name: "one node is left: its word alone if the operator wants that, and none if two must agree",
  fits: isQuorum,
  async play(row) {
    for (const how of ["refused", "silent"] as const) {
      for (const quorum of [1, 2]) {
        await on(
          row,
          async (stage, way, request) => {
            cast(stage, row, way, { a: how, b: how });
            const told = await stage.ask(request);
            assert.ok(told.ms <= row.byMs, `${told.ms} ms`);
            if (quorum === 2) assertNotNow(told, row.byMs);
            else assertGood(told, way, stage, row.how);
          },
          { validators: `{ quorum: ${quorum}, ${paying.slice(1)}` },
        );
      }
    }
  },
};

const twoNodes: Situation = {
  name: "of two nodes one is silent: the other's word within 1.5 s, unless two must agree; if they contradict each other, none",
  fits: isQuorum,
  async play(row) {
    for (const [other, quorum, status] of [
      ["silent", 1, 200],
      ["silent", 2, 503],
      ["contrary", 1, row.contrary?.tie === "503" ? 503 : 200],
    ] as const) {
      await on(
        row,
        async (stage, way, request) => {
          cast(stage, row, way, { a: other });
          const told = await stage.ask(request);
          if (status === 503) assertNotNow(told, row.byMs);
          else {
            assertGood(told, way, stage, row.how);
            assert.deepEqual([told.headers["eth-answered-by"], told.ms <= 1_500], ["b", true], `${told.ms} ms`);
          }
        },
        { count: 2, validators: `{ quorum: ${quorum}, ${paying.slice(1)}` },
      );
    }
  },
};

const isBroadcast = ({ how }: Row) => how === "broadcast";
/** Of several messages. */
const isList = ({ how, ways: [{ body }] }: Row) => how === "broadcast" && JSON.parse(body?.json ?? "{}").length === 3;

const rejecting = (messages: Readonly<Record<number, string>>): Reaction =>
  failure(400, "some failures", {
    failures: Object.entries(messages).map(([index, message]) => ({ index: Number(index), message })),
  });

/** What nodes say to a publish of three messages, and what comes of it: a status, and the failures that are told. */
const merges: readonly (readonly [what: string, parts: Record<string, Part>, status: number, failures?: object[]])[] = [
  ["each is taken by somebody", { a: rejecting({ 0: "x" }), b: rejecting({ 1: "y" }), c: "refused" }, 200],
  ["one node takes all", { a: rejecting({ 0: "x", 1: "x", 2: "x" }), b: rejecting({ 1: "y" }) }, 200],
  [
    "one is rejected by all who answer",
    { a: rejecting({ 0: "x", 1: "first" }), b: rejecting({ 1: "second", 2: "y" }), c: failure(500, "UNHANDLED") },
    400,
    [{ index: 1, message: "first" }],
  ],
  [
    "one is rejected by most, another by all",
    { a: rejecting({ 0: "x", 2: "y" }), b: rejecting({ 0: "x", 2: "y" }), c: rejecting({ 1: "z", 2: "y" }) },
    400,
    [{ index: 2, message: "y" }],
  ],
  [
    "all are known already",
    {
      a: rejecting({ 0: "PriorAttestationKnown", 1: "PriorAttestationKnown", 2: "PriorAttestationKnown" }),
      b: "refused",
      c: "refused",
    },
    200,
  ],
  [
    "one is known already here and rejected there",
    {
      a: rejecting({ 0: "AggregatorAlreadyKnown", 1: "bad signature" }),
      b: rejecting({ 0: "bad signature", 1: "bad signature" }),
      c: failure(503, "syncing"),
    },
    400,
    [{ index: 1, message: "bad signature" }],
  ],
];

const partialFailure: Situation = {
  name: "nodes reject some of the messages: failed is only what every node rejected",
  fits: isList,
  async play(row) {
    for (const encoding of ["json", "ssz"] as const) {
      for (const [what, parts, status, failures] of merges) {
        await on(row, async (stage, way) => {
          cast(stage, row, way, parts);
          const told = await stage.ask(requestOf(way, encoding));
          assert.equal(told.status, status, `${what}: ${told.body}`);
          assert.ok(told.ms <= 500, `${what}: ${told.ms} ms`);
          assert.equal(stage.asked, "abc");
          if (failures) {
            const error = JSON.parse(told.body.toString());
            assert.deepEqual([error.code, error.failures], [400, failures], what);
          }
        });
      }
    }
  },
};

const accepted = (afterMs: number): Reaction => ({ status: 202, afterMs });
const failed = failure(500, "UNHANDLED_ERROR");

/**
 * What nodes say to a publish, and the status and the latest time, in milliseconds, at which its client hears;
 * `undefined` for as long as somebody might do more.
 */
const successes: readonly (readonly [what: string, parts: Record<string, Part>, status: number, byMs?: number])[] = [
  ["one integrates what the others only pass on", { a: accepted(20), b: accepted(20), c: { afterMs: 150 } }, 200, 150],
  ["nobody does more than pass it on", { a: failed, b: accepted(20), c: failed }, 202, 50],
  ["one passes it on, the others are silent", { a: "silent", b: accepted(20), c: "silent" }, 202],
  ["one takes it, one says no, one is down", { a: failure(400, "UnknownHeadBlock"), b: "well", c: "refused" }, 200, 50],
  ["one takes it late, the others cannot", { a: failed, b: "refused", c: { afterMs: 5_000 } }, 200, 5_000],
];

const firstSuccess: Situation = {
  name: "some nodes take it and some do not: success at once, 200 before 202, and every node has it",
  fits: isBroadcast,
  async play(row) {
    for (const [what, parts, status, byMs] of successes) {
      await on(row, async (stage, way, request) => {
        cast(stage, row, way, parts);
        const told = await stage.ask(request);
        assert.equal(told.status, status, `${what}: ${told.body}`);
        assert.ok(told.ms <= (byMs ?? row.detourMs ?? 0), `${what}: ${told.ms} ms`);
        assert.equal(stage.asked, "abc");
        assert.equal(new Set(stage.received.map(({ at }) => at)).size, 1, "nobody waits for another");
      });
    }
  },
};

const jsonRefused: Situation = {
  name: "a node knows SSZ alone: a publish in JSON is put into SSZ for it",
  fits: (row) => isBroadcast(row) && row.ways[0].recoded === true,
  play: (row) =>
    on(row, async (stage, way, request) => {
      stage.answers(({ headers }, node) =>
        node.id === "b" && headers["content-type"] !== sszType
          ? failure(415, "Unsupported media type")
          : node.id === "b"
            ? { status: 200 }
            : failed,
      );
      const told = await stage.ask({ ...request, headers: { ...request.headers, accept: "application/json" } });
      assert.equal(told.status, 200, `${told.body}`);
      const sent = stage.node("b").received.find(({ headers }) => headers["content-type"] === sszType);
      assert.deepEqual(sent?.body, way.body?.ssz);
    }),
};

/** What may befall a call that several get. */
export const severalSituations: readonly Situation[] = [
  twoAgainstOne,
  oneAgainstOne,
  sameSoftware,
  oneLeft,
  twoNodes,
  partialFailure,
  firstSuccess,
  jsonRefused,
];
