import assert from "node:assert/strict";
import { test } from "node:test";
import { PeerMemory } from "./memory.ts";

const dayMs = 86_400_000;
const addresses = (memory: PeerMemory) => memory.all().map(({ network, address }) => `${network} ${address}`);

test("peer memory: a peer that several nodes know counts once, where it was seen last; on another network it is another", () => {
  const memory = new PeerMemory();
  memory.note("ethereum", { id: "a", address: "95.216.1.1" }, 0);
  memory.note("ethereum", { id: "b", address: "95.216.1.1" }, 0);
  memory.note("ethereum", { id: "a", address: "52.94.76.1" }, 1);
  memory.note("gnosis", { id: "a", address: "52.94.76.1" }, 1);
  assert.deepEqual(addresses(memory), ["ethereum 95.216.1.1", "ethereum 52.94.76.1", "gnosis 52.94.76.1"]);
});

test("peer memory: without an id the address is what a peer is known by, however it is written", () => {
  const memory = new PeerMemory();
  for (const address of ["95.216.1.1", "::ffff:95.216.1.1", "2a01:4f8:c2c::1", "2A01:4F8:C2C:0::1"]) {
    memory.note("ethereum", { id: undefined, address }, 0);
  }
  assert.deepEqual(addresses(memory), ["ethereum 95.216.1.1", "ethereum 2A01:4F8:C2C:0::1"]);
});

test("peer memory: at an address that nobody outside has there is nobody to count", () => {
  const memory = new PeerMemory();
  for (const address of ["127.0.0.1", "10.0.0.7", "192.168.1.2", "100.64.0.1", "::1", "fe80::1", "fd00::1", "x", ""]) {
    memory.note("ethereum", { id: address, address }, 0);
  }
  assert.deepEqual(memory.all(), []);
});

test("peer memory: whom nobody told of for a day is forgotten, and who is told of again stays", () => {
  const memory = new PeerMemory();
  memory.note("ethereum", { id: "a", address: "95.216.1.1" }, 0);
  memory.note("ethereum", { id: "b", address: "95.216.1.2" }, 10);
  memory.note("ethereum", { id: "a", address: "95.216.1.1" }, dayMs);
  memory.expire(dayMs + 10);
  assert.deepEqual(addresses(memory), ["ethereum 95.216.1.2", "ethereum 95.216.1.1"]);
  memory.expire(dayMs + 11);
  assert.deepEqual(addresses(memory), ["ethereum 95.216.1.1"]);
});

test("peer memory: when it is full, whoever was told of longest ago goes", () => {
  const memory = new PeerMemory(2);
  for (const id of ["a", "b", "a", "c"]) memory.note("ethereum", { id, address: "95.216.1.1" }, 0);
  memory.note("ethereum", { id: "d", address: "95.216.1.4" }, 0);
  assert.deepEqual(addresses(memory), ["ethereum 95.216.1.1", "ethereum 95.216.1.4"]);
});

test("peer memory: who hosts a peer is remembered until it moves", () => {
  const memory = new PeerMemory();
  memory.note("ethereum", { id: "a", address: "95.216.1.1" }, 0);
  for (const peer of memory.all()) peer.place = { provider: "hetzner" };
  memory.note("ethereum", { id: "a", address: "95.216.1.1" }, 1);
  assert.equal(memory.all()[0]?.place?.provider, "hetzner");
  memory.note("ethereum", { id: "a", address: "52.94.76.1" }, 2);
  assert.equal(memory.all()[0]?.place, undefined);
});
