import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "./random.ts";
import { redactText, redactUrl, secretsOf } from "./redact.ts";

const hex32 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const uuid = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";

test("redact: a URL is shown without what lets others in", () => {
  const table: [string, string][] = [
    [
      "https://eth-mainnet.g.alchemy.com/v2/aB3dEf-hIjK_mn0pQrStUvWxYz012345",
      "https://eth-mainnet.g.alchemy.com/v2/***",
    ],
    [`https://mainnet.infura.io/v3/${hex32}`, "https://mainnet.infura.io/v3/***"],
    [`https://a.b.quiknode.pro/${hex32}12345678/ext/bc/C/rpc`, "https://a.b.quiknode.pro/***/ext/bc/C/rpc"],
    [`https://eth-mainnet.blastapi.io/${uuid}`, "https://eth-mainnet.blastapi.io/***"],
    [`https://${hex32}.eth.rpc.example:8545/`, "https://***.eth.rpc.example:8545/"],
    ["https://me:secret@node.example:8545/rpc", "https://***@node.example:8545/rpc"],
    ["https://token@node.example", "https://***@node.example"],
    ["https://lb.example/ogrpc?network=eth&dkey=abc#frag", "https://lb.example/ogrpc?network=***&dkey=***#***"],
    ["https://lb.example/?abc", "https://lb.example/?***"],
    ["https://lb.example/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x", "https://lb.example/***.***.x"],
    ["http://[2001:db8::1]:8545/", "http://[2001:db8::1]:8545/"],
  ];
  for (const [url, shown] of table) assert.equal(redactUrl(url), shown);
});

test("redact: what is no secret stays readable", () => {
  for (const url of [
    "https://api.avax.network/ext/bc/C/rpc",
    "http://127.0.0.1:5052/eth/v1/beacon/states/head/finality_checkpoints",
    "https://node.example/eth/v1/validator/beacon_committee_subscriptions",
    "https://node.example/eth/v1/beacon/light_client/optimistic_update",
    "https://ethereum-sepolia-beacon-api.publicnode.com/",
    "https://eth.api.onfinality.io/public",
    "https://api.zan.top/node/v1/eth/mainnet",
    "https://node.somewhatlongcompanyname2.io/",
    "https://ec2-203-0-113-25.us-east-1.compute.amazonaws.com:8545",
    "https://arbitrum-sepolia-421614.node.example/starknet/rpc/v0_7",
  ]) {
    assert.equal(redactUrl(url), url);
    assert.deepEqual(secretsOf(url), []);
  }
});

test("redact: what is no URL is redacted as well, and nothing makes it throw", () => {
  const table: [string, string][] = [
    ["", ""],
    [`node.example/${hex32}`, "node.example/***"],
    ["me:secret@node.example/x", "***@node.example/x"],
    ["https://me:se/cr#e?t@node.example/x", "https://***@node.example/x"],
    [`https://{HOST}/${hex32}`, "https://{HOST}/***"],
    [`no url at all: ${hex32}`, "no url at all: ***"],
    ["https://%zz@node.example/%zz?%zz=%zz", "https://***@node.example/%zz?%zz=***"],
  ];
  for (const [text, shown] of table) {
    assert.equal(redactUrl(text), shown);
    assert.doesNotThrow(() => secretsOf(text));
  }
});

test("redact: random keys of every usual alphabet are hidden in path and host name", () => {
  const random = seededRandom(7);
  const alphabets: [string, number][] = [
    ["0123456789abcdef", 24],
    ["0123456789abcdefghijklmnopqrstuvwxyz", 20],
    ["123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 22],
    ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 22],
  ];
  for (const [alphabet, length] of alphabets) {
    for (let round = 0; round < 500; round++) {
      const key = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
      assert.equal(redactUrl(`https://node.example/v1/${key}`), "https://node.example/v1/***");
      assert.deepEqual(secretsOf(`https://node.example/v1/${key}`), [key]);
    }
  }
});

test("redact: a text loses every secret of a URL, also percent-decoded, the longer first", () => {
  const url = `https://me:p%40ss@node.example/v3/${hex32}?key=${hex32}aa&chain=main`;
  const text = `cannot reach ${url}: p@ss of me refused, ${hex32}aa and ${hex32}; chain main`;
  const shown = redactText(text, secretsOf(url));
  assert.equal(
    shown,
    "cannot reach https://me:***@node.example/v3/***?key=***&chain=main: *** of me refused, *** and ***; chain main",
  );
});

test("redact: a query value is a secret when it looks or is called like one", () => {
  const table: [string, string[]][] = [
    ["network=ethereum&dkey=short", ["short"]],
    ["chain=1&auth_token=hunter", ["hunter"]],
    [`id=${hex32}`, [hex32]],
    ["a=x1y2z3&verbose", ["x1y2z3"]],
    ["v=2&tier=archive-full", []],
  ];
  for (const [query, secrets] of table) assert.deepEqual(secretsOf(`https://node.example/?${query}`), secrets);
});
