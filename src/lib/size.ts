const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** How a size is written: a number with a unit of 1000 (`128MB`) or of 1024 (`1MiB`), or plain bytes. */
export const sizePattern = /^(\d+(\.\d+)?)(B|[kK]B|MB|GB|KiB|MiB|GiB)?$/;

/** Bytes of a size as people write it (see {@link sizePattern}); `undefined` when it is none or no whole number of bytes. */
export function parseSize(text: string): number | undefined {
  const match = sizePattern.exec(text);
  if (!match) return undefined;
  const bytes = Number(match[1]) * (units[match[3] ?? "B"] as number);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
