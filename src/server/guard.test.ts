import assert from "node:assert/strict";
import { test } from "node:test";
import { bears, isLoopbackAddress, isLoopbackName, nameIn } from "./guard.ts";

test("guard: only addresses of the machine itself are loopback", () => {
  for (const own of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
    assert.equal(isLoopbackAddress(own), true, own);
  for (const other of ["10.0.0.1", "::ffff:10.0.0.1", "::", "0.0.0.0", "fe80::1", "localhost", "", undefined]) {
    assert.equal(isLoopbackAddress(other), false, other);
  }
});

test("guard: names that no foreign name server can give out are loopback", () => {
  for (const own of ["localhost", "breakwater.localhost", "127.0.0.1", "::1"])
    assert.equal(isLoopbackName(own), true, own);
  for (const other of ["localhost.evil.example", "127.0.0.1.nip.io", "evil-localhost", "example.org", ""]) {
    assert.equal(isLoopbackName(other), false, other);
  }
});

test("guard: the name in a Host header is read without its port, and nonsense is no name", () => {
  const table: [header: string | undefined, name: string | undefined][] = [
    ["LocalHost:9545", "localhost"],
    ["[::1]:9545", "::1"],
    ["[::1]", "::1"],
    ["example.org", "example.org"],
    ["localhost:9545@evil.example", undefined],
    ["localhost/evil.example", undefined],
    ["::1", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [header, name] of table) assert.equal(nameIn(header), name, header);
});

test("guard: exactly the token, presented as a bearer's, opens", () => {
  for (const right of ["Bearer s3cret", "bearer  s3cret"]) assert.equal(bears(right, "s3cret"), true, right);
  for (const wrong of ["Bearer s3cre", "Bearer s3crets", "Bearer ", "Basic s3cret", "s3cret", "", undefined]) {
    assert.equal(bears(wrong, "s3cret"), false, wrong);
  }
});
