import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../core/outcome.ts";
import { type Behaviour, type Node, rehearse } from "./rehearsal.ts";

const quiet = { newcomers: 1, trusted: 1, budget: 1_000, canaries: 1_000, delay: 100 };

const pruned: Behaviour = (method, params, truth) =>
  method === "eth_getBalance" && typeof params[1] === "string" && Number(params[1]) < 872
    ? fault("missing_data", "missing trie node")
    : truth;

test("canaries: a liar without traffic is found, too", async () => {
  const scene = rehearse(4, quiet);
  const [liar] = scene.nodes as [Node];
  liar.behaviour = (method, _params, truth) => (method === "eth_getBalance" ? "0xbad" : truth);
  scene.verification.start();
  await scene.clock.advance(60_000);
  assert.equal(scene.phase(liar), "held");
  assert.deepEqual(
    scene.nodes.slice(1).map((node) => scene.phase(node)),
    ["clear", "clear", "clear"],
  );
  scene.verification.stop();
});

test("canaries: an archive that says that it has forgotten is called none, and never a liar, until it remembers", async () => {
  const scene = rehearse(4, quiet);
  const [none] = scene.nodes as [Node];
  none.behaviour = pruned;
  scene.verification.start();
  await scene.clock.advance(60_000);
  assert.deepEqual(
    scene.nodes.map(({ status }) => status.forgetful),
    [true, false, false, false],
  );
  assert.deepEqual([scene.phase(none), none.status.trusted], ["clear", 1]);
  assert.equal(scene.verification.upstreams()[0]?.forgetful, true);
  none.behaviour = (_method, _params, truth) => truth;
  await scene.clock.advance(60_000);
  assert.equal(none.status.forgetful, false);
  scene.verification.stop();
});

test("canaries: nobody is asked while checks must stop, nor who is held or ejected", async () => {
  const scene = rehearse(4, quiet);
  const [out, broken] = scene.nodes as [Node, Node];
  out.status.verdict = "ejected";
  broken.status.breaker = "open";
  scene.verification.start();
  await scene.clock.advance(9_000);
  assert.deepEqual([out.asked, broken.asked], [0, 0]);
  scene.paused = true;
  const before = scene.nodes.map(({ asked }) => asked);
  await scene.clock.advance(60_000);
  assert.deepEqual(
    scene.nodes.map(({ asked }) => asked),
    before,
  );
  scene.verification.stop();
  assert.equal(scene.clock.nextAt(), undefined, "nothing is left to be done");
});

test("canaries: an honest fleet stays in service for a month", async () => {
  const scene = rehearse(4, { ...quiet, canaries: 600_000 }, 3);
  scene.verification.start();
  await scene.clock.advance(30 * 86_400_000);
  assert.deepEqual(
    scene.nodes.map((node) => scene.phase(node)),
    ["clear", "clear", "clear", "clear"],
  );
  assert.ok(scene.told.length > 10_000);
  assert.deepEqual([...new Set(scene.told.map(({ finding }) => finding))], ["agreed"]);
  scene.verification.stop();
});
