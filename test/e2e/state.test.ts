import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Running, startBreakwater } from "../support/breakwater.ts";
import { eventuallyIs } from "../support/eventually.ts";
import { startRedis } from "../support/redis.ts";
import { smallBeaconFleet } from "../support/small-beacon-fleet.ts";

const preparation = [{ validator_index: "7", fee_recipient: `0x${"aa".repeat(20)}` }];

interface Shown {
  readonly networks: readonly [
    {
      readonly remembered: Readonly<Record<string, number>>;
      readonly nodes: readonly { readonly memory: { readonly prepared: boolean | null } }[];
    },
  ];
}

async function shown({ admin }: Running): Promise<Shown["networks"][0]> {
  const { networks } = (await (await fetch(`${admin}/api/validators`)).json()) as Shown;
  return networks[0];
}

async function prepare({ url }: Running): Promise<void> {
  const { status } = await fetch(`${url}/eth/v1/validator/prepare_beacon_proposer`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(preparation),
  });
  assert.equal(status, 200);
}

/** Whom to pay is told to one process, and asked of the next, whose simulated nodes are new. */
async function survivesRestart(state: string): Promise<void> {
  const before = await startBreakwater(`${state}${smallBeaconFleet}`);
  try {
    await eventuallyIs(async () => (await shown(before)).nodes.length === 2, "nodes are there");
    await prepare(before);
    assert.deepEqual((await shown(before)).remembered, { prepare_beacon_proposer: 1 });
  } finally {
    assert.equal(await before.stop(), 0, before.output());
  }
  const after = await startBreakwater(`${state}${smallBeaconFleet}`);
  try {
    await eventuallyIs(
      async () => (await shown(after)).nodes.every(({ memory }) => memory.prepared === true),
      "nodes are told whom to pay, though no validator spoke",
    );
    assert.deepEqual((await shown(after)).remembered, { prepare_beacon_proposer: 1 });
  } finally {
    assert.equal(await after.stop(), 0, after.output());
  }
}

test("state: whom to pay is known after a restart, from a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-state-"));
  try {
    await survivesRestart(`state: { file: "${folder}" }`);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("state: whom to pay is known after a restart, from a Redis with a password", async (context) => {
  const redis = await startRedis("pa55word");
  if (!redis) {
    context.skip("there is no redis-server on this machine");
    return;
  }
  try {
    await survivesRestart(`state: { redis: "${redis.url.replace("//", "//:pa55word@")}" }`);
  } finally {
    await redis.close();
  }
});

test("state: a Redis that is away is told of without its password, and duties are served", async () => {
  const breakwater = await startBreakwater(`state: { redis: "redis://:pa55word@127.0.0.1:9" }${smallBeaconFleet}`);
  try {
    const ready = await fetch(`${breakwater.admin}/readyz`);
    const { degraded } = (await ready.json()) as { degraded?: string };
    assert.equal(ready.status, 200);
    assert.match(degraded ?? "", /^state cannot be kept: no connection to Redis: ECONNREFUSED$/);
    await prepare(breakwater);
    const pages = await Promise.all(
      ["metrics", "api/status", "api/validators", "readyz"].map(async (page) =>
        (await fetch(`${breakwater.admin}/${page}`)).text(),
      ),
    );
    assert.match(pages[0] ?? "", /^breakwater_state_trouble\{store="redis"\} 1$/m);
    assert.match(breakwater.output(), /WARN +state cannot be kept store=redis/);
    assert.doesNotMatch([...pages, breakwater.output().replace(/^warning: .*$/m, "")].join("\n"), /pa55word/);
  } finally {
    assert.equal(await breakwater.stop(), 0, breakwater.output());
  }
});
