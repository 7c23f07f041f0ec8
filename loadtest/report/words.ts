/** `0.21 s`; a dash for what never happened. k6's JavaScript has no Intl, so numbers are written by hand. */
export function time(ms: number | undefined): string {
  if (ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 100) return `${trimmed(ms, 1)} ms`;
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${trimmed(ms / 1_000, ms < 10_000 ? 2 : 1)} s`;
}

/** `1,234,567`. */
export function count(value: number): string {
  return Math.round(value)
    .toFixed(0)
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `99.95 %` of a share 0..1; three digits where two would show a failure as none. */
export function percent(share: number | undefined): string {
  if (share === undefined || Number.isNaN(share)) return "–";
  const digits = share > 0.999 && share < 1 ? 3 : 2;
  return `${(Math.floor(share * 100 * 10 ** digits) / 10 ** digits).toFixed(digits)} %`;
}

/** Lines with their columns aligned: the first to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `${indent}${cells.join("  ")}`.trimEnd();
  });
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0+$/, "");
}
