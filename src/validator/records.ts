/** Records that were kept, or come from another instance, may be anything: what they are not is read as nothing. */

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Pairs of texts; what is none is left out. */
export function pairsIn(value: unknown): readonly (readonly [string, string])[] {
  return asArray(value).flatMap((pair) => {
    const [one, other] = asArray(pair);
    return typeof one === "string" && typeof other === "string" ? [[one, other] as const] : [];
  });
}

export function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
