import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, textOf } from "../../lib/latin1.ts";
import { type Item, isRefusal, type Messages, type RpcError, readMessages } from "./message.ts";

const limits = { batchItems: 3, jsonDepth: 8 };
const read = (text: string): Messages | RpcError => readMessages(Buffer.from(text), limits);
const items = (text: string): readonly Item[] => {
  const messages = read(text);
  assert.ok("items" in messages, text);
  return messages.items;
};
const only = (text: string): Item => {
  const all = items(text);
  assert.equal(all.length, 1);
  return all[0] as Item;
};

test("readMessages: an id of every legal shape comes out as it was written", () => {
  for (const id of [
    "1",
    "0",
    "-7",
    "1.5",
    "1.0",
    "1e3",
    "9223372036854775809",
    '"x"',
    '"\\u00e9\\""',
    '""',
    "null",
    '"é😀"',
  ]) {
    for (const text of [
      `{"jsonrpc":"2.0","id":${id},"method":"m","params":[]}`,
      ` { "method" : "m" , "params" : [ ] , "id" : ${id} } `,
      `\ufeff{"id":${id},"method":"m"}`,
    ]) {
      const item = only(text);
      assert.ok(!isRefusal(item), text);
      assert.equal(textOf(bytesOf(item.id ?? "")), textOf(Buffer.from(id)), text);
    }
  }
});

test("readMessages: no id is a notification, an id of null is not", () => {
  assert.equal(only('{"method":"m"}').id, undefined);
  assert.equal(only('{"method":"m","id":null}').id, "null");
});

test("readMessages: params keep their spelling, and may be absent, null, an array or an object", () => {
  const params = ["[1.0, 9223372036854775809]", '{"a" : [1]}', "[]"];
  for (const text of params) {
    const item = only(`{"id":1,"method":"m","params":${text}}`);
    assert.ok(!isRefusal(item));
    assert.equal(item.paramsText, text);
  }
  for (const text of ['{"id":1,"method":"m"}', '{"id":1,"method":"m","params":null}']) {
    const item = only(text);
    assert.ok(!isRefusal(item));
    assert.equal(item.paramsText, undefined);
  }
});

test("readMessages: of doubled keys the last counts, and an escaped key is the same key", () => {
  const doubled = only('{"id":1,"id":2,"method":"a","method":"b","params":[1],"params":[2]}');
  assert.ok(!isRefusal(doubled));
  assert.deepEqual([doubled.id, doubled.method, doubled.paramsText], ["2", "b", "[2]"]);
  const escaped = only('{"\\u0069d":7,"method":"m","p\\u0061rams":[3]}');
  assert.ok(!isRefusal(escaped));
  assert.deepEqual([escaped.id, escaped.paramsText], ["7", "[3]"]);
  const both = only('{"id":1,"\\u0069d":2,"method":"m","params":[1],"p\\u0061rams":[2]}');
  assert.ok(!isRefusal(both));
  assert.deepEqual([both.id, both.params, both.paramsText], ["2", [2], "[2]"], "what is judged is what is passed on");
});

test("readMessages: a message that is no call is refused in its own place, with its id where it has one", () => {
  const cases: [string, string, string][] = [
    ["1", "null", "invalid_request"],
    ["[]", "", "empty_batch"],
    ['{"id":{},"method":"m"}', "null", "invalid_id"],
    ['{"id":true,"method":"m"}', "null", "invalid_id"],
    ['{"id":5}', "5", "invalid_method"],
    ['{"id":5,"method":3}', "5", "invalid_method"],
    ['{"id":"a","method":""}', '"a"', "invalid_method"],
    ['{"id":5,"method":"m","params":"x"}', "5", "invalid_params"],
    ['{"id":5,"jsonrpc":"1.0","method":"m"}', "5", "invalid_version"],
    ["", "", "parse_error"],
    ['{"id":1,', "", "parse_error"],
    ["<html>", "", "parse_error"],
    ["[1,2,3,4]", "", "batch_too_large"],
    ["[[[[[[[[[]]]]]]]]]", "", "too_deep"],
  ];
  for (const [text, id, reason] of cases) {
    const result = read(text);
    if ("items" in result) {
      const item = result.items[0] as Item;
      assert.ok(isRefusal(item), text);
      assert.deepEqual([item.id, item.error.data.reason], [id, reason], text);
    } else assert.equal(result.data.reason, reason, text);
  }
});

test("readMessages: a batch keeps order, doubled ids and bad items side by side", () => {
  const all = items(' \n[{"id":1,"method":"a"}, 7 ,{"id":1,"method":"b","params":[ "x,]" ]}]');
  assert.deepEqual(
    all.map((item) => (isRefusal(item) ? item.error.data.reason : `${item.method} ${item.id} ${item.paramsText}`)),
    ["a 1 undefined", "invalid_request", 'b 1 [ "x,]" ]'],
  );
});
