import assert from "node:assert/strict";
import { test } from "node:test";
import type { Verdict } from "../core/upstream.ts";
import { sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { readinessOf } from "./health.ts";
import type { NetworkRuntime } from "./runtime.ts";

function network(name: string, verdict: Verdict, isDefault = false, latest = 100): NetworkRuntime {
  const state = sampleNetwork([sampleUpstream(`${name}-1`, { provider: "aws" }, { verdict })], { latest });
  return { ...state, view: { ...state.view, network: name }, protocol: "evm", isDefault };
}

const serving = () => false;

test("readiness: the networks that serve whoever names none decide, and the others are told", () => {
  const networks = [network("ethereum", "healthy", true), network("gnosis", "ejected")];
  assert.deepEqual(readinessOf({ networks, draining: serving }), {
    ready: true,
    draining: false,
    unready: [{ network: "gnosis", because: "none of 1 upstreams may serve" }],
  });
});

test("readiness: without a default each network decides", () => {
  const networks = [network("ethereum", "healthy"), network("gnosis", "ejected")];
  assert.equal(readinessOf({ networks, draining: serving }).ready, false);
  assert.equal(readinessOf({ networks: networks.slice(0, 1), draining: serving }).ready, true);
});

test("readiness: one network can be asked for by name", () => {
  const networks = [network("ethereum", "ejected", true), network("gnosis", "healthy")];
  assert.equal(readinessOf({ networks, draining: serving }, "gnosis").ready, true);
  assert.equal(readinessOf({ networks, draining: serving }, "ethereum").ready, false);
});

test("readiness: a chain whose head is unknown cannot be served, a protocol without heads can", () => {
  const blind = network("ethereum", "healthy", true, -1);
  assert.equal(
    readinessOf({ networks: [blind], draining: serving }).unready[0]?.because,
    "the head of the chain is not known yet",
  );
  assert.equal(readinessOf({ networks: [{ ...blind, hasHead: false }], draining: serving }).ready, true);
});

test("readiness: a process that shuts down wants no new clients", () => {
  const networks = [network("ethereum", "healthy", true)];
  assert.deepEqual(readinessOf({ networks, draining: () => true }), { ready: false, draining: true, unready: [] });
});
