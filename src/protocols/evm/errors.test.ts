import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type FaultKind, type FaultRule, faultKinds, ruleOf } from "../../core/outcome.ts";
import { bodyRules, type ErrorRule, errorRules, traceOutOfTime } from "./error-rules.ts";
import { type Judgement, judgeBody, judgeError, judgeResult } from "./errors.ts";

interface Fixture {
  readonly source: string;
  readonly method: string;
  readonly status: number;
  readonly contentType: string;
  /** The body: an object where it is JSON-RPC, else the text as it came. */
  readonly body:
    | string
    | { readonly result: unknown }
    | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };
  readonly rule: string;
  readonly expect: string;
}

const folder = new URL("fixtures/", import.meta.url);
const fixtures = readdirSync(folder).map(
  (file) => [file, JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Fixture[]] as const,
);
const all = fixtures.flatMap(([, list]) => list);

function judge({ method, status, contentType, body }: Fixture): Judgement | undefined {
  if (typeof body === "string") return judgeBody({ method, status, contentType, body });
  if ("result" in body) return judgeResult(method, Buffer.from(JSON.stringify(body.result)));
  const { code, message, data } = body.error;
  return judgeError({ method, status, contentType, code, message, data });
}

for (const [file, list] of fixtures) {
  test(`error rules: each reply in ${file} is judged by the rule meant for it`, () => {
    const judged = list.map((fixture) => ({ ...fixture, ...judge(fixture) }));
    const expected = list.map((fixture) => ({ ...fixture, verdict: fixture.expect }));
    assert.deepEqual(judged, expected);
  });
}

test("error rules: each rule is the first to match some recorded reply", () => {
  const hit = new Set(all.map((fixture) => judge(fixture)?.rule));
  const names = [...errorRules, ...bodyRules, traceOutOfTime].map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => !hit.has(name)),
    [],
  );
  assert.equal(new Set(names).size, names.length, "a name stands for one rule");
});

/** One method of each class that rules ask for, and one that none does. */
const callOf = { other: "eth_call", send: "eth_sendRawTransaction", logs: "eth_getLogs", trace: "trace_block" };
/** A code and a status that say nothing. */
const plain = { status: 200, code: 1, message: "", data: undefined, body: "", contentType: "application/json" };

/** For each sign of a rule, a reply that shows this sign and no other. Of a long range of numbers any one will do. */
function signsOf({ statuses = [], codes = [], texts = [], exact = [], html }: ErrorRule): Partial<typeof plain>[][] {
  const words = [...texts.map((phrase) => phrase.join(" 7 ")), ...exact];
  const numbers = [statuses.map((status) => ({ status })), codes.map((code) => ({ code }))];
  return [
    ...numbers.flatMap((list) => (list.length > 10 ? [list] : list.map((one) => [one]))),
    ...words.map((text) => [{ message: text, body: text }]),
    ...(html ? [[{ contentType: "text/html" }]] : []),
  ];
}

for (const [subject, rules, decide] of [
  ["error", errorRules, judgeError],
  ["body", bodyRules, judgeBody],
] as const) {
  test(`${subject} rules: no sign of a rule is hidden by an earlier rule`, () => {
    const decides = (rule: ErrorRule, sign: Partial<typeof plain>) =>
      Object.values(callOf).some((method) => decide({ ...plain, ...sign, method }).rule === rule.name);
    const hidden = rules.flatMap((rule) =>
      signsOf(rule)
        .filter((signs) => !signs.some((sign) => decides(rule, sign)))
        .map((signs) => [rule.name, decide({ ...plain, ...signs[0], method: "eth_call" }).rule, signs]),
    );
    assert.deepEqual(hidden, []);
  });
}

test("error rules: words that a client can make a node repeat hold no upstream off", () => {
  const holding = errorRules.filter(({ verdict }) => !["none", "method"].includes(holdOf(verdict)));
  assert.ok(holding.length > 0);
  const words = holding.flatMap(({ texts }) => (texts ?? []).map((phrase) => phrase.join(" ")));
  for (const word of words) {
    for (const [code, message] of [
      [3, `execution reverted: ${word}`],
      [-32000, `err: execution reverted: ${word} (supplied gas 50000000)`],
      [-32602, `invalid value "${word}" supplied to : ADDRESS`],
      [-32000, word],
      [-32603, word],
    ] as const) {
      const { verdict } = judgeError({ ...plain, code, message, method: "debug_traceCall" });
      assert.ok(["none", "method"].includes(holdOf(verdict)), `${code} ${message} is taken for ${verdict}`);
    }
  }
});

function holdOf(verdict: string): string {
  return verdict === "answer" || verdict === "already_known" ? "none" : ruleOf(verdict as FaultKind).hold;
}

test("judgeError: what stands far back in a long message does not count", () => {
  const message = `${"x".repeat(600)} rate limit`;
  assert.equal(judgeError({ ...plain, message, method: "eth_call" }).rule, "foreign_code");
});

test("judgeResult: only a tracer's own report of running out of time spoils a trace", () => {
  const judged = (method: string, result: unknown) => judgeResult(method, Buffer.from(JSON.stringify(result)))?.rule;
  assert.equal(judged("debug_traceBlockByHash", [{ error: "execution timeout" }]), "trace_out_of_time");
  assert.equal(judged("debug_traceBlockByHash", [{ error: "out of gas" }]), undefined);
  assert.equal(judged("debug_traceTransaction", { revertReason: "no execution timeout here" }), undefined);
  assert.equal(judged("eth_getLogs", [{ error: "execution timeout" }]), undefined);
});

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
/** The cells of all rows of tables that begin in a certain way. */
const tableRows = (first: RegExp) =>
  page
    .split("\n")
    .filter((line) => first.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const next = { never: "no", once: "one", other: "yes" } as const satisfies Record<FaultRule["next"], string>;
const health = { none: "no", soft: "a little", hard: "yes" } as const satisfies Record<FaultRule["health"], string>;
const hold = {
  none: "no",
  brief: "seconds",
  backoff: "as it asks, or growing pauses",
  long: "long",
  method: "for this method",
} as const satisfies Record<FaultRule["hold"], string>;

test("docs/errors.md says of each kind of fault what is done about it", () => {
  const expected = faultKinds.map((kind) => {
    const rule = ruleOf(kind);
    const words = `${rule.status}, ${rule.verbatim ? "the upstream's" : "our"} words`;
    return [`\`${kind}\``, next[rule.next], health[rule.health], hold[rule.hold], words];
  });
  assert.deepEqual(tableRows(/^\| `/), expected);
});

test("docs/errors.md says of each rule for EVM replies what it takes them for", () => {
  const written = tableRows(/^\| \d+ \| `/).map(([row, name, , verdict]) => [Number(row), name, verdict]);
  const word = (verdict: string) =>
    verdict === "already_known" ? "success" : verdict === "answer" ? verdict : `\`${verdict}\``;
  const rules = [...errorRules, ...bodyRules, traceOutOfTime];
  const expected = rules.map(({ row, name, verdict }) => [row, `\`${name}\``, word(verdict)]);
  assert.deepEqual(written.map(String).sort(), expected.map(String).sort());
});

test("docs/errors.md has all 26 rows of the table of errors", () => {
  const rows = new Set(tableRows(/^\| \d+ \|/).map(([row]) => Number(row)));
  assert.deepEqual(
    [...rows].sort((a, b) => a - b),
    Array.from({ length: 26 }, (_, index) => index + 1),
  );
});
