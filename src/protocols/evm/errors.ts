import type { FaultKind } from "../../core/outcome.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { bodyRules, type ErrorRule, errorRules, heavy, traceOutOfTime, type Verdict } from "./error-rules.ts";
import type { Phrase } from "./error-texts.ts";
import { traitsOf } from "./methods.ts";

/** What a reply was taken for, and the rule that said so. */
export interface Judgement<V extends Verdict = Verdict> {
  readonly rule: string;
  readonly verdict: V;
}

interface Reply {
  /** The HTTP status. */
  readonly status: number;
  readonly contentType: string | undefined;
  /** The method that was called. */
  readonly method: string;
}

/** A reply with a JSON-RPC error in it; `data` is parsed JSON. */
export interface ErrorReply extends Reply {
  readonly code: number;
  readonly message: string;
  readonly data: unknown;
}

/** A reply without a JSON-RPC response in it; of `body` the first kilobyte is enough. */
export interface BodyReply extends Reply {
  readonly body: string;
}

/** How much of a message, and of its data, is read: what decides stands at the beginning. */
const readLength = 512;

/** Is a JSON-RPC error an answer or a fault, and which? */
export function judgeError(reply: ErrorReply): Judgement {
  const message = reply.message.slice(0, readLength);
  const data = dataText(reply.data);
  const text = (data === "" ? message : `${message}\n${data}`).toLowerCase();
  return decide(compiledErrors, reply.method, reply.status, reply.code, text, false);
}

/** Which fault is a reply that holds no JSON-RPC response? */
export function judgeBody(reply: BodyReply): Judgement<FaultKind> {
  const { body, contentType } = reply;
  const html = contentType?.includes("html") === true || body.trimStart().startsWith("<");
  return decide(compiledBodies, reply.method, reply.status, 0, body.toLowerCase(), html);
}

/**
 * Is a result a failure in itself? So are traces in which a transaction ran out of time: geth reports that inside of a
 * successful response. Quick enough for results of any size; most methods are not looked at.
 */
export function judgeResult(method: string, payload: Uint8Array): Judgement<FaultKind> | undefined {
  if (!heavy.includes(traitsOf(method).name)) return undefined;
  return asBuffer(payload).includes('"execution timeout"') ? outOfTime : undefined;
}

/** What the data of an error adds to its message. Of a revert's data only the selector is of interest. */
function dataText(data: unknown): string {
  if (typeof data === "string") return data.startsWith("0x") ? data.slice(0, 10) : data.slice(0, readLength);
  if (typeof data !== "object" || data === null || !("message" in data)) return "";
  return typeof data.message === "string" ? data.message.slice(0, readLength) : "";
}

/** A rule made ready for matching. */
interface Compiled<V extends Verdict> {
  readonly rule: ErrorRule<V>;
  readonly judgement: Judgement<V>;
  readonly statuses: ReadonlySet<number>;
  readonly codes: ReadonlySet<number>;
  readonly texts: readonly Phrase[];
  /** It has no sign, and so matches everything. */
  readonly always: boolean;
}

function compile<V extends Verdict>(rule: ErrorRule<V>): Compiled<V> {
  const { name, verdict, statuses, codes, texts, exact, html } = rule;
  return {
    rule,
    judgement: { rule: name, verdict },
    statuses: new Set(statuses),
    codes: new Set(codes),
    texts: texts ?? [],
    always: !statuses && !codes && !texts && !exact && !html,
  };
}

const compiledErrors = errorRules.map(compile);
const compiledBodies = bodyRules.map(compile);
const { judgement: outOfTime } = compile(traceOutOfTime);

function decide<V extends Verdict>(
  rules: readonly Compiled<V>[],
  method: string,
  status: number,
  code: number,
  text: string,
  html: boolean,
): Judgement<V> {
  const { name } = traitsOf(method);
  for (const compiled of rules) {
    const { rule } = compiled;
    if (rule.classes !== undefined && !rule.classes.includes(name)) continue;
    if (
      compiled.always ||
      compiled.statuses.has(status) ||
      compiled.codes.has(code) ||
      (html && rule.html === true) ||
      saysSo(compiled, name, status, code, text)
    ) {
      return compiled.judgement;
    }
  }
  throw new Error("the last rule matches everything");
}

/** Does the text speak for the rule, and is it the upstream's own? */
function saysSo(
  { rule, texts }: Compiled<Verdict>,
  className: string,
  status: number,
  code: number,
  text: string,
): boolean {
  if (rule.echoes && status < 300 && (rule.echoes.includes(code) || heavy.includes(className))) return false;
  if (rule.exact?.includes(text) === true) return true;
  for (const phrase of texts) if (contains(text, phrase)) return true;
  return false;
}

/** Do the pieces stand in the text, in order? */
function contains(text: string, phrase: Phrase): boolean {
  let from = 0;
  for (const piece of phrase) {
    const found = text.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return true;
}
