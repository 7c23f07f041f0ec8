import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Script } from "node:vm";
import { faultSchema } from "../simulator/faults.ts";
import { statusPage } from "./status-page.ts";

const { html, headers } = statusPage;

function between(start: string, end: string): string {
  return html.slice(html.indexOf(start) + start.length, html.lastIndexOf(end));
}

const script = between("<script>", "</script>");

test("status page: its script is JavaScript, and finds every element that it asks for", () => {
  assert.doesNotThrow(() => new Script(script));
  const asked = [...script.matchAll(/byId\("([^"]+)"\)/g)].map(([, id]) => id as string);
  assert.ok(asked.length > 5);
  for (const id of asked) assert.ok(html.includes(`id="${id}"`), id);
});

test("status page: the browser may run this script and this style, and load nothing", () => {
  const policy = headers["content-security-policy"];
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  assert.ok(policy.includes(`script-src ${hash(script)};`));
  assert.ok(policy.includes(`style-src ${hash(between("<style>", "</style>"))};`));
  assert.match(policy, /^default-src 'none';/);
  assert.doesNotMatch(html, /\b(src|href)=|\bon\w+=|style=|https?:/);
  assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacent|document\.write|eval\(/);
});

test("status page: the faults that it offers are faults that the simulator knows", () => {
  const offered = [
    ...between('name="fault">', "</select>")
      .split("</select>")[0]!
      .matchAll(/value="(\w+)"/g),
  ];
  assert.ok(offered.length > 5);
  for (const [, kind] of offered) assert.ok(faultSchema.safeParse({ where: {}, fault: kind }).success, kind);
});
