import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action, Decision } from "../core/failover.ts";
import { ManualClock } from "../lib/manual-clock.ts";
import { Journal } from "./journal.ts";
import { timelineSvg } from "./timeline.ts";

/** A picture of a hundred seconds, so that a second is 9.4 pixels, with these decisions. */
function draw(...decisions: [at: number, action: Action, shadow?: boolean][]): string {
  const journal = new Journal(new ManualClock(), 0);
  for (const [at, action, shadow = false] of decisions) {
    journal.decisions.push({ at, decision: { action, subject: "provider:a&b", shadow } as Decision });
  }
  const run = { name: "x", journal };
  const windows = [{ from: 10_000, to: 20_000, label: "errors: a" }];
  const parts = { title: "t", subtitle: "s", durationMs: 100_000, rate: 10, windows, series: [] };
  return timelineSvg({ ...parts, shown: run, compared: run });
}

/** Where bars of the strip of failure domains begin, how long they are, and their colour. */
function bars(picture: string): string[] {
  const found = picture.matchAll(/<rect x="([\d.]+)" y="346" width="([\d.]+)" height="16" fill="(#\w+)"/g);
  return [...found].map(([, x, width, fill]) => `${x} ${width} ${fill}`);
}

test("time line: shows when a failure domain was out, on trial and coming back, until it was closed or the run ended", () => {
  const picture = draw([10_000, "open"], [20_000, "half_open"], [30_000, "ramp"], [40_000, "close"], [90_000, "open"]);
  assert.deepEqual(bars(picture), ["174 94 #1f2933", "268 94 #6b7884", "362 94 #b4bec8", "926 94 #1f2933"]);
  assert.match(picture, />provider:a&#38;b<.*>ramp</s);
});

test("time line: leaves the strip empty without decisions, and for those that were not carried out", () => {
  assert.deepEqual(bars(draw()), []);
  assert.deepEqual(bars(draw([10_000, "open", true], [10_000, "watch"])), []);
  assert.doesNotMatch(draw(), />ramp</);
});

test("time line: a fault is shaded and named", () => {
  assert.match(draw(), /<rect x="174" [^>]*width="94" [^>]*fill="#fdecea"\/>\n<text [^>]*>errors: a</);
});
