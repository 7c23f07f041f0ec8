/**
 * Where calls may be answered: lists of countries, as two small letters (ISO 3166). With an `allow` list nowhere else; a
 * country on the `deny` list never. An upstream whose country nobody knows is in none that is allowed, and may be in one
 * that is denied, so it is refused by either.
 */
export interface Residency {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** May an upstream under the law of this country answer? All rules must let it. */
export function mayReside(jurisdiction: string | undefined, rules: readonly Residency[]): boolean {
  return rules.every(({ allow, deny }) => {
    if (allow.length === 0 && deny.length === 0) return true;
    if (jurisdiction === undefined || deny.includes(jurisdiction)) return false;
    return allow.length === 0 || allow.includes(jurisdiction);
  });
}

/** The rules that say anything. */
export function effective(rules: readonly (Residency | undefined)[]): readonly Residency[] {
  return rules.filter((rule) => rule !== undefined && rule.allow.length + rule.deny.length > 0) as readonly Residency[];
}

/** Rules in words, for whoever is refused: `only in de, fr and not in us`. */
export function residencyInWords(rules: readonly Residency[]): string {
  const parts = rules.flatMap(({ allow, deny }) => [
    ...(allow.length > 0 ? [`only in ${allow.join(", ")}`] : []),
    ...(deny.length > 0 ? [`not in ${deny.join(", ")}`] : []),
  ]);
  return parts.join(" and ");
}
