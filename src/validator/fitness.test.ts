import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duty, duties } from "../core/duty.ts";
import { type Finding, fitness, fleetOf, usualFitness, type ViewPlace, voiceOf } from "./fitness.ts";
import { type NodeFacts, newNode } from "./node-facts.ts";
import type { Instant } from "./slot-clock.ts";

/** Ten seconds into slot 100 of a chain with 8 slots an epoch. */
const at: Instant = {
  now: 1_210_000,
  wall: 1_210_000,
  slot: 100,
  epoch: 12,
  newest: 100,
  calm: true,
  slotMs: 12_000,
  slotsPerEpoch: 8,
};

const sync = { head: 100, distance: 0, syncing: false, optimistic: false, elOffline: false, at: at.now - 1_000 };
const head = { root: "x100", slot: 100, optimistic: false, at: at.now - 8_000, before: 99 };
const member: ViewPlace = { member: true, decided: true, because: "" };

function node(changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    ...newNode("n", { trust: "trusted", subscribe: true }),
    sync,
    head,
    streamSince: 0,
    lastHeadEvent: head.at,
    skewMs: 0,
    ...changes,
  };
}

const peers = [node({ id: "p" }), node({ id: "q" }), node({ id: "r" })];

/** What is found of a node among three that are well, each of another client. */
function found(changes: Partial<NodeFacts>, view = member, others = peers, options = usualFitness) {
  const facts = node(changes);
  const fleet = fleetOf([facts, ...others], new Map(), at);
  return fitness(facts, fleet, view, at, options);
}

const asked = ["schedule", "attest", "aggregate", "propose"] as const;
const signed = ["attest", "propose"] as const;

test("fitness: a node that health has yet to look at when we begin need not be well for long, one that was out must", () => {
  const lasting = (changes: Partial<NodeFacts>) => found(changes).propose?.lasting;
  assert.equal(lasting({ inService: false, starting: true }), false);
  assert.equal(lasting({ inService: false, starting: false }), true);
  assert.equal(lasting({ inService: false }), true);
});

test("fitness: each trouble keeps a node from the duties that it would spoil, and from no other", () => {
  const old = { ...head, slot: 90, before: 89, root: "x90", at: at.now - 120_000 };
  const late = { ...head, slot: 96, before: 95, root: "x96", at: at.now - 48_000 };
  const prepared = peers.map((one) => ({ ...one, prepared: 12 }));
  const table: [string, Partial<NodeFacts>, readonly Duty[], RegExp, view?: ViewPlace, others?: NodeFacts[]][] = [
    ["well", {}, [], /^$/],
    ["syncing", { sync: { ...sync, syncing: true, distance: 7 } }, [...asked, "liveness"], /syncing, 7 slots to go/],
    ["syncing, as it says, and there", { sync: { ...sync, syncing: true, distance: 2 } }, [], /^$/],
    ["syncing, and there since", { sync: { ...sync, syncing: true, distance: 7, at: at.now - 9_000 } }, [], /^$/],
    ["optimistic", { sync: { ...sync, optimistic: true } }, asked, /optimistic/],
    ["its head alone is", { head: { ...head, optimistic: true } }, asked, /optimistic/],
    ["no execution client", { sync: { ...sync, elOffline: true } }, signed, /execution client is offline/],
    ["another chain", { specDisagreement: "X is 1, not 2" }, ["read", ...asked, "liveness"], /differ: X is 1, not 2/],
    ["nothing is known", { sync: undefined }, [...asked, "liveness"], /not known yet/],
    ["clock ahead", { skewMs: 251 }, signed, /251 ms ahead/],
    ["clock behind", { skewMs: -260 }, signed, /260 ms behind/],
    ["clock just so", { skewMs: 250 }, [], /^$/],
    ["clock unknown", { skewMs: Number.NaN }, [], /^$/],
    ["a little late", { head: late }, signed, /4 slots behind the fleet/],
    ["far behind", { head: old }, [...asked, "liveness"], /10 slots behind the fleet/],
    ["ahead of the clock", { head: { ...head, slot: 101 } }, asked, /slot 101, and the clock is at 100/],
    ["forked", {}, asked, /on a fork/, { member: false, decided: true, because: "it is on a fork" }],
    ["no view counts", {}, signed, /disagree/, { member: false, decided: false, because: "nodes disagree" }],
    ["never prepared", {}, ["propose"], /fee recipients/, member, prepared],
    ["prepared long ago", { prepared: 9 }, ["propose"], /fee recipients/, member, prepared],
    ["prepared", { prepared: 10 }, [], /^$/, member, prepared],
    ["nobody was prepared", { prepared: 9 }, [], /^$/],
    ["not one's own", { trust: "verify" }, [...asked, "liveness"], /not trusted/],
    [
      "to publish only",
      { trust: "publish_only" },
      ["read", ...asked, "prepare", "liveness"],
      /not trusted|only what was signed/,
    ],
    ["not subscribed", { subscribe: false }, ["aggregate"], /no aggregates/],
    ["does not watch", { liveness: false }, ["liveness"], /tracking of liveness is off/],
    ["restarted lately", { restartedAt: at.now - 191_000 }, ["liveness"], /restarted/],
    ["restarted long ago", { restartedAt: at.now - 192_000 }, [], /^$/],
    ["out of service", { inService: false }, signed, /health/],
    [
      "a silent stream",
      { lastHeadEvent: at.now - 34_000, head: { ...head, slot: 98, at: at.now - 34_000 } },
      signed,
      /no head for 2 slots/,
    ],
    ["a silent stream, though it keeps up", { lastHeadEvent: at.now - 34_000 }, [], /^$/],
    [
      "a stream that told nothing yet",
      { streamSince: at.now - 1_000, lastHeadEvent: undefined, head: { ...head, slot: 98 } },
      [],
      /^$/,
    ],
    [
      "not heard of",
      { sync: { ...sync, at: at.now - 37_000 }, lastHeadEvent: at.now - 37_000 },
      signed,
      /not heard of for 3 slots/,
    ],
  ];
  for (const [name, changes, spoiled, because, view, others] of table) {
    const findings = found(changes, view, others);
    assert.deepEqual(
      duties.filter((duty) => findings[duty]),
      duties.filter((duty) => spoiled.includes(duty)),
      name,
    );
    for (const finding of Object.values(findings) as Finding[]) assert.match(finding.because, because, name);
    assert.equal(findings.publish, undefined, `${name}: what was signed is passed on`);
  }
});

test("fitness: wrong answers take a node out at once, worse ones when nothing is due, and plain facts leave no trace", () => {
  const old = { ...head, slot: 90, before: 89, at: at.now - 120_000 };
  const late = { ...head, slot: 96, before: 95, at: at.now - 48_000 };
  const table: [string, Partial<NodeFacts>, Duty, hard: boolean, lasting: boolean][] = [
    ["syncing", { sync: { ...sync, syncing: true, distance: 9 } }, "attest", true, true],
    ["late", { head: late }, "attest", false, true],
    ["far behind", { head: old }, "attest", true, true],
    ["skewed", { skewMs: 400 }, "propose", false, true],
    ["not subscribed", { subscribe: false }, "aggregate", true, false],
    ["nothing is known", { head: undefined }, "attest", true, false],
    ["skewed, and not trusted", { skewMs: 400, trust: "verify" }, "attest", true, true],
  ];
  for (const [name, changes, duty, hard, lasting] of table) {
    const finding = found(changes)[duty];
    assert.deepEqual([finding?.hard, finding?.lasting], [hard, lasting], name);
  }
  const elsewhere = { member: false, decided: true, because: "it is on a fork" };
  assert.equal(found({}, elsewhere).propose?.lasting, true);
  assert.equal(found({}, { ...elsewhere, unknown: true }).propose?.lasting, false, "a header that has not come");
  assert.match(found({ skewMs: 400, sync: { ...sync, syncing: true, distance: 9 } }).attest?.because ?? "", /syncing/);
});

test("fitness: when the whole chain stands still nobody is late, unless the operator bounds it", () => {
  const stood = { ...head, slot: 40, before: 39, at: at.now - 720_000 };
  const others = peers.map((one) => ({ ...one, head: stood, lastHeadEvent: stood.at }));
  assert.deepEqual(found({ head: stood, lastHeadEvent: stood.at }, member, others), {});
  const bounded = { ...usualFitness, behindClock: 32 };
  assert.match(found({ head: stood }, member, others, bounded).attest?.because ?? "", /60 slots behind the clock/);
});

test("fitness: the first to get a block after empty slots makes nobody late", () => {
  const before = { ...head, root: "x94", slot: 94, before: 93, at: at.now - 70_000 };
  const others = peers.map((one, index) => ({
    ...one,
    head: index < 2 ? { ...head, before: 94, at: at.now - 100 } : before,
  }));
  assert.deepEqual(found({ head: before, lastHeadEvent: before.at + 60_000 }, member, others), {});
  const since = others.map((one) => ({ ...one, head: { ...head, before: 94, at: at.now - 7_000 } }));
  assert.match(found({ head: before }, member, since).attest?.because ?? "", /6 slots behind/);
});

test("fitness: a client that runs ahead alone makes nobody late, however many nodes it has", () => {
  const refused = { ...head, slot: 80, before: 79, at: at.now - 240_000 };
  const ahead = Array.from({ length: 5 }, (_, index) => node({ id: `x${index}`, lastHeadEvent: undefined }));
  const steady = [node({ id: "s", head: refused }), node({ id: "t", head: refused })];
  const voters = new Map([...ahead.map(({ id }) => [id, "lh+geth"] as const), ["s", "py+geth"], ["t", "tk+besu"]]);
  const fleet = fleetOf([...ahead, ...steady], voters, at);
  assert.equal(fleet.settled, 80);
  assert.equal(fitness(steady[0] as NodeFacts, fleet, member, at, usualFitness).attest, undefined);
  const two = fleetOf([ahead[0] as NodeFacts, steady[0] as NodeFacts], voters, at);
  assert.equal(two.settled, 100, "of two, the one ahead sets the pace: one that hangs must not stop both");
});

test("fitness: what nodes that are not one's own, or impossible, say of heads makes nobody late", () => {
  const lead = { ...head, slot: 100, before: 100, at: 0 };
  const own = { ...head, slot: 80, before: 79, at: at.now - 240_000 };
  const liars = [
    node({ id: "v", trust: "verify", head: lead }),
    node({ id: "w", inService: false, head: lead }),
    node({ id: "x", head: { ...lead, slot: 10_000 } }),
    node({ id: "y", specDisagreement: "another chain", head: lead }),
  ];
  assert.equal(fleetOf([node({ head: own }), ...liars], new Map(), at).settled, 80);
});

test("fitness: one's own wrong clock is nobody else's fault", () => {
  const others = peers.map((one) => ({ ...one, skewMs: 900 }));
  assert.deepEqual(found({ skewMs: 900 }, member, others), {});
  assert.match(found({ skewMs: 0 }, member, others).attest?.because ?? "", /900 ms behind/);
  assert.equal(fleetOf(others, new Map(), at).skewMs, 900, "and it can be told");
  const other = peers.slice(0, 1).map((one) => ({ ...one, skewMs: -900 }));
  assert.deepEqual(found({ skewMs: 0 }, member, other), {}, "of two, the one that is as ours is right");
});

test("fitness: whose head counts when nodes are at odds", () => {
  const table: [string, Partial<NodeFacts>, string][] = [
    ["well", {}, "full"],
    ["behind, for it may refuse what others follow", { head: { ...head, slot: 60, at: 0 } }, "full"],
    ["out of sight", { head: { ...head, slot: -40, at: 0 } }, "none"],
    ["a wrong clock", { skewMs: 9_000 }, "full"],
    ["not one's own", { trust: "verify" }, "tie_break"],
    ["to publish only", { trust: "publish_only" }, "none"],
    ["syncing", { sync: { ...sync, syncing: true, distance: 9 } }, "none"],
    ["optimistic", { head: { ...head, optimistic: true } }, "none"],
    ["no execution client", { sync: { ...sync, elOffline: true } }, "none"],
    ["another chain", { specDisagreement: "x" }, "none"],
    ["out of service", { inService: false }, "none"],
    ["ahead of the clock", { head: { ...head, slot: 101 } }, "none"],
    ["unknown", { head: undefined }, "none"],
  ];
  const fleet = fleetOf(peers, new Map(), at);
  for (const [name, changes, voice] of table) assert.equal(voiceOf(node(changes), fleet, at), voice, name);
});
