import assert from "node:assert/strict";
import { valueIn } from "../../src/protocols/beacon/testing.ts";
import { jsonType, posting, prefersSsz, sszType, wantsSsz } from "./validator-endpoints-bodies.ts";
import {
  failure,
  headEvent,
  mark,
  type Reaction,
  type Received,
  rootOf,
  type ScriptedNode,
  slot,
} from "./validator-endpoints-nodes.ts";
import { EndpointStage, firstDoes, type Request, type StageOptions, type Told } from "./validator-endpoints-stage.ts";
import type { Flaw, How, Row, Way } from "./validator-endpoints-table.ts";

/** Something that may befall a call, and what must come of it. */
export interface Situation {
  readonly name: string;
  /** Can it befall calls of this row? */
  fits(row: Row): boolean;
  play(row: Row): Promise<void>;
}

type Encoding = "json" | "ssz";

const everybody: readonly How[] = ["best", "quorum", "broadcast", "union"];
const forwarded: readonly How[] = ["face", "one", ...everybody, "producer"];
const isWrite = ({ how, ways: [way] }: Row) => how === "broadcast" || (how === "producer" && way.verb === "POST");
const isRead = (row: Row) => forwarded.includes(row.how) && !isWrite(row);
const isForwarded = ({ how }: Row) => forwarded.includes(how);
export const isFanOut = ({ how }: Row) => everybody.includes(how);

/** What passes beside the encodings: whatever the API has of its own, today or later, and when a client asked. */
const timing = { "eth-of-a-fork-to-come": "1", "date-milliseconds": "1600038520123", "x-timeout-ms": "950" };

/** What the way asks, in an encoding that its client sends or prefers. */
export function requestOf({ verb, path, body, headers }: Way, encoding: Encoding = "json"): Request {
  const request: Request = body ? posting(path, body, body.ssz ? encoding : "json") : { verb, path };
  const accept = encoding === "ssz" ? { accept: prefersSsz } : {};
  return { ...request, headers: { ...request.headers, ...headers, ...accept, ...timing } };
}

/** A stage on which every node answers as it should. */
export async function stageFor(way: Way, options: StageOptions = {}): Promise<EndpointStage> {
  const stage = await EndpointStage.open({ validators: paying, ...options });
  stage.answers((received, node) => way.answer(node, received.headers["accept"]));
  return stage;
}

/** Blocks of made-up producers pay this one. */
export const paying = `{ feeRecipients: ["0x${"fe".repeat(20)}"] }`;

/** Plays on a stage of the row's first way, and takes the stage down. */
export async function on(
  row: Row,
  play: (stage: EndpointStage, way: Way, request: Request) => Promise<void>,
  options: StageOptions = {},
): Promise<void> {
  const [way] = row.ways;
  const stage = await stageFor(way, options);
  await play(stage, way, requestOf(way));
  await stage.close();
}

/** The client has the good answer of some node, to the byte, with all that the API says in headers. */
export function assertGood(told: Told, way: Way, stage: EndpointStage, how: How, accept?: string): void {
  assert.equal(told.status, 200, `${way.path}: ${told.status} ${told.body}`);
  if (how === "union") {
    assert.deepEqual(JSON.parse(told.body.toString()).data.length, 3);
    return;
  }
  const by = told.headers["eth-answered-by"];
  assert.ok(by, `${way.path}: nobody's answer: ${told.body}`);
  const { body = "", headers = {} } = way.answer(stage.node(by), accept);
  assert.deepEqual(told.body, Buffer.from(body), `${way.path}: the bytes are another's`);
  for (const [name, value] of Object.entries(headers)) assert.equal(told.headers[name], value, `${way.path}: ${name}`);
  assert.deepEqual([told.headers["server"], told.headers["set-cookie"]], [undefined, undefined]);
}

/** What reached a node is what the client sent, but for what is only between client and Breakwater. */
function assertUntouched(received: Received, request: Request): void {
  const { method, path, headers, body } = received;
  assert.deepEqual([method, path], [request.verb, request.path]);
  assert.deepEqual(body, Buffer.from(request.body ?? ""));
  const { [mark]: _, ...rest } = headers;
  assert.deepEqual(rest, request.headers);
}

/** 503 in the shape of the API, with a time to come back and nothing that could be taken for data. */
export function assertNotNow(told: Told, byMs: number): void {
  assert.equal(told.status, 503, `${told.body}`);
  assert.ok(told.ms <= byMs, `after ${told.ms} ms, ${byMs} at most`);
  assert.match(told.headers["retry-after"] ?? "", /^\d+$/);
  const { code, message, ...rest } = JSON.parse(told.body.toString());
  assert.deepEqual([code, typeof message, rest], [503, "string", {}]);
}

/** Who must be asked of nodes a, b and c: all, one of them, or nobody but those. */
function assertAsked(stage: EndpointStage, { how }: Row, able: string): void {
  if (everybody.includes(how)) assert.equal(stage.asked, able);
  else assert.ok(stage.asked.length >= 1 && [...stage.asked].every((id) => able.includes(id)), stage.asked);
}

const allIsWell: Situation = {
  name: "all is well: the bytes of the right node, in both encodings, headers both ways, at once",
  fits: isForwarded,
  play: (row) =>
    on(row, async (stage) => {
      for (const way of row.ways) {
        stage.answers((received, node) => way.answer(node, received.headers["accept"]));
        for (const encoding of way.ssz || way.body?.ssz ? (["json", "ssz"] as const) : (["json"] as const)) {
          const request = requestOf(way, encoding);
          const told = await stage.ask(request);
          assertGood(told, way, stage, row.how, request.headers?.["accept"]);
          if (row.how !== "union") assert.equal(told.headers["x-breakwater-upstream"], told.headers["eth-answered-by"]);
          if (row.how === "best")
            assert.equal(told.headers["eth-answered-by"], "c", "the best answer is the last one's");
          assert.ok(told.ms <= 50, `${told.ms} ms`);
          assertAsked(stage, row, "abc");
          if (!isFanOut(row)) assert.equal(stage.received.length, 1);
          for (const received of stage.received) assertUntouched(received, request);
          await stage.advance(20);
          stage.forget();
        }
      }
    }),
};

/** The first who is asked dies in that moment. */
function dies(how: "refused" | "silent") {
  const reaction: Reaction = how === "refused" ? { instead: "refused", afterMs: 1 } : { instead: "silence" };
  return (stage: EndpointStage, way: Way): void => {
    const script = firstDoes(reaction, (received, node) => way.answer(node, received.headers["accept"]));
    stage.answers((received, node) => {
      const wanted = script(received, node);
      if (wanted === reaction) node.die(how);
      return wanted;
    });
  };
}

const oneRefuses: Situation = {
  name: "the node that is asked refuses connections: another answers at once",
  fits: (row) => isForwarded(row) && row.how !== "face",
  play: (row) =>
    on(row, async (stage, way, request) => {
      dies("refused")(stage, way);
      const told = await stage.ask(request);
      assertGood(told, way, stage, row.how);
      assert.ok(told.ms <= 100, `${told.ms} ms`);
    }),
};

const oneIsSilent: Situation = {
  name: "the node that is asked is silent: another's answer comes within the time for that",
  fits: (row) => isForwarded(row) && row.detourMs !== undefined,
  play: (row) =>
    on(row, async (stage, way, request) => {
      dies("silent")(stage, way);
      const told = await stage.ask(request);
      assertGood(told, way, stage, row.how);
      assert.ok(told.ms <= (row.detourMs ?? 0), `${told.ms} ms`);
    }),
};

const allAreSilent: Situation = {
  name: "nobody says a word: 503 by the end of the budget",
  fits: isForwarded,
  play: (row) =>
    on(row, async (stage, _, request) => {
      for (const node of stage.nodes) node.die("silent");
      stage.answers(() => ({ instead: "silence" }));
      const told = await stage.ask(request);
      assertNotNow(told, row.byMs);
      // One after the other may have had its time before.
      const least = row.how === "one" || row.how === "face" ? 0.4 : 0.9;
      assert.ok(told.ms >= least * row.byMs, `given up after ${told.ms} ms of ${row.byMs}`);
    }),
};

const oneIsOut: Situation = {
  name: "a node was unplugged some seconds ago: nobody waits for it any more",
  fits: isForwarded,
  play: (row) =>
    on(
      row,
      async (stage, way, request) => {
        stage.node("a").die("silent");
        await stage.advance(10_000);
        stage.answers((received, node) =>
          node.state.down ? { instead: "silence" } : way.answer(node, received.headers["accept"]),
        );
        const told = await stage.ask(request);
        assertGood(told, way, stage, row.how);
        // Whether a validator was seen is asked of all, so a little longer.
        assert.ok(told.ms <= (row.how === "union" ? 1_500 : 50), `${told.ms} ms`);
      },
      { into: -9_000 },
    ),
};

const flaws: Readonly<Record<Flaw, string>> = {
  syncing: "syncs",
  optimistic: "follows an unverified head",
  forked: "is on another fork",
  elOffline: "has lost its execution client",
};

const flawed = (flaw: Flaw, ids: string): StageOptions["nodes"] =>
  Object.fromEntries([...ids].map((id) => [id, { [flaw]: true }]));

const oneIsFlawed: readonly Situation[] = (Object.keys(flaws) as Flaw[]).map((flaw) => ({
  name: `one node ${flaws[flaw]}: it is told what was signed, and not asked what to sign`,
  fits: isForwarded,
  async play(row) {
    // Of calls that go to all it is one like the other.
    for (const id of isFanOut(row) ? "b" : "abc") {
      const others = [..."abc"].filter((one) => one !== id).join("");
      const able = row.never.includes(flaw) ? others : "abc";
      await on(
        row,
        async (stage, way, request) => {
          // Several times, as it may be another's turn.
          for (let time = 0; time < 4; time++) {
            const told = await stage.ask(request);
            assertGood(told, way, stage, row.how);
            assert.ok(told.ms <= 50, `${told.ms} ms`);
          }
          assertAsked(stage, row, able);
        },
        { nodes: flawed(flaw, id) ?? {} },
      );
    }
  },
}));

const allAreFlawed: readonly Situation[] = (Object.keys(flaws) as Flaw[]).map((flaw) => ({
  name: `every node ${flaws[flaw]}: 503 and nobody is asked what to sign; what was signed goes out`,
  fits: (row) => isWrite(row) || row.strictly.includes(flaw),
  play: (row) =>
    on(
      row,
      async (stage, way, request) => {
        const told = await stage.ask(request);
        if (isWrite(row)) assertGood(told, way, stage, row.how);
        else {
          assertNotNow(told, row.byMs);
          assert.equal(stage.asked, "");
        }
      },
      { nodes: flawed(flaw, "abc") ?? {} },
    ),
}));

/** What one node, or each, says in place of a good answer, and what the client hears when all say so. */
interface Refusal {
  readonly says: string;
  readonly reaction: Reaction;
  readonly status: number;
  /** Seconds after which the client may come back, at least and at most. */
  readonly retryAfter?: readonly [number, number];
  /** The node's own error must be shown as it is. */
  readonly verbatim?: true;
  /** Of what is published the status alone counts. */
  readonly toReads?: true;
  /** To whoever is asked next it is the same as another one of these. */
  readonly inAll?: true;
}

const refusals: readonly Refusal[] = [
  {
    says: "404, not knowing what it is asked for",
    reaction: failure(404, "NOT_FOUND: nothing matches"),
    status: 404,
    verbatim: true,
  },
  {
    says: "400, as it lags behind",
    reaction: failure(400, "BAD_REQUEST: slot is too far in the future"),
    status: 400,
    verbatim: true,
  },
  { says: "500", reaction: failure(500, "UNHANDLED_ERROR"), status: 503 },
  {
    says: "502, from what stands before it",
    reaction: { status: 502, body: "<html>bad gateway" },
    status: 503,
    inAll: true,
  },
  {
    says: "503 with a time to come back",
    reaction: failure(503, "SERVICE_UNAVAILABLE: beacon node is currently syncing", {}, { "retry-after": "3" }),
    status: 503,
    retryAfter: [3, 3],
  },
  {
    says: "429 with a time to come back",
    reaction: failure(429, "slow down", {}, { "retry-after": "7" }),
    status: 503,
    // Sooner where one of them will be tried sooner.
    retryAfter: [5, 7],
  },
  { says: "401, which is the operator's affair", reaction: failure(401, "key k-1234 is used up"), status: 503 },
  {
    says: "200 and half a body",
    reaction: { headers: { "content-type": jsonType }, body: '{"data":{' },
    status: 503,
    toReads: true,
  },
];

const oneRefusal: readonly Situation[] = refusals
  .filter(({ inAll }) => !inAll)
  .map(({ says, reaction, toReads }) => ({
    name: `one node says ${says}: another answers`,
    fits: (row) => isForwarded(row) && row.how !== "face" && (isRead(row) || !toReads),
    play: (row) =>
      on(row, async (stage, way, request) => {
        stage.answers(firstDoes(reaction, (received, node) => way.answer(node, received.headers["accept"])));
        const told = await stage.ask(request);
        assertGood(told, way, stage, row.how);
        assert.ok(told.ms <= 1_500, `${told.ms} ms`);
      }),
  }));

const allRefuse: readonly Situation[] = refusals.map(({ says, reaction, status, retryAfter, verbatim, toReads }) => ({
  name: `every node says ${says}: ${status}`,
  fits: (row) => isForwarded(row) && (isRead(row) || !toReads),
  play: (row) =>
    on(row, async (stage, _, request) => {
      stage.answers(() => reaction);
      const told = await stage.ask(request);
      assert.equal(told.status, status, `${told.body}`);
      assert.ok(told.ms <= row.byMs, `${told.ms} ms`);
      assert.equal(told.headers["content-type"], jsonType);
      assert.doesNotMatch(told.body.toString(), /k-1234|html/);
      const [least, most] = retryAfter ?? [1, Number.POSITIVE_INFINITY];
      const seconds = Number(told.headers["retry-after"] ?? (status === 503 ? "missing" : least));
      assert.ok(seconds >= least && seconds <= most, `to come back after ${seconds} s`);
      if (verbatim) assert.equal(told.body.toString(), reaction.body);
      else assert.equal(JSON.parse(told.body.toString()).code, status);
    }),
}));

const speaksJson = ({ headers }: Received): Reaction | undefined => {
  if (headers["content-type"] === sszType) return failure(415, "Unsupported media type");
  return wantsSsz(headers["accept"]) ? failure(406, "Not acceptable") : undefined;
};

/** These nodes know JSON alone. */
function onlyJson(way: Way, ids: string) {
  return (received: Received, node: ScriptedNode) =>
    (ids.includes(node.id) ? speaksJson(received) : undefined) ?? way.answer(node, received.headers["accept"]);
}

const sszRefused: readonly Situation[] = ["a", "abc"].map((ids) => ({
  name: `${ids === "a" ? "one node knows" : "all nodes know"} no SSZ: it is asked in JSON, and its client never hears of it`,
  fits: (row) => isForwarded(row) && row.ways.some(({ ssz, recoded }) => ssz || recoded),
  play: (row) =>
    on(row, async (stage) => {
      for (const way of row.ways.filter(({ ssz, recoded }) => ssz || recoded)) {
        stage.answers(onlyJson(way, ids));
        const request = requestOf(way, "ssz");
        for (let time = 0; time < 2; time++) {
          const told = await stage.ask(request);
          assert.equal(told.status, 200, `${way.path}: ${told.body}`);
          assert.ok(told.ms <= 100, `${told.ms} ms`);
          await stage.advance(100);
        }
        for (const { body, headers } of stage.received) {
          if (headers["content-type"] === sszType) assert.deepEqual(body, way.body?.ssz);
          else if (way.body) assert.deepEqual(valueIn(body), valueIn(way.body.json));
        }
        // Each node refuses once: then it is known.
        const refused = stage.received.filter((received) => ids.includes(received.node) && speaksJson(received));
        assert.equal(new Set(refused.map(({ node }) => node)).size, refused.length, "asked in vain more than once");
        stage.forget();
      }
    }),
}));

const sszOnly: Situation = {
  name: "a client that takes SSZ alone before nodes that know JSON alone: SSZ",
  fits: (row) => isRead(row) && row.ways.some(({ ssz, recoded }) => ssz && recoded) && row.kept !== "by dependence",
  async play(row) {
    for (const way of row.ways.filter(({ ssz, recoded }) => ssz && recoded)) {
      const stage = await stageFor(way);
      stage.answers(onlyJson(way, "abc"));
      const request = requestOf(way);
      const told = await stage.ask({ ...request, headers: { ...request.headers, accept: sszType } });
      assert.deepEqual([told.status, told.headers["content-type"]], [200, sszType], `${way.path}: ${told.body}`);
      const by = stage.node(told.headers["eth-answered-by"] as string);
      assert.deepEqual(told.body, Buffer.from(way.answer(by, sszType).body ?? ""), way.path);
      await stage.close();
    }
  },
};

const again: Situation = {
  name: "the same is asked twice: what is signed is asked anew each time, also while the first is under way",
  fits: (row) => isForwarded(row) && row.how !== "face",
  play: (row) =>
    on(row, async (stage, way) => {
      // The header that marks what a client sends would make two of them two.
      const request = { ...requestOf(way), headers: { ...requestOf(way).headers, [mark]: "same" } };
      await stage.ask(request);
      const once = stage.received.length;
      stage.forget();
      assertGood(await stage.ask(request), way, stage, row.how);
      assert.equal(stage.received.length, row.kept === "by dependence" ? 0 : once, "after the first");
      stage.forget();
      if (row.kept === "by dependence") {
        // Another history: what duties depend on is another block.
        const moved = { ...headEvent(slot, { forked: false, optimistic: false }), state: rootOf(1) };
        const root = rootOf(77);
        const told = { ...moved, previous_duty_dependent_root: root, current_duty_dependent_root: root };
        for (const node of stage.nodes) node.tell("head", told);
        await stage.ask(request);
        assert.notEqual(stage.received.length, 0, "what it depends on is another block");
        return;
      }
      const [one, two] = [stage.begin(request), stage.begin(request)];
      await stage.advance(100);
      for (const { told } of [one, two]) assertGood(told as Told, way, stage, row.how);
      assert.equal(stage.received.length, row.kept === "shared" ? once : 2 * once, "at the same time");
    }),
};

const clientLeaves: Situation = {
  name: "the client leaves in the midst: what was signed goes on to every node, what was asked is called off",
  fits: isForwarded,
  play: (row) =>
    on(row, async (stage, way, request) => {
      stage.answers((received, node) => ({ ...way.answer(node, received.headers["accept"]), afterMs: 3_000 }));
      const { cancellation } = stage.begin(request);
      await stage.advance(10);
      const reached = stage.received.length;
      cancellation.cancel();
      await stage.advance(8_000);
      assert.ok(reached > 0);
      if (row.how === "broadcast") assert.equal(stage.asked, "abc");
      for (const { answered, cancelled } of stage.received) {
        assert.deepEqual([answered, cancelled], isWrite(row) ? [true, false] : [false, true]);
      }
      if (isRead(row)) assert.equal(stage.received.length, reached, "nobody is asked for who has gone");
    }),
};

const processEnds: Situation = {
  name: "Breakwater is told to end in the midst of a publish: it waits for every node",
  fits: isWrite,
  play: (row) =>
    on(row, async (stage, _, request) => {
      stage.answers(() => ({ afterMs: 3_000 }));
      stage.begin(request);
      await stage.advance(10);
      const stopped = stage.assembly.stop();
      await stage.advance(5_000);
      await stopped;
      for (const { answered, cancelled } of stage.received) assert.deepEqual([answered, cancelled], [true, false]);
    }),
};

/** What may befall any call. */
export const situations: readonly Situation[] = [
  allIsWell,
  oneRefuses,
  oneIsSilent,
  oneIsOut,
  allAreSilent,
  ...oneIsFlawed,
  ...allAreFlawed,
  ...oneRefusal,
  ...allRefuse,
  ...sszRefused,
  sszOnly,
  again,
  clientLeaves,
  processEnds,
];
