import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { callerOf } from "./ingress-caller.ts";

test("caller: one client is the same by whichever way it comes to one machine, and nothing odd is taken over from it", () => {
  const table: [address: string | undefined, agent: string | undefined, expected: string][] = [
    ["127.0.0.1", "Lighthouse/v7", "loopback Lighthouse/v7"],
    ["::1", "Lighthouse/v7", "loopback Lighthouse/v7"],
    ["::ffff:127.0.0.1", "Lighthouse/v7", "loopback Lighthouse/v7"],
    ["::ffff:10.1.2.3", undefined, "10.1.2.3 "],
    ["10.1.2.3", "", "10.1.2.3 "],
    ["2001:db8::1", "a\u00e9\tb", "2001:db8::1 a??b"],
    [undefined, "x".repeat(500), ` ${"x".repeat(64)}`],
  ];
  for (const [remoteAddress, agent, expected] of table) {
    const caller = callerOf({ socket: { remoteAddress } as Socket, headers: { "user-agent": agent } });
    assert.equal(`${caller.address} ${caller.agent}`, expected);
  }
});
