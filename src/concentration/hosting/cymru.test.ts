import assert from "node:assert/strict";
import { test } from "node:test";
import { askCymru, originOf, questionOf } from "./cymru.ts";

const zone = new Map([
  ["1.1.216.95.origin.asn.cymru.com", ["24940 | 95.216.0.0/15 | DE | ripencc | 2009-07-14"]],
  ["2.1.216.95.origin.asn.cymru.com", ["24940 | 95.216.0.0/15 | DE | ripencc | 2009-07-14"]],
  ["9.9.9.9.origin.asn.cymru.com", ["19281 | 9.9.9.0/24 | US | arin | 2017-09-13"]],
  ["AS24940.asn.cymru.com", ["24940 | DE | ripencc | 2002-06-03 | HETZNER-AS, DE"]],
]);

function cymru(addresses: readonly string[]) {
  const asked: string[] = [];
  const texts = async (name: string) => {
    asked.push(name);
    return zone.get(name) ?? { problem: "ENOTFOUND" };
  };
  const providerOfAsn = (asn: number) => (asn === 24940 ? "hetzner" : undefined);
  return askCymru(addresses, { texts }, providerOfAsn).then((answer) => ({ ...answer, asked }));
}

test("cymru: who announces an address is asked live, and who that is once for all its addresses", async () => {
  const { places, problem, asked } = await cymru(["95.216.1.1", "95.216.1.2", "95.216.1.2"]);
  const told = { asn: 24940, organisation: "HETZNER-AS, DE", provider: "hetzner" };
  assert.deepEqual([places("95.216.1.1"), places("95.216.1.2"), problem], [told, told, undefined]);
  assert.equal(asked.filter((name) => name === "AS24940.asn.cymru.com").length, 1);
  assert.equal(asked.length, 3);
});

test("cymru: what is not answered is not known, and a system without a name is still told", async () => {
  const { places, problem } = await cymru(["9.9.9.9", "8.8.8.8"]);
  assert.deepEqual(places("9.9.9.9"), { asn: 19281 });
  assert.deepEqual([places("8.8.8.8"), problem], [undefined, "ENOTFOUND"]);
});

test("cymru: private addresses are not told to anybody outside, and of very many only the first 512 are asked about", async () => {
  assert.deepEqual((await cymru(["10.0.0.1", "::1", "192.168.0.7"])).asked, []);
  const many = Array.from({ length: 1_000 }, (_, index) => `8.8.${index >> 8}.${index & 255}`);
  assert.equal((await cymru(many)).asked.length, 512);
});

test("cymru: the question is the address backwards, by bytes or by nibbles", () => {
  assert.equal(questionOf("95.216.1.2"), "2.1.216.95.origin.asn.cymru.com");
  const ipv6 = questionOf("2a01:4f8::1");
  assert.equal(ipv6, `1.${"0.".repeat(23)}8.f.4.0.1.0.a.2.origin6.asn.cymru.com`);
});

test("cymru: of several answers the longest prefix counts, and of several systems the first; nonsense is none", () => {
  const table: [texts: string[], asn: number | undefined][] = [
    [["3356 | 8.0.0.0/9 | US | arin | 1992", "15169 | 8.8.8.0/24 | US | arin | 1992"], 15_169],
    [["15169 | 8.8.8.0/24 | US | arin | 1992", "3356 | 8.0.0.0/9 | US | arin | 1992"], 15_169],
    [["23028 1234 | 216.90.108.0/24 | US | arin | 1998-09-25"], 23_028],
    [["24940 | 2a01:4f8::/32 | DE | ripencc | 2007"], 24_940],
    [["NA | 8.8.8.0/24 | US | arin | 1992"], undefined],
    [[], undefined],
  ];
  for (const [texts, asn] of table) assert.equal(originOf(texts), asn, texts.join());
});
