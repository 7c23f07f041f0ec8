import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reply } from "../../src/core/protocol.ts";
import { Cancellation } from "../../src/lib/cancellation.ts";
import {
  attestationDataWith,
  blindedBlock,
  block,
  duties,
  gloasBlock,
  jsonType,
  payloadDataOf,
  posting,
  prefersSsz,
  sent,
  signedBlindedOf,
} from "./validator-endpoints-bodies.ts";
import {
  dependentRoot,
  epoch,
  failure,
  headEvent,
  json,
  type Reaction,
  rootOf,
  type Script,
  type ScriptedNode,
  slot,
} from "./validator-endpoints-nodes.ts";
import { assertNotNow, paying, requestOf, stageFor } from "./validator-endpoints-situations.ts";
import { EndpointStage, firstDoes, type Request, type StageOptions } from "./validator-endpoints-stage.ts";
import { type Row, rows, type Way } from "./validator-endpoints-table.ts";

/** What is said of one row only, and what rows owe each other. */

const rowOf = (row: number): Row => rows.find((one) => one.row === row) as Row;
const wayOf = (row: number, way = 0): Way => rowOf(row).ways[way] as Way;

function trial(row: number, consequence: string, play: () => Promise<void>): void {
  test(`validators' endpoints, row ${row} (${rowOf(row).what}): ${consequence}`, play);
}

async function on(way: Way, options: StageOptions, play: (stage: EndpointStage, request: Request) => Promise<void>) {
  const stage = await stageFor(way, options);
  await play(stage, requestOf(way));
  await stage.close();
}

/** All as the way has it, but for some nodes. */
function but(way: Way, others: Readonly<Record<string, Reaction | ((node: ScriptedNode) => Reaction)>>): Script {
  return ({ headers }, node) => {
    const other = others[node.id];
    return typeof other === "function" ? other(node) : (other ?? way.answer(node, headers["accept"]));
  };
}

const all = (state: Partial<ScriptedNode["state"]>) => ({ a: state, b: state, c: state });

// Rows 1 and 2: what the fleet says of itself.

trial(
  1,
  "200 while duties can be served, 206 or what is asked for while only reads can, else 503; no node is asked",
  async () => {
    const cases: [nodes: StageOptions["nodes"], quorum: number, query: string, status: number][] = [
      [{}, 1, "", 200],
      [{}, 3, "?syncing_status=299", 200],
      [{ b: { syncing: true }, c: { optimistic: true } }, 1, "", 200],
      [{ b: { syncing: true }, c: { optimistic: true } }, 2, "", 206],
      [all({ optimistic: true }), 1, "", 206],
      [all({ elOffline: true }), 1, "?syncing_status=299", 299],
      [all({ optimistic: true }), 1, "?syncing_status=77", 400],
      [all({ syncing: true }), 1, "", 206],
      [all({ down: "refused" }), 1, "", 503],
    ];
    for (const [nodes = {}, quorum, query, status] of cases) {
      await on(wayOf(1), { nodes, validators: `{ quorum: ${quorum} }` }, async (stage, { path, ...request }) => {
        const told = await stage.ask({ ...request, path: path + query });
        assert.equal(told.status, status, JSON.stringify({ nodes, quorum, query }));
        assert.equal(stage.received.length, 0);
      });
    }
  },
);

trial(
  2,
  "one head for all who ask, whichever node lags; a fleet without duties says so by every flag; no node is asked",
  async () => {
    const cases: [nodes: StageOptions["nodes"], short: boolean | undefined, behind: number][] = [
      [{}, false, 0],
      [{ a: { behind: 1 }, b: { syncing: true } }, false, 0],
      [all({ optimistic: true }), true, 0],
      [all({ elOffline: true }), true, 0],
      [all({ syncing: true }), true, 101],
      [all({ down: "refused" }), undefined, 0],
    ];
    for (const [nodes = {}, short, behind] of cases) {
      await on(wayOf(2), { nodes }, async (stage, request) => {
        for (let time = 0; time < 3; time++) {
          const told = await stage.ask(request);
          if (short === undefined) assertNotNow(told, 0);
          else {
            const { data } = JSON.parse(told.body.toString());
            assert.deepEqual(data, {
              head_slot: `${slot - behind}`,
              sync_distance: `${behind}`,
              is_syncing: short,
              is_optimistic: short,
              el_offline: false,
            });
          }
        }
        assert.equal(stage.received.length, 0);
      });
    }
  },
);

trial(3, "always the same node, until it is out; the next one stays when it is back", () =>
  on(wayOf(3), {}, async (stage, request) => {
    const faces = new Set<string | undefined>();
    for (let time = 0; time < 8; time++) faces.add((await stage.ask(request)).headers["eth-answered-by"]);
    assert.equal(faces.size, 1);
    const [first] = [...faces];
    stage.node(first as string).die("refused");
    await stage.advance(10_000);
    const next = (await stage.ask(request)).headers["eth-answered-by"];
    assert.ok(next && next !== first);
    stage.node(first as string).state.down = undefined;
    await stage.advance(60_000);
    assert.equal((await stage.ask(request)).headers["eth-answered-by"], next);
  }),
);

trial(4, "a node with other forks is asked neither for constants nor for duties", async () => {
  const other = { c: { spec: { ELECTRA_FORK_EPOCH: "5" } } };
  for (const row of [4, 5, 6, 7, 8, 9, 12, 14, 17, 22, 23, 29, 31]) {
    await on(wayOf(row), { nodes: other }, async (stage, request) => {
      for (let time = 0; time < 4; time++) assert.equal((await stage.ask(request)).status, 200, `row ${row}`);
      assert.ok(!stage.asked.includes("c"), `row ${row}: ${stage.asked}`);
    });
  }
});

// Rows 8 and 9: who is on duty.

const dependent = (root: string, optimistic: boolean) => (node: ScriptedNode) => {
  const { headers = {}, body = "" } = duties(root)(node, undefined);
  const text = `${body}`.replace('"execution_optimistic":false', `"execution_optimistic":${optimistic}`);
  return { headers: { ...headers, "eth-execution-optimistic": `${optimistic}` }, body: text };
};

for (const row of [8, 9]) {
  for (const [index, way] of rowOf(row).ways.entries()) {
    const right = way.endpoint === "proposer_duties" ? dependentRoot(epoch + 1) : dependentRoot(epoch);
    trial(
      row,
      `${way.endpoint}: duties of an unverified or another history are not told, and 503 if there are no others`,
      async () => {
        for (const [root, optimistic] of [
          [right, true],
          [rootOf(99), false],
        ] as const) {
          const bad = dependent(root, optimistic);
          await on(wayOf(row, index), {}, async (stage, request) => {
            for (const bads of ["a", "ab", "c", "bc"]) {
              stage.answers(but(way, Object.fromEntries([...bads].map((id) => [id, bad]))));
              const told = await stage.ask({ ...request, path: `${request.path}?${bads}` });
              assert.equal(told.status, 200);
              assert.ok(
                !bads.includes(told.headers["eth-answered-by"] ?? ""),
                `${bads}: ${told.headers["eth-answered-by"]}`,
              );
            }
            stage.answers(but(way, { a: bad, b: bad, c: bad }));
            assertNotNow(await stage.ask({ ...request, path: `${request.path}?abc` }), 10_000);
          });
        }
      },
    );
  }
}

trial(9, "the two versions are kept apart, and so are encodings", () =>
  on(wayOf(9), {}, async (stage, request) => {
    const [one, two] = rowOf(9).ways as [Way, Way];
    await stage.ask(request);
    stage.answers(({ headers }, node) => two.answer(node, headers["accept"]));
    assert.equal((await stage.ask(requestOf(two))).headers["eth-consensus-dependent-root"], dependentRoot(epoch));
    assert.equal((await stage.ask(request)).headers["eth-consensus-dependent-root"], dependentRoot(epoch + 1));
    stage.answers(({ headers }, node) => one.answer(node, headers["accept"]));
    const ssz = await stage.ask({ ...request, headers: { accept: prefersSsz } });
    assert.equal(ssz.headers["content-type"], "application/octet-stream");
    assert.equal((await stage.ask(request)).headers["content-type"], jsonType);
  }),
);

// Who is told what: roles.

test("validators' endpoints, rows 10 to 31: each node gets what its role lets it have", async () => {
  const roles = { b: "{ subscribe: false }", c: "{ trust: publish_only }", d: "{ trust: verify }" };
  const cases: [row: number, asked: string][] = [
    [10, "ad"],
    [11, "ad"],
    [13, "abcd"],
    [15, "abcd"],
    [16, "abcd"],
    [18, "abcd"],
    [19, "abd"],
    [20, "abd"],
    [21, "abd"],
    [24, "abcd"],
    [30, "abcd"],
    [34, "abcd"],
    [7, "ab"],
    [12, "ab"],
    [14, "a"],
    [17, "a"],
    [22, "ab"],
    [23, "ab"],
    [29, "ab"],
    [31, "ab"],
  ];
  for (const [row, asked] of cases) {
    await on(wayOf(row), { count: 4, roles }, async (stage, request) => {
      assert.equal((await stage.ask(request)).status, 200, `row ${row}`);
      assert.equal(stage.asked, asked, `row ${row}`);
    });
  }
});

// Row 12: what must not be signed.

const badData: readonly (readonly [what: string, changes: Readonly<Record<string, unknown>>])[] = [
  ["another slot", { slot: `${slot - 1}` }],
  ["a target of another epoch", { target: { epoch: `${epoch - 1}`, root: rootOf(5) } }],
  ["a source after its target", { source: { epoch: `${epoch + 1}`, root: rootOf(5) } }],
  ["nothing", { beacon_block_root: "0x" }],
];

for (const [what, changes] of badData) {
  trial(12, `data about ${what} is no data: others' is told, and none if all say so`, () =>
    on(wayOf(12), {}, async (stage, request) => {
      const bad = attestationDataWith(changes);
      for (const id of "abc") {
        stage.answers(but(wayOf(12), { [id]: (node) => bad(node, undefined) }));
        const told = await stage.ask(request);
        assert.equal(told.status, 200, `${told.body}`);
        assert.notEqual(told.headers["eth-answered-by"], id);
      }
      stage.answers((_, node) => bad(node, undefined));
      assertNotNow(await stage.ask(request), 4_000);
    }),
  );
}

trial(12, "what would surround or contradict what was served is not served, whoever agrees on it", () =>
  on(wayOf(12), {}, async (stage, request) => {
    assert.equal((await stage.ask(request)).status, 200);
    for (const changes of [
      { source: { epoch: `${epoch - 2}`, root: rootOf(3_136) } },
      { "target.root": rootOf(3_199, true), beacon_block_root: rootOf(slot, true) },
    ]) {
      stage.answers((_, node) => attestationDataWith(changes)(node, undefined));
      assertNotNow(await stage.ask(request), 4_000);
    }
  }),
);

/** Milliseconds into its slot at which is asked, and those after which the client hears that there is nothing, at most. */
const late: readonly (readonly [row: number, ...(readonly [into: number, byMs: number])[]])[] = [
  [7, [4_000, 4_000], [7_500, 4_000]],
  [12, [4_000, 4_000], [9_000, 3_000], [11_800, 480]],
  [14, [8_000, 3_000], [11_800, 720]],
  [17, [8_000, 3_000], [11_800, 720]],
  [22, [0, 6_000], [7_500, 4_500], [11_800, 1_000]],
  [29, [9_000, 3_000], [11_800, 480]],
];

for (const [row, ...cases] of late) {
  trial(row, "who asks late in the slot does not wait beyond its end, but for what one answer takes", async () => {
    for (const [into, byMs] of cases) {
      await on(wayOf(row), { into }, async (stage, request) => {
        for (const node of stage.nodes) node.die("silent");
        stage.answers(() => ({ instead: "silence" }));
        assertNotNow(await stage.ask(request), byMs);
      });
    }
  });
}

for (const row of [7, 8, 12, 14, 17, 22, 26, 29]) {
  trial(row, "200 with nothing in it is no answer: others' is told, and 404 if nobody has any", () =>
    on(wayOf(row), {}, async (stage, request) => {
      const nothing = json(null);
      stage.answers(firstDoes(nothing, ({ headers }, node) => wayOf(row).answer(node, headers["accept"])));
      const told = await stage.ask(request);
      assert.deepEqual([told.status, told.ms <= 500], [200, true], `${told.body}`);
      assert.notEqual(JSON.parse(told.body.toString()).data, null);
      stage.answers(() => nothing);
      assert.equal(
        (await stage.ask({ ...request, path: `${request.path}${request.path.includes("?") ? "&" : "?"}x=1` })).status,
        404,
      );
    }),
  );
}

// Row 13 and 24: what would be slashed.

trial(13, "a second vote of a validator that contradicts its first reaches no node, the others of the request do", () =>
  on(wayOf(13), {}, async (stage, request) => {
    assert.equal((await stage.ask(request)).status, 200);
    assert.equal((await stage.ask(request)).status, 200, "the same once more is no contradiction");
    stage.forget();
    const votes = JSON.parse(sent.attestations.json);
    votes[1].data.beacon_block_root = rootOf(1);
    const told = await stage.ask({ ...request, body: JSON.stringify(votes) });
    const error = JSON.parse(told.body.toString());
    assert.deepEqual([told.status, error.failures.length, error.failures[0].index], [400, 1, 1]);
    assert.equal(stage.asked, "abc");
    for (const { body } of stage.received) {
      assert.deepEqual(
        JSON.parse(body.toString()).map((vote: { attester_index: string }) => vote.attester_index),
        ["40", "42"],
      );
    }
    assert.ok(stage.alarms.some(({ what }) => what === "would_slash"));
  }),
);

trial(24, "a second block of a proposer and slot reaches no node", () =>
  on(wayOf(24), {}, async (stage, request) => {
    assert.equal((await stage.ask(request)).status, 200);
    stage.forget();
    const other = JSON.parse(sent.block.json);
    other.signed_block.message.state_root = rootOf(1);
    assert.equal((await stage.ask({ ...request, body: JSON.stringify(other) })).status, 400);
    assert.equal(stage.received.length, 0);
  }),
);

trial(24, "a node that has the block already has taken it", async () => {
  for (const [status, message] of [
    [500, "BLOCK_ERROR_ALREADY_KNOWN"],
    [400, "BAD_REQUEST: duplicate block"],
  ] as const) {
    await on(wayOf(24), {}, async (stage, request) => {
      stage.answers(
        but(wayOf(24), { a: failure(status, message), b: { instead: "refused" }, c: failure(500, "UNHANDLED_ERROR") }),
      );
      assert.equal((await stage.ask(request)).status, 200);
    });
  }
});

// Rows 19, 20 and 22: who is paid.

trial(19, "a node that did not acknowledge is not asked for blocks, until it is told again", () =>
  on(wayOf(19), { validators: "{}" }, async (stage, request) => {
    stage.answers(but(wayOf(19), { c: failure(500, "UNHANDLED_ERROR") }));
    assert.equal((await stage.ask(request)).status, 200);
    stage.answers(({ headers }, node) => wayOf(22).answer(node, headers["accept"]));
    stage.forget();
    assert.equal((await stage.ask(requestOf(wayOf(22)))).status, 200);
    assert.equal(stage.asked, "ab");
    // It connects anew, and hears what it missed.
    stage.node("c").hangUp();
    await stage.advance(4_000);
    assert.deepEqual(
      stage.node("c").told.map((text) => text.split(" ")[0]),
      ["/eth/v1/validator/prepare_beacon_proposer"],
    );
    stage.forget();
    await stage.ask(requestOf(wayOf(22)));
    assert.equal(stage.asked, "abc");
  }),
);

trial(19, "a client that is told no when nobody acknowledged finds nodes told all the same when they are back", () =>
  on(wayOf(19), {}, async (stage, request) => {
    stage.answers(() => failure(503, "syncing"));
    assert.equal((await stage.ask(request)).status, 503);
    await stage.advance(15_000);
    for (const { told } of stage.nodes) assert.match(told.join(" "), /prepare_beacon_proposer .*"validator_index":"7"/);
  }),
);

trial(19, "who may not be told by a rule on residency is not told again either, when it comes back", async () => {
  const toldLater = async (stage: EndpointStage) => {
    for (const node of stage.nodes) node.hangUp();
    await stage.advance(30_000);
    return stage.nodes.map(({ id, told }) => (told.some((text) => /prepare_beacon/.test(text)) ? id : "")).join("");
  };
  await on(wayOf(19), { residency: "{ allow: [de, fr] }" }, async (stage, request) => {
    assert.equal((await stage.ask(request)).status, 200);
    assert.deepEqual([stage.asked, await toldLater(stage)], ["bc", "bc"]);
  });
  await on(wayOf(19), {}, async (stage, request) => {
    assert.equal((await stage.ask({ ...request, residency: { allow: ["de"], deny: [] } })).status, 200);
    assert.deepEqual([stage.asked, await toldLater(stage)], ["b", ""]);
    const stream = { verb: "GET", path: "/eth/v1/events?topics=head" } as const;
    assert.equal((await stage.ask({ ...stream, residency: { allow: ["de"], deny: [] } })).status, 451);
  });
});

trial(
  20,
  "registrations go to one node where the operator spares the relays, and to another when that is down",
  async () => {
    for (const down of [false, true]) {
      await on(wayOf(20), { validators: "{ registration: one }" }, async (stage, request) => {
        if (down) stage.answers(firstDoes({ instead: "refused" }));
        assert.equal((await stage.ask(request)).status, 200);
        assert.equal(stage.received.length, down ? 2 : 1);
      });
    }
  },
);

const badBlocks: readonly (readonly [what: string, changes: Readonly<Record<string, unknown>>])[] = [
  ["of another slot", { "block.slot": `${slot + 1}` }],
  ["upon another block than the head", { "block.parent_root": rootOf(slot, true) }],
  ["that pays nobody", { "block.body.execution_payload.fee_recipient": `0x${"00".repeat(20)}` }],
  ["that pays whom nobody named", { "block.body.execution_payload.fee_recipient": `0x${"ba".repeat(20)}` }],
];

for (const [what, changes] of badBlocks) {
  trial(22, `a block ${what} is not handed out, however much it is worth, and 503 if there is no other`, async () => {
    for (const encoding of ["json", "ssz"] as const) {
      await on(wayOf(22), {}, async (stage) => {
        const request = requestOf(wayOf(22), encoding);
        const bad = block(changes);
        stage.answers(but(wayOf(22), { c: (node) => bad(node, request.headers?.["accept"]) }));
        const told = await stage.ask(request);
        assert.deepEqual([told.status, told.headers["eth-answered-by"]], [200, "b"], `${told.body}`);
        stage.answers(({ headers }, node) => bad(node, headers["accept"]));
        assertNotNow(await stage.ask(request), 6_000);
      });
    }
  });
}

trial(22, "the best block within the soft time, the first after it; worth nothing where no value is told", () =>
  on(wayOf(22), {}, async (stage, request) => {
    const late =
      (ms: Readonly<Record<string, number>>): Script =>
      ({ headers }, node) => ({ ...wayOf(22).answer(node, headers["accept"]), afterMs: ms[node.id] ?? 20 });
    const cases: [ms: Record<string, number>, by: string, atMs: number][] = [
      [{ c: 900 }, "c", 900],
      [{ c: 1_500 }, "b", 1_000],
      [{ a: 1_800, b: 2_500, c: 3_000 }, "a", 1_800],
    ];
    for (const [ms, by, atMs] of cases) {
      stage.answers(late(ms));
      const told = await stage.ask(request);
      assert.deepEqual([told.headers["eth-answered-by"], Math.round(told.ms / 10) * 10], [by, atMs]);
    }
    stage.answers((received, node) => {
      const { headers = {}, ...rest } = wayOf(22).answer(node, received.headers["accept"]);
      const { "eth-execution-payload-value": _, "eth-consensus-block-value": __, ...fewer } = headers;
      return { ...rest, headers: node.id === "a" ? headers : fewer };
    });
    assert.equal((await stage.ask(request)).headers["eth-answered-by"], "a");
  }),
);

trial(22, "no more nodes are asked for a block than the operator lets, and one of each software first", () =>
  on(
    wayOf(22),
    { count: 4, nodes: { b: { like: "a" } }, validators: `{ proposers: 3, ${paying.slice(1)}` },
    async (stage, request) => {
      assert.equal((await stage.ask(request)).status, 200);
      assert.deepEqual([stage.asked.length, stage.asked.includes("c"), stage.asked.includes("d")], [3, true, true]);
    },
  ),
);

// Rows 25 to 27: what only the producer has.

/** Node c has produced the block that was handed out. */
async function produced(how: Way, answer: Way["answer"], play: (stage: EndpointStage) => Promise<void>): Promise<void> {
  await on({ ...how, answer }, {}, async (stage, request) => {
    const told = await stage.ask(request);
    assert.equal(told.headers["eth-answered-by"], "c", `${told.body}`);
    await stage.advance(100);
    stage.answers(() => ({ status: 200 }));
    stage.forget();
    await play(stage);
  });
}

const reveal = (stage: EndpointStage) => posting(wayOf(25).path, signedBlindedOf(stage.node("c")));

trial(25, "a blinded block goes to who produced it alone, each time that it is sent", () =>
  produced(wayOf(22, 2), blindedBlock, async (stage) => {
    for (let time = 0; time < 2; time++) {
      assert.equal((await stage.ask(reveal(stage))).status, 200);
      assert.equal(stage.asked, "c");
      await stage.advance(1_000);
    }
  }),
);

const producers: readonly (readonly [what: string, parts: Record<string, Reaction>, status: number, byMs: number])[] = [
  ["is gone", { c: { instead: "refused", afterMs: 1 } }, 200, 50],
  ["says 500", { c: failure(500, "UNHANDLED_ERROR") }, 200, 50],
  ["is silent for 400 ms", { c: { instead: "silence" } }, 200, 450],
  [
    "takes its time, and others do not know the payload",
    { c: { afterMs: 3_000 }, a: failure(500, "NoPayloadBuilder"), b: failure(400, "unknown payload") },
    200,
    3_000,
  ],
  [
    "says no, and so do the others for another reason",
    { c: failure(400, "invalid signature"), a: failure(500, "NoPayloadBuilder"), b: failure(500, "NoPayloadBuilder") },
    400,
    500,
  ],
];

for (const [what, parts, status, byMs] of producers) {
  trial(25, `its producer ${what}: ${status}`, () =>
    produced(wayOf(22, 2), blindedBlock, async (stage) => {
      stage.answers((_, node) => parts[node.id] ?? { status: 200 });
      const told = await stage.ask(reveal(stage));
      assert.equal(told.status, status, `${told.body}`);
      assert.ok(told.ms <= byMs, `${told.ms} ms`);
      assert.equal(stage.received[0]?.node, "c");
      if (status === 400) assert.match(told.body.toString(), /invalid signature/);
    }),
  );
}

trial(24, "a block goes to everybody at once, and who produced it is the first", () =>
  produced(wayOf(22), block(), async (stage) => {
    const signed = JSON.parse(sent.block.json);
    signed.signed_block.message.state_root = `0x${"c".repeat(64)}`;
    const told = await stage.ask({ ...requestOf(wayOf(24)), body: JSON.stringify(signed) });
    assert.equal(told.headers["eth-answered-by"], "c");
    assert.equal(stage.asked, "abc");
    assert.equal(new Set(stage.received.map(({ at }) => at)).size, 1);
  }),
);

trial(
  26,
  "the producer of the slot's block is asked for its envelope, and told of it first; another's 404 is not its own",
  () =>
    produced(wayOf(23), gloasBlock, async (stage) => {
      const way = wayOf(26);
      stage.answers(but(way, { a: failure(404, "NOT_FOUND: x"), b: failure(404, "NOT_FOUND: x") }));
      const told = await stage.ask(requestOf(way));
      assert.deepEqual([told.status, stage.asked], [200, "c"], `${told.body}`);
      stage.forget();
      stage.answers(() => ({ status: 200 }));
      const bare = rows.find(({ what }) => what === "publish an envelope without its blobs") as Row;
      assert.equal((await stage.ask(requestOf(bare.ways[0]))).status, 200);
      assert.equal(stage.asked, "c");
    }),
);

// Row 29: not to vote.

trial(29, "204, which means not to vote, only when most say so", async () => {
  const none: Reaction = { status: 204 };
  for (const [parts, status] of [
    [{ a: none }, 200],
    [{ a: none, b: none }, 204],
    [{ a: none, b: none, c: none }, 204],
    [{ a: none, c: { instead: "refused" } }, 503],
    [{ a: none, b: none, c: (node: ScriptedNode) => payloadDataOf(rootOf(1))(node, undefined) }, 204],
  ] as const) {
    await on(wayOf(29), {}, async (stage, request) => {
      stage.answers(but(wayOf(29), parts));
      const told = await stage.ask(request);
      assert.equal(told.status, status);
      if (status === 204) assert.equal(told.body.length, 0);
    });
  }
});

// Row 31: was a validator active elsewhere?

trial(31, "alive is who was seen by any node; too few who answer, or one who leaves somebody out: 503", async () => {
  const off = failure(400, "Liveness tracking not enabled");
  const gone: Reaction = { instead: "refused" };
  const partial = json([{ index: "1", is_live: false }]);
  const cases: [parts: Record<string, Reaction>, live: string | undefined][] = [
    [{}, "1,2"],
    [{ a: gone }, "2"],
    [{ c: gone }, "1,2"],
    [{ c: off }, "1,2"],
    [{ b: { instead: "silence" } }, "1"],
    [{ a: gone, b: gone }, undefined],
    [{ a: off, b: off }, undefined],
    [{ c: partial }, undefined],
  ];
  for (const [parts, live] of cases) {
    await on(wayOf(31), {}, async (stage, request) => {
      stage.answers(but(wayOf(31), parts));
      const told = await stage.ask(request);
      if (live === undefined) assertNotNow(told, 10_000);
      else {
        const { data } = JSON.parse(told.body.toString()) as { data: { index: string; is_live: boolean }[] };
        assert.deepEqual(
          data
            .filter(({ is_live }) => is_live)
            .map(({ index }) => index)
            .join(),
          live,
        );
      }
      assert.equal(stage.asked, "abc");
    });
  }
});

trial(31, "a node that seems to be ill is heard, if it says anything in good time", () =>
  on(wayOf(31), { into: -9_000 }, async (stage, request) => {
    stage.node("a").die("silent");
    await stage.advance(10_000);
    stage.answers((received, node) => ({
      ...wayOf(31).answer(node, received.headers["accept"]),
      afterMs: node.id === "a" ? 1_000 : 20,
    }));
    const told = await stage.ask(request);
    const { data } = JSON.parse(told.body.toString()) as { data: { index: string; is_live: boolean }[] };
    assert.deepEqual(
      data.map(({ is_live }) => is_live),
      [true, true, false],
    );
  }),
);

trial(32, "501 where no node is a middleware of distributed validators", async () => {
  for (const way of rowOf(32).ways) {
    for (const says of [failure(501, "not implemented"), failure(404, "NOT_FOUND"), failure(405, "x")]) {
      await on(way, {}, async (stage, request) => {
        stage.answers(() => says);
        assert.equal((await stage.ask(request)).status, 501);
      });
    }
  }
});

// Row 33: events.

/** A client that listens. */
async function listen(stage: EndpointStage, path: string) {
  const headers = { accept: "text/event-stream" };
  const inbound = { method: "GET", path, headers, body: Buffer.alloc(0) };
  const reply: Reply = await stage.network.handle(inbound, new Cancellation());
  const client = { reply, text: `${reply.body}`, ended: false };
  reply.rest?.read({
    data(bytes) {
      client.text += Buffer.from(bytes).toString();
      return true;
    },
    end: () => {
      client.ended = true;
    },
    fail: () => {
      client.ended = true;
    },
  });
  return client;
}

const headsIn = (text: string) =>
  [...text.matchAll(/event: head\ndata: .*?"slot":"(\d+)"/g)].map(([, at]) => Number(at));

trial(33, "each head once, from whichever node; neither a node's death nor everybody's ends the stream", () =>
  on(wayOf(33), {}, async (stage, { path }) => {
    const client = await listen(stage, path);
    assert.deepEqual([client.reply.status, client.reply.headers["content-type"]], [200, "text/event-stream"]);
    await stage.advance(24_000);
    stage.node("a").die("refused");
    await stage.advance(24_000);
    stage.node("b").die("silent");
    await stage.advance(24_000);
    assert.deepEqual(
      headsIn(client.text),
      [0, 1, 2, 3, 4, 5, 6].map((later) => slot + later),
    );
    for (const node of stage.nodes) node.die("refused");
    await stage.advance(60_000);
    assert.equal(client.ended, false);
    assert.match(client.text, /:\n\n(?:.|\n)*:\n\n/, "comments keep it alive");
  }),
);

trial(33, "a head of a fork or of an unverified node is told nobody; nor one that no node serves", () =>
  on(wayOf(33), { nodes: { b: { forked: true }, c: { optimistic: true } }, count: 4 }, async (stage, { path }) => {
    const client = await listen(stage, path);
    await stage.advance(11_000);
    for (const node of stage.nodes) node.tell("head", headEvent(slot + 1, { forked: true, optimistic: false }));
    stage.node("b").tell("head", headEvent(slot, { forked: true, optimistic: false }));
    await stage.advance(1_000);
    assert.doesNotMatch(client.text, new RegExp(rootOf(slot, true)));
    assert.doesNotMatch(client.text, new RegExp(rootOf(slot + 1, true)));
    assert.deepEqual(headsIn(client.text).slice(0, 1), [slot]);
  }),
);

trial(33, "a topic that some nodes refuse is had from the others, and one that there is not at all is said so", () =>
  on(wayOf(33), {}, async (stage) => {
    for (const id of ["a", "b"]) stage.node(id).lacks = ["head_v2", "fast_confirmation"];
    const client = await listen(stage, "/eth/v1/events?topics=head,fast_confirmation");
    await stage.advance(2_000);
    stage.node("c").tell("fast_confirmation", { slot: `${slot}`, block: rootOf(slot) });
    await stage.advance(22_000);
    assert.deepEqual(headsIn(client.text), [slot, slot + 1, slot + 2]);
    assert.match(client.text, /event: fast_confirmation\ndata: /);
    assert.equal((await listen(stage, "/eth/v1/events?topics=nonsense")).reply.status, 400);
    assert.equal((await listen(stage, "/eth/v1/events")).reply.status, 400);
  }),
);

// Row 36: closed.

trial(36, "403 without a word to any node, whatever the verb and however it is written", async () => {
  const stage = await EndpointStage.open();
  stage.answers(() => ({ status: 200, body: "{}" }));
  for (const { path } of rowOf(36).ways) {
    for (const verb of ["GET", "POST", "PUT", "DELETE"]) {
      for (const written of [path, `${path}/`, path.toUpperCase(), `${path}?x=1`]) {
        const told = await stage.ask({ verb: verb as "GET", path: written });
        assert.equal(told.status, 403, `${verb} ${written}`);
        assert.equal(JSON.parse(told.body.toString()).code, 403);
      }
    }
    for (const written of [`/${path}`, path.replace("/eth", "/eth/v1/../../eth"), path.replace(/.$/, "%61")]) {
      assert.ok((await stage.ask({ verb: "GET", path: written })).status >= 400, written);
    }
  }
  assert.equal(stage.received.length, 0);
  await stage.close();
});
