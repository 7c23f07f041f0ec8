import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../core/outcome.ts";
import { type Node, rehearse } from "./rehearsal.ts";

const options = { newcomers: 0, trusted: 0, budget: 1_000, canaries: 86_400_000, delay: 100 };

/** Filters as nodes keep them: each name of the list is one node. */
function filters(names: readonly string[], nodes: readonly Node[], idOf: (count: number) => string): void {
  const kept = new Map<string, Set<string>>();
  let count = 0;
  for (const [index, node] of nodes.entries()) {
    const own = kept.get(names[index] as string) ?? new Set();
    kept.set(names[index] as string, own);
    node.behaviour = (method, [id], truth) => {
      if (method === "eth_newBlockFilter") {
        const made = idOf(count++);
        own.add(made);
        return made;
      }
      if (method === "eth_uninstallFilter") return own.delete(String(id));
      if (method === "eth_getFilterChanges") return own.has(String(id)) ? [] : fault("rpc_error", "filter not found");
      return truth;
    };
  }
}

const unique = (count: number) =>
  `0x${(0xabcdef0123456789n * BigInt(count + 7)).toString(16).padStart(32, "0").slice(0, 32)}`;

test("fingerprint: two names of one node are known by a filter that both have", async () => {
  const scene = rehearse(4, options);
  filters(["one", "two", "one", "three"], scene.nodes, unique);
  scene.verification.start();
  await scene.clock.advance(60_000);
  assert.deepEqual(
    scene.verification.upstreams().map(({ sameBackend }) => sameBackend),
    [["n2"], [], ["n0"], []],
  );
  filters(["one", "two", "four", "three"], scene.nodes, unique);
  await scene.clock.advance(3_600_000);
  assert.deepEqual(
    scene.verification.upstreams().map(({ sameBackend }) => sameBackend),
    [[], [], [], []],
    "it moved",
  );
  scene.verification.stop();
});

test("fingerprint: ids that nodes count, and nodes that know any filter, show nothing", async () => {
  const counting = rehearse(3, options);
  filters(["one", "two", "three"], counting.nodes, () => "0x1");
  const polite = rehearse(3, options);
  filters(["one", "two", "three"], polite.nodes, unique);
  const { behaviour } = polite.nodes[1] as Node;
  (polite.nodes[1] as Node).behaviour = (method, params, truth, random) =>
    method === "eth_getFilterChanges" ? [] : behaviour(method, params, truth, random);
  for (const scene of [counting, polite]) {
    scene.verification.start();
    await scene.clock.advance(60_000);
    assert.deepEqual(
      scene.verification.upstreams().map(({ sameBackend }) => sameBackend),
      [[], [], []],
    );
    scene.verification.stop();
  }
});

test("fingerprint: a liar that claims to be the same node as all others does not keep them from judging it", async () => {
  const scene = rehearse(4, options);
  filters(["one", "two", "three", "four"], scene.nodes, unique);
  const [liar] = scene.nodes as [Node];
  const { behaviour } = liar;
  liar.behaviour = (method, params, truth, random) => {
    if (method !== "eth_getFilterChanges") return behaviour(method, params, truth, random);
    return /(0000|1111)$/.test(String(params[0])) ? fault("rpc_error", "filter not found") : [];
  };
  scene.verification.start();
  await scene.clock.advance(3_600_000);
  scene.verification.stop();
  assert.deepEqual(
    scene.verification.upstreams().map(({ sameBackend }) => sameBackend),
    [[], [], [], []],
  );
});
