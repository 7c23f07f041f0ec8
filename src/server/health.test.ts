import assert from "node:assert/strict";
import { test } from "node:test";
import type { Verdict } from "../core/upstream.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { sampleNetwork, sampleUpstream } from "../observe/sample-fleet.ts";
import { readinessOf } from "./health.ts";
import type { NetworkRuntime } from "./runtime.ts";
import { sampleFailover } from "./sample-failover.ts";

function network(name: string, verdict: Verdict, isDefault = false, latest = 100): NetworkRuntime {
  const state = sampleNetwork([sampleUpstream(`${name}-1`, { provider: "aws" }, { verdict })], { latest });
  return { ...state, view: { ...state.view, network: name }, protocol: "evm", isDefault };
}

interface Given {
  readonly draining?: boolean;
  readonly impaired?: string;
  readonly name?: string;
  readonly trouble?: string;
}

function readiness(networks: NetworkRuntime[], { draining = false, impaired, name, trouble }: Given = {}) {
  const failover = sampleFailover(new ManualClock(), [], { impaired });
  const redact = (text: string) => text.replaceAll("k3y", "***");
  const state = { store: "redis" as const, trouble };
  return readinessOf({ networks, state, draining: () => draining, failover, redact }, name);
}

test("readiness: the networks that serve whoever names none decide, and the others are told", () => {
  const networks = [network("ethereum", "healthy", true), network("gnosis", "ejected")];
  assert.deepEqual(readiness(networks), {
    ready: true,
    draining: false,
    unready: [{ network: "gnosis", because: "none of 1 upstreams may serve" }],
  });
});

test("readiness: without a default each network decides", () => {
  const networks = [network("ethereum", "healthy"), network("gnosis", "ejected")];
  assert.equal(readiness(networks).ready, false);
  assert.equal(readiness(networks.slice(0, 1)).ready, true);
});

test("readiness: one network can be asked for by name", () => {
  const networks = [network("ethereum", "ejected", true), network("gnosis", "healthy")];
  assert.equal(readiness(networks, { name: "gnosis" }).ready, true);
  assert.equal(readiness(networks, { name: "ethereum" }).ready, false);
});

test("readiness: a chain whose head is unknown cannot be served, a protocol without heads can", () => {
  const blind = network("ethereum", "healthy", true, -1);
  assert.equal(readiness([blind]).unready[0]?.because, "the head of the chain is not known yet");
  assert.equal(readiness([{ ...blind, hasHead: false }]).ready, true);
});

test("readiness: a process that shuts down wants no new clients", () => {
  const networks = [network("ethereum", "healthy", true)];
  assert.deepEqual(readiness(networks, { draining: true }), { ready: false, draining: true, unready: [] });
});

test("readiness: a process that is cut off itself is not ready for any network, and says why without secrets", () => {
  const networks = [network("ethereum", "healthy", true), network("gnosis", "healthy")];
  const impaired = "https://rpc/k3y and 11 others fell silent at once";
  const told = "this process seems to be cut off: https://rpc/*** and 11 others fell silent at once";
  for (const name of ["ethereum", "gnosis"]) {
    assert.deepEqual(readiness(networks, { impaired, name }), {
      ready: false,
      draining: false,
      impaired: told,
      unready: [],
    });
  }
});

test("readiness: state that cannot be kept is told, without secrets, and nobody is sent elsewhere for it", () => {
  const networks = [network("ethereum", "healthy", true)];
  assert.deepEqual(readiness(networks, { trouble: "Redis refuses k3y" }), {
    ready: true,
    draining: false,
    degraded: "state cannot be kept: Redis refuses ***",
    unready: [],
  });
});
