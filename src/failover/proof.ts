/** Probes in a row that show a member to be well whose every probe failed before. */
const fewest = 5;

/** And no more than these, however seldom one failed: who is nearly well must come back some day. */
const most = 20;

/** One that goes on failing as often as before may pass so many in a row by chance no more often than this. */
const risk = 0.001;

/**
 * How many probes in a row must pass to show that a member is well of whose probes this share, 0..1, failed while it was out.
 * What fails half of all requests passes n of them with a chance of 0.5^n, and is probed a hundred times in a minute: with a
 * fixed handful it would be back in the midst of its outage.
 */
export function passesFor(failingShare: number): number {
  const needed = Math.ceil(Math.log(risk) / Math.log(1 - failingShare));
  return Math.min(most, Math.max(fewest, needed));
}
