import { createHash } from "node:crypto";
import type { Caller } from "../core/call.ts";
import type { Alarm } from "../core/observer.ts";
import { type Doppelganger, DoppelgangerWatch } from "./doppelganger.ts";

/** What somebody does for a validator, by its index; `undefined` where it says none. */
export interface Act {
  readonly validator?: number | undefined;
}

/** Hears who acts for which validators. */
export type CallerWatch = (caller: Caller | undefined, acts: readonly Act[]) => void;

/**
 * Raises an alarm when two clients act for the same validators and both go on: then both sign, and what they sign may
 * differ. To act is to prepare a proposal, to subscribe to committees, or to publish what was signed. Who merely asks for
 * duties, as monitoring does, does not act; and a client that takes another's place, or comes back at another address, is
 * not told, since the one before is silent from then on. `epochOf` tells the present epoch, once known.
 */
export function createCallerWatch(alarm: (alarm: Alarm) => void, epochOf: () => number | undefined): CallerWatch {
  const watch = new DoppelgangerWatch();
  return (caller, acts) => {
    const epoch = epochOf();
    if (!caller || epoch === undefined) return;
    const validators = acts.flatMap(({ validator }) => validator ?? []);
    const double = watch.heard(`${caller.address} ${caller.agent}`, validators, epoch);
    if (double?.both) alarm({ what: "two_clients", because: inWords(double), upstream: undefined });
  };
}

function inWords({ callers, count, validators }: Doppelganger): string {
  const more = count > validators.length ? ` and ${count - validators.length} more` : "";
  const who = callers.map(shown).join(" and ");
  return `two clients act for ${count === 1 ? "validator" : "validators"} ${validators.join(", ")}${more}: ${who}`;
}

/** The program, and an address by the first digits of its SHA-256: enough to know one's own by, and no address. */
function shown(caller: string): string {
  const space = caller.indexOf(" ");
  const digest = createHash("sha256").update(caller.slice(0, space)).digest("hex").slice(0, 8);
  return `${caller.slice(space + 1) || "a program without a name"} at ${digest}`;
}
