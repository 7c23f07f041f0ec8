import type { Evidence, Row, Verdict } from "./verdict.ts";

/** The report of a trial, to be read: a table with an epoch in each line, and what is wrong. */
export function formatReport(evidence: Evidence, verdict: Verdict): string {
  const { duties, faults, slotsPerEpoch, groups, finalizedEpoch, lastEpoch, recordings, startSeconds } = evidence;
  const head = ["epoch", ...groups.flatMap(({ name }) => [name, "", "", ""]), "faults"];
  const second = ["", ...groups.flatMap(() => ["votes", "blocks", "sync", "late/head/target"]), ""];
  const lines = duties.map(({ epoch }) => {
    const own = groups.map(({ name }) => verdict.rows.find((row) => row.group === name && row.epoch === epoch) as Row);
    const struck = faults
      .filter(({ at }) => Math.floor(at / slotsPerEpoch) === epoch)
      .map(({ kind, node, at, healed }) => `${kind} ${node} ${at.toFixed(1)} to ${healed.toFixed(1)}`);
    return [`${epoch}`, ...own.flatMap(cells), struck.join(", ")];
  });
  const { target, control } = recordings;
  return [
    ...table([head, second, ...lines]),
    "",
    "done of all that were due; late: in a later block than the next; head, target: votes for another than the chain's",
    `nodes up after ${startSeconds.toFixed(1)} s; epoch ${finalizedEpoch} is final, epoch ${lastEpoch + 2} begins`,
    `votes of slots not judged, for their blocks were late: ${verdict.blind.join(", ") || "none"}`,
    `head events: ${target.heads.length} to the target's client, ${control.heads.length} to the control's; ` +
      `streams opened: ${target.streams.opened}, ${control.streams.opened}; failures: ${target.failures.length}, ` +
      `${control.failures.length}`,
    "",
    ...(verdict.failures.length === 0 ? ["The proof holds."] : ["The proof does not hold:", ...verdict.failures]),
  ].join("\n");
}

const cells = (row: Row): string[] => [
  `${row.votes - row.missedVotes}/${row.votes}`,
  `${row.proposals - row.missedProposals}/${row.proposals}`,
  `${row.syncs - row.missedSyncs}/${row.syncs}`,
  `${row.lateVotes}/${row.wrongHeads}/${row.wrongTargets}`,
];

/** Lines of columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** The same for programs: what was seen, without the blocks and messages themselves. */
export function reportJson(evidence: Evidence, verdict: Verdict): object {
  const { faults, finalizedEpoch, firstEpoch, lastEpoch, recordings, startSeconds } = evidence;
  const recorded = Object.entries(recordings).map(([name, { answers, failures, heads, streams, producers }]) => [
    name,
    { answers: Object.fromEntries(answers), failures, heads, streams, producers },
  ]);
  return {
    holds: verdict.failures.length === 0,
    ...{ firstEpoch, lastEpoch, finalizedEpoch, startSeconds },
    ...{ faults, ...verdict },
    clients: Object.fromEntries(recorded),
  };
}
