import { type Answer, type Fault, fault, type Outcome, ruleOf } from "../../core/outcome.ts";
import { asObject, objectOf, unsigned } from "./bodies.ts";
import { jsonAnswer } from "./own-answers.ts";

/** What a node rejected of a list, by place in the list: beacon-APIs, `types/http.yaml`, `IndexedErrorMessage`. */
export type Failures = ReadonlyMap<number, string>;

/** Says that a message was known already, in the words of any node: then it was taken. */
export type IsDuplicate = (message: string) => boolean;

/** Errors of a whole slot's messages, each with a sentence. */
const mostErrorBytes = 64 << 20;
const mostFailures = 1 << 17;
const mostMessage = 1_000;

/** What was rejected, when the outcome is an error that says so by index; `undefined` when it is anything else. */
export function failuresOf(outcome: Outcome): Failures | undefined {
  if (outcome.ok && !outcome.failed) return undefined;
  const { failures } = objectOf(outcome.payload, mostErrorBytes);
  if (!Array.isArray(failures) || failures.length === 0 || failures.length > mostFailures) return undefined;
  const found = new Map<number, string>();
  for (const failure of failures) {
    const { index, message } = asObject(failure);
    const place = unsigned(index);
    if (place === undefined || place >= mostFailures) return undefined;
    if (!found.has(place)) found.set(place, typeof message === "string" ? message.slice(0, mostMessage) : "");
  }
  return found;
}

/** The error that names those failures. */
function indexedError(failures: Failures, message: string): Answer {
  const list = [...failures].sort(([a], [b]) => a - b).map(([index, text]) => ({ index, message: text }));
  return jsonAnswer(400, { code: 400, message, failures: list });
}

/**
 * One outcome of those of all nodes that a publish was sent to. A success of any node is one: 200 before 202 before the
 * others. Otherwise, where nodes named what they rejected: what each of them rejected is rejected, and all else was taken
 * by somebody; if that is all, it is a success, too (there is no 207 in the API). A node that rejected the whole without
 * naming indices rejects each. A message known already was taken. Without any of that the fault which says most.
 */
export function mergeBroadcast(outcomes: readonly Outcome[], isDuplicate: IsDuplicate): Outcome {
  const success = firstSuccess(outcomes);
  if (success) return success;
  const rejections = outcomes.map(failuresOf).filter((failures) => failures !== undefined);
  if (rejections.length === 0) return outcomes.find(isRejection) ?? mostTelling(outcomes);
  const real = rejections.map((failures) => new Map([...failures].filter(([, message]) => !isDuplicate(message))));
  const [first, ...others] = real as [Map<number, string>, ...Map<number, string>[]];
  const everywhere = new Map([...first].filter(([index]) => others.every((failures) => failures.has(index))));
  return everywhere.size === 0
    ? jsonAnswer(200)
    : indexedError(everywhere, "some messages were rejected by every node that answered");
}

/**
 * Which of the messages at these places certainly nobody took: some node refused them, all that may have had them did so,
 * and none because it knew them. Of one that did not answer nobody knows.
 */
export function untakenBy(
  outcomes: readonly Outcome[],
  places: readonly number[],
  isDuplicate: IsDuplicate,
): ReadonlySet<number> {
  let left = places;
  let heard = false;
  for (const outcome of outcomes) {
    const failures = failuresOf(outcome);
    if (failures) left = left.filter((place) => failures.has(place) && !isDuplicate(failures.get(place) as string));
    const refused = failures !== undefined || isRejection(outcome);
    heard ||= refused;
    if (!refused && (outcome.ok || ruleOf(outcome.kind).delivered !== "no")) return new Set();
  }
  return new Set(heard ? left : []);
}

function firstSuccess(outcomes: readonly Outcome[]): Answer | undefined {
  const successes = outcomes.filter((outcome) => outcome.ok && !outcome.failed) as Answer[];
  return (
    successes.find(({ status }) => status === 200) ?? successes.find(({ status }) => status === 202) ?? successes[0]
  );
}

/** Did the node say that the request itself is wrong? */
function isRejection(outcome: Outcome): boolean {
  return outcome.ok ? outcome.failed : outcome.kind === "doubtful_request";
}

/** A fault after which a repetition may fare better is told before one that sounds final; the first of its kind. */
function mostTelling(outcomes: readonly Outcome[]): Outcome {
  const faults = outcomes.filter((outcome) => !outcome.ok) as Fault[];
  const told = faults.find(({ kind }) => ruleOf(kind).transient) ?? faults[0];
  return told ?? fault("no_upstream", "nobody was asked");
}

/**
 * The answer to a publish of which we left messages out: an error for each of those, beside whatever the others got,
 * whose places are counted anew among those that were sent.
 */
export function refusal(refused: Failures, rest: Outcome | undefined): Outcome {
  if (!rest || (rest.ok && !rest.failed)) return indexedError(refused, "some messages were not sent");
  const failures = failuresOf(rest);
  if (!failures) return rest;
  const places = placesLeft(refused, Math.max(...failures.keys()));
  const all = new Map(refused);
  for (const [index, message] of failures) all.set(places[index] as number, message);
  return indexedError(all, "some messages were not sent, some were rejected");
}

/** For each place up to `last` among the messages that were sent, its place in what the client sent. */
function placesLeft(refused: Failures, last: number): number[] {
  const places: number[] = [];
  for (let place = 0; places.length <= last; place++) {
    if (!refused.has(place)) places.push(place);
  }
  return places;
}
