import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeadFacts } from "../core/duty.ts";
import { fault } from "../core/outcome.ts";
import type { EventReader, ServerEvent } from "../core/stream.ts";
import type { Upstream } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { createEvents, type EventsParts } from "./events.ts";
import { RecentKeys } from "./events-keys.ts";
import { slotClockOf } from "./slot-clock.ts";

const slotMs = 12_000;
const genesisTime = 1_700_000_000;

/** A root that is named by a few letters. */
const root = (name: string): string => `0x${Buffer.from(name).toString("hex").padStart(64, "0")}`;

const headEvent = (slot: number, name = `s${slot}`, optimistic = false): ServerEvent => ({
  event: "head",
  data: `{"slot":"${slot}","block":"${root(name)}","state":"${root(`state ${name}`)}","execution_optimistic":${optimistic}}`,
});

/** What the protocol reads; enough of it for these tests. */
const protocol: EventsParts["protocol"] = {
  headEvent(data): HeadFacts | undefined {
    const parsed = JSON.parse(data);
    const { slot, block, execution_optimistic: optimistic } = parsed.data ?? parsed;
    if (slot === undefined) return undefined;
    return { slot: Number(slot), root: block, optimistic, currentDependent: undefined, previousDependent: undefined };
  },
  eventKey: (topic, data) =>
    data.startsWith("{") ? `${topic} ${data.replace(/"execution_optimistic":\w+/, "")}` : undefined,
};

interface TestNode {
  readonly upstream: Upstream;
  readers: EventReader[];
  topics: string[];
  canonical: boolean;
  /** The head that it serves, by name; undefined while it is not fit to attest. */
  serving: string | undefined;
}

/** A fleet of nodes that the test speaks for; the wall clock begins with slot `first`. */
function setUp(names: readonly string[] = ["a", "b"], overrides: Partial<EventsParts> = {}, first = 0) {
  const clock = new ManualClock(genesisTime * 1_000 + first * slotMs);
  const nodes = new Map<string, TestNode>();
  for (const id of names) {
    const upstream = {
      id,
      subscribe(request: { path: string }, reader: EventReader) {
        node.readers.push(reader);
        node.topics = new URLSearchParams(request.path.split("?")[1]).getAll("topics");
        return {
          close() {
            node.readers = node.readers.filter((one) => one !== reader);
          },
        };
      },
    } as unknown as Upstream;
    const node: TestNode = { upstream, readers: [], topics: [], canonical: true, serving: undefined };
    nodes.set(id, node);
  }
  const nodeOf = (upstream: Upstream) => nodes.get(upstream.id) as TestNode;
  const values = { SECONDS_PER_SLOT: "12", SLOTS_PER_EPOCH: "32" };
  const slots = slotClockOf({ genesisTime, genesisValidatorsRoot: "", genesisForkVersion: "", values });
  assert.ok(typeof slots !== "string");
  const told: string[] = [];
  const bugs: unknown[] = [];
  let checks = 0;
  const events = createEvents({
    upstreams: [...nodes.values()].map(({ upstream }) => upstream),
    protocol,
    clock,
    random: () => 0.5,
    slots: () => slots,
    canonical: (upstream) => nodeOf(upstream).canonical,
    serves: async (head) => {
      checks++;
      return [...nodes.values()].some(({ serving }) => serving !== undefined && root(serving) === head.root);
    },
    crashed: (bug) => bugs.push(bug),
    hears: {
      opened: ({ id }) => told.push(`${id} opened`),
      closed: ({ id }, { detail }) => told.push(`${id} closed: ${detail}`),
      head: ({ id }, { slot }) => told.push(`${id} head ${slot}`),
      event: ({ id }, { event }) => told.push(`${id} ${event}`),
    },
    ...overrides,
  });
  events.start();
  const node = (id: string) => nodes.get(id) as TestNode;
  const open = (id: string) => {
    for (const reader of [...node(id).readers]) reader.opened();
  };
  for (const id of names) open(id);
  /** A node tells an event, and serves its head from now on unless told otherwise. */
  const tell = (id: string, event: ServerEvent) => {
    for (const reader of node(id).readers) reader.event(event);
  };
  const head = (id: string, slot: number, name = `s${slot}`) => {
    node(id).serving = name;
    tell(id, headEvent(slot, name));
  };
  const lose = (id: string) => {
    const { readers } = node(id);
    node(id).readers = [];
    for (const reader of readers) reader.ended(fault("interrupted", "lost"));
  };
  /** Goes to some milliseconds after the start of a slot. */
  const at = (slot: number, ms = 0) => clock.advance((slot - first) * slotMs + ms - clock.now());
  return { clock, events, nodes, node, open, tell, head, lose, at, told, bugs, checks: () => checks };
}

/** A client: what it hears, one line each. */
function listen(events: ReturnType<typeof setUp>["events"], topics = ["head", "chain_reorg"]) {
  const lines: string[] = [];
  const opened = events.open(
    { topics },
    {
      event: ({ event, data }) => lines.push(lineOf(event, data)),
      closed: () => lines.push("closed"),
    },
  );
  return { lines, opened, close: () => (opened as { close(): void }).close() };
}

/** `head 1 s1`; `chain_reorg s2 > s1`; others as they are. */
function lineOf(event: string, data: string): string {
  const name = (hex: string) => Buffer.from(hex.slice(2), "hex").toString().replaceAll("\0", "");
  if (event === "chain_reorg") {
    const { old_head_block: from, new_head_block: to } = JSON.parse(data);
    return `chain_reorg ${name(from)} > ${name(to)}`;
  }
  if (!event.startsWith("head")) return `${event} ${data}`;
  const { slot, block, payload_status: payload } = JSON.parse(data).data ?? JSON.parse(data);
  return `${event} ${slot} ${name(block)}${payload ? ` ${payload}` : ""}`;
}

test("events: where calls may be answered in some countries, one stream of all nodes is refused unless all stand there", () => {
  const { events, nodes } = setUp();
  for (const [id, jurisdiction] of [
    ["a", "de"],
    ["b", "us"],
  ] as const) {
    Object.assign((nodes.get(id) as TestNode).upstream, { coordinates: { jurisdiction } });
  }
  const open = (...allow: string[]) =>
    events.open({ topics: ["head"], residency: [{ allow, deny: [] }] }, { event: () => {}, closed: () => {} });
  assert.equal((open("de") as { kind?: string }).kind, "not_resident");
  assert.ok("close" in open("de", "us"));
});

test("events: whichever node is first, a client is told each head once, as the node told it", async () => {
  const { events, head, at, told } = setUp(["a", "b", "c"]);
  const { lines } = listen(events);
  await at(1, 900);
  head("b", 1);
  await at(1, 950);
  head("a", 1);
  head("c", 1);
  await at(2, 900);
  head("a", 2);
  head("b", 2);
  await at(2, 950);
  assert.deepEqual(lines, ["head 1 s1", "head 2 s2"]);
  assert.equal(told.filter((line) => line.includes("head")).length, 5, "and we hear of all of them");
});

test("events: a head is held back until a node that is fit to attest serves it, so that nobody attests to the one before", async () => {
  const { events, node, tell, at, checks } = setUp();
  const { lines } = listen(events);
  await at(1, 500);
  tell("a", headEvent(1));
  await at(1, 800);
  assert.deepEqual(lines, []);
  node("b").serving = "s1";
  await at(1, 1_000);
  assert.deepEqual(lines, ["head 1 s1"], "at most a fraction of the time later that it took");
  assert.ok(checks() <= 8, `${checks()} questions`);
});

test("events: a head that nobody serves for a slot is asked for some dozen times, not in a loop, and passes when it comes late after all", async () => {
  const { events, node, tell, at, checks } = setUp();
  const { lines } = listen(events);
  await at(1, 500);
  tell("a", headEvent(1));
  await at(2, 400);
  assert.deepEqual(lines, []);
  assert.ok(checks() <= 25, `${checks()} questions`);
  node("a").serving = "s1";
  await at(2, 6_000);
  assert.deepEqual(lines, ["head 1 s1"]);
});

test("events: a head of a node that follows it optimistically waits for one that has verified it", async () => {
  const { events, node, tell, head, at } = setUp();
  const { lines } = listen(events);
  node("a").serving = "s1";
  await at(1, 500);
  tell("a", headEvent(1, "s1", true));
  await at(1, 3_000);
  assert.deepEqual(lines, []);
  head("b", 1);
  await at(1, 3_001);
  assert.deepEqual(lines, ["head 1 s1"]);
});

test("events: a head of the future passes when its slot has begun, give or take half a second, and one of far ahead never", async () => {
  const { events, head, at } = setUp();
  const { lines } = listen(events);
  await at(0, 11_000);
  head("a", 1);
  head("b", 3);
  await at(0, 11_499);
  assert.deepEqual(lines, []);
  await at(1, 0);
  assert.deepEqual(lines, ["head 1 s1"]);
});

test("events: a head of a node outside the canonical view passes only when another tells it, or the view takes the node in", async () => {
  const { events, node, head, at } = setUp();
  const { lines } = listen(events);
  node("a").canonical = false;
  await at(1, 500);
  head("a", 1, "fork");
  await at(1, 600);
  head("b", 1);
  await at(1, 700);
  assert.deepEqual(lines, ["head 1 s1"]);
  await at(2, 500);
  head("a", 2);
  await at(3, 600);
  assert.deepEqual(lines, ["head 1 s1"], "it waits");
  node("a").canonical = true;
  events.reconsider();
  await at(3, 601);
  assert.deepEqual(lines, ["head 1 s1", "head 2 s2"]);
});

test("events: who was in no view when it told its head is heard without being told of the view, within a quarter of a slot", async () => {
  const { events, node, head, at } = setUp(["a"]);
  const { lines } = listen(events);
  node("a").canonical = false;
  await at(1, 500);
  head("a", 1);
  await at(4);
  node("a").canonical = true;
  await at(4, 4_000);
  assert.deepEqual(lines, ["head 1 s1"]);
});

test("events: a node that lags behind takes no client back to an older head", async () => {
  const { events, head, at, checks } = setUp(["a", "b"]);
  const { lines } = listen(events);
  await at(2, 500);
  head("b", 2);
  await at(2, 600);
  head("a", 1);
  head("a", 1, "other");
  await at(5);
  assert.deepEqual(lines, ["head 2 s2"]);
  assert.equal(checks(), 1, "nor is anybody asked for it");
});

test("events: a stream that is lost for a moment takes no client back, while the head is still served", async () => {
  const { events, head, lose, at } = setUp(["a", "b"]);
  const { lines } = listen(events);
  await at(1, 500);
  head("a", 1);
  head("b", 1);
  await at(2, 500);
  head("a", 2);
  await at(2, 600);
  lose("a");
  await at(2, 11_000);
  assert.deepEqual(lines, ["head 1 s1", "head 2 s2"]);
});

test("events: when the node with the newest head dies, clients hear of the reorganisation and of the head that is left", async () => {
  const { events, node, head, lose, at } = setUp(["a", "b"]);
  const { lines } = listen(events);
  await at(1, 500);
  head("a", 1);
  head("b", 1);
  await at(2, 500);
  head("a", 2);
  await at(2, 600);
  lose("a");
  node("a").serving = undefined;
  await at(2, 1_000);
  assert.deepEqual(lines, ["head 1 s1", "head 2 s2"], "the other may bring it in a moment");
  await at(2, 3_000);
  assert.deepEqual(lines.slice(2), ["chain_reorg s2 > s1", "head 1 s1"]);
});

test("events: ... and nothing of it when the other node brings the head in time", async () => {
  const { events, node, head, lose, at } = setUp(["a", "b"]);
  const { lines } = listen(events);
  await at(1, 500);
  head("b", 1);
  await at(2, 500);
  head("a", 2);
  await at(2, 600);
  lose("a");
  node("a").serving = undefined;
  await at(2, 800);
  head("b", 2);
  await at(2, 5_000);
  assert.deepEqual(lines, ["head 1 s1", "head 2 s2"]);
});

test("events: when nodes move to another head of the same slot, clients hear it at once, with one chain_reorg, a node's own or ours", async () => {
  for (const own of [true, false]) {
    const { events, head, tell, at } = setUp(["a", "b"]);
    const { lines } = listen(events);
    await at(1, 500);
    head("a", 1);
    head("b", 1);
    await at(1, 2_000);
    const reorg = { slot: "9", old_head_block: root("s1"), new_head_block: root("t1") };
    head("a", 1, "t1");
    await at(1, 2_100);
    assert.deepEqual(lines, ["head 1 s1"], "the other still has it");
    if (own) tell("b", { event: "chain_reorg", data: JSON.stringify(reorg) });
    head("b", 1, "t1");
    await at(1, 2_101);
    if (!own) tell("b", { event: "chain_reorg", data: JSON.stringify(reorg) });
    assert.deepEqual(lines, ["head 1 s1", "chain_reorg s1 > t1", "head 1 t1"], `own: ${own}`);
  }
});

test("events: our chain_reorg has all members that clients read", async () => {
  const { events, node, head, lose, at } = setUp(["a", "b"], {}, 70);
  let data = "";
  events.open(
    { topics: ["chain_reorg"] },
    {
      event(event) {
        data = event.data;
      },
      closed() {},
    },
  );
  await at(70, 500);
  head("b", 67);
  await at(70, 600);
  head("a", 70);
  await at(70, 700);
  lose("a");
  node("a").serving = undefined;
  await at(71);
  assert.deepEqual(JSON.parse(data), {
    slot: "67",
    depth: "4",
    old_head_block: root("s70"),
    new_head_block: root("s67"),
    old_head_state: root("state s70"),
    new_head_state: root("state s67"),
    epoch: "2",
    execution_optimistic: false,
  });
});

test("events: a view that changes sides takes clients along, as often as it does", async () => {
  const { events, node, head, at } = setUp(["a", "b"]);
  const { lines } = listen(events);
  node("b").canonical = false;
  await at(3, 500);
  head("a", 3);
  head("b", 3, "f3");
  await at(3, 2_000);
  const turn = (to: string, from: string) => {
    node(to).canonical = true;
    node(from).canonical = false;
    node(from).serving = undefined;
    events.reconsider();
  };
  turn("b", "a");
  await at(4);
  node("a").serving = "s3";
  turn("a", "b");
  await at(5);
  node("b").serving = "f3";
  turn("b", "a");
  await at(6);
  const [there, back] = [
    ["chain_reorg s3 > f3", "head 3 f3"],
    ["chain_reorg f3 > s3", "head 3 s3"],
  ];
  assert.deepEqual(lines, ["head 3 s3", ...there, ...back, ...there]);
});

test("events: a client that comes, or comes back, is told the present head once, if it is still served", async () => {
  const { events, node, head, at } = setUp(["a"]);
  await at(1, 500);
  head("a", 1);
  await at(1, 600);
  const soon = listen(events);
  await at(1, 601);
  assert.deepEqual(soon.lines, ["head 1 s1"]);
  await at(1, 9_000);
  const later = listen(events);
  const other = listen(events, ["block"]);
  await at(1, 9_001);
  assert.deepEqual([later.lines, other.lines], [["head 1 s1"], []]);
  node("a").serving = undefined;
  const unserved = listen(events);
  await at(1, 9_100);
  assert.deepEqual(unserved.lines, []);
  await at(2, 500);
  head("a", 2);
  await at(2, 501);
  assert.deepEqual([soon.lines, unserved.lines], [["head 1 s1", "head 2 s2"], ["head 2 s2"]]);
});

test("events: a newcomer that hears a newer head while it is found out whether the old one is served does not hear the old one after it", async () => {
  const answers: ((served: boolean) => void)[] = [];
  const { events, head, at } = setUp(["a"], {
    serves: () => new Promise((resolve) => answers.push(resolve)),
  });
  await at(1, 500);
  head("a", 1);
  answers.shift()?.(true);
  await at(2, 500);
  const { lines } = listen(events);
  const [confirm] = answers.splice(0);
  head("a", 2);
  answers.shift()?.(true);
  await at(2, 501);
  confirm?.(true);
  await at(2, 502);
  assert.deepEqual(lines, ["head 2 s2"]);
});

test("events: a question that nobody answers, or that meets a bug, holds up one head for two seconds and no others", async () => {
  let mode: "hang" | "crash" | "yes" = "hang";
  const { events, head, at, bugs } = setUp(["a"], {
    serves: () =>
      mode === "hang"
        ? new Promise(() => {})
        : mode === "crash"
          ? Promise.reject(new Error("bug"))
          : Promise.resolve(true),
  });
  const { lines } = listen(events);
  await at(1, 500);
  head("a", 1);
  mode = "crash";
  await at(1, 2_499);
  assert.equal(bugs.length, 0);
  await at(1, 3_000);
  assert.ok(bugs.length > 0);
  mode = "yes";
  await at(1, 4_500);
  assert.deepEqual(lines, ["head 1 s1"]);
});

test("events: a node that tells one head after another does not have all of them asked for at once", async () => {
  let asked = 0;
  const { head, at } = setUp(["a"], {
    serves: () => {
      asked++;
      return new Promise(() => {});
    },
  });
  await at(1, 500);
  for (let fork = 0; fork < 1_000; fork++) head("a", 1, `f${fork}`);
  await at(1, 2_000);
  assert.equal(asked, 4);
});

test("events: what speaks of the chain comes from the canonical view, what a node merely received from any, each once", async () => {
  const { events, node, tell, at, told } = setUp(["a", "b"]);
  node("a").canonical = false;
  const topics = ["block", "finalized_checkpoint", "attester_slashing", "voluntary_exit", "payload_attributes"];
  const { lines } = listen(events, topics);
  await at(1);
  for (const id of ["a", "b", "a", "b"]) {
    for (const event of topics) tell(id, { event, data: `{"from":"anyone"}` });
  }
  tell("a", { event: "attester_slashing", data: "what the protocol cannot read" });
  tell("b", { event: "attester_slashing", data: "what the protocol cannot read" });
  tell("b", { event: "unheard_of", data: "{}" });
  assert.deepEqual(
    lines.toSorted(),
    [
      ...topics.map((topic) => `${topic} {"from":"anyone"}`),
      "attester_slashing what the protocol cannot read",
    ].toSorted(),
  );
  assert.equal(lines[0], `attester_slashing {"from":"anyone"}`, "slashings do not wait for the canonical view");
  assert.equal(told.filter((line) => line === "a finalized_checkpoint").length, 2, "we hear of all views ourselves");
});

test("events: nodes are asked for what clients want, besides our own topics, and no longer than they want it", async () => {
  const { clock, events, node, open } = setUp(["a"]);
  const own = ["head", "block", "finalized_checkpoint", "chain_reorg"];
  assert.deepEqual(node("a").topics, own);
  const { close } = listen(events, ["head", "voluntary_exit", "unheard_of"]);
  await clock.advance(50);
  open("a");
  assert.deepEqual(node("a").topics, [...own, "voluntary_exit"]);
  close();
  close();
  await clock.advance(60_000);
  assert.deepEqual(node("a").topics, own);
  assert.equal(events.clients, 0);
});

test("events: a client gets a no only when nothing that it asks for exists, or not one node is known", () => {
  const { events } = setUp(["a"]);
  for (const topics of [[], ["unheard_of"], ["constructor"]]) {
    const { opened } = listen(events, topics);
    assert.ok("kind" in opened && opened.kind === "doubtful_request", topics.join());
  }
  const { opened } = listen(setUp([]).events);
  assert.ok("kind" in opened && opened.kind === "no_upstream");
});

test("events: whatever happens to single nodes, a client's stream goes on; control state learns of each loss and return", async () => {
  const { events, head, lose, open, at, told } = setUp(["a", "b"]);
  const { lines } = listen(events);
  for (let slot = 1; slot <= 6; slot++) {
    const [down, up] = slot % 2 ? ["a", "b"] : ["b", "a"];
    await at(slot, 100);
    lose(down as string);
    await at(slot, 500);
    head(up as string, slot);
    await at(slot, 8_000);
    open(down as string);
  }
  assert.deepEqual(
    lines,
    [1, 2, 3, 4, 5, 6].map((slot) => `head ${slot} s${slot}`),
  );
  assert.equal(told.filter((line) => line === "a closed: lost").length, 3);
  assert.equal(told.filter((line) => line === "a opened").length, 4);
});

test("events: a head that says anew that its payload is there is passed on, and one that says again that it is not, is not", async () => {
  const { events, node, tell, at } = setUp(["a", "b"]);
  const { lines } = listen(events, ["head_v2"]);
  const event = (payload: string): ServerEvent => ({
    event: "head_v2",
    data: `{"version":"gloas","data":{"slot":"1","block":"${root("s1")}","payload_status":"${payload}","execution_optimistic":false}}`,
  });
  node("a").serving = "s1";
  await at(1, 500);
  tell("a", event("empty"));
  await at(1, 5_000);
  tell("a", event("full"));
  tell("b", event("full"));
  await at(1, 5_100);
  tell("b", event("empty"));
  await at(2);
  assert.deepEqual(lines, ["head_v2 1 s1 empty", "head_v2 1 s1 full"]);
});

test("events: when all ends, clients are told so and nothing stays behind", async () => {
  const answers: ((served: boolean) => void)[] = [];
  const { clock, events, nodes, head, at } = setUp(["a", "b"], {
    serves: () => new Promise((resolve) => answers.push(resolve)),
  });
  const { lines } = listen(events);
  await at(1, 500);
  head("a", 1);
  head("b", 1, "t1");
  answers.shift()?.(false);
  await at(1, 510);
  events.close();
  for (const answer of answers) answer(false);
  await at(1, 511);
  assert.deepEqual([lines, clock.nextAt()], [["closed"], undefined]);
  assert.deepEqual(
    [...nodes.values()].map(({ readers }) => readers.length),
    [0, 0],
  );
});

test("events: what was passed on is remembered for 64 slots, and never more of it than fits", () => {
  const keys = new RecentKeys();
  assert.deepEqual(
    [keys.add("x", 0), keys.add("x", 63), keys.add("y", 64), keys.add("x", 64)],
    [true, false, true, true],
  );
  for (let index = 0; index < 70_000; index++) keys.add(`key ${index}`, 65);
  assert.ok(keys.size <= 65_536 && keys.size > 64_000, `${keys.size} are remembered`);
  assert.equal(keys.add("key 69999", 65), false);
});
