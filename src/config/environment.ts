/** The variables of the process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Private-use characters that stand for the `${` and `}` of a reference while YAML is parsed. */
const open = "\uE000\uE000";
const close = "\uE001";
const hidden = new RegExp(`${open}([^${close}]*)${close}`, "g");

/**
 * Hides each `${NAME}` of a YAML text behind characters that mean nothing to YAML, so that a reference may also stand
 * unquoted between `{ }`. The text keeps its length, and every position its meaning.
 */
export function hideReferences(text: string): string {
  return text.replace(/\$\{([^}\n]*)\}/g, `${open}$1${close}`);
}

/** A text without references, the variables that it took its value from, and what is wrong with the others. */
export interface Expansion {
  readonly text: string;
  readonly variables: readonly string[];
  readonly problems: readonly string[];
}

/**
 * Puts the values of variables where a text with hidden references names them: `${NAME}`, or `${NAME:-default}` for
 * one that may be unset or empty. Problems name variables, never values.
 */
export function expand(text: string, env: Environment): Expansion {
  const variables: string[] = [];
  const problems: string[] = [];
  const expanded = text.replace(hidden, (_, reference: string) => {
    const match = /^([A-Za-z_]\w*)(?::-(.*))?$/.exec(reference);
    const name = match?.[1];
    if (name === undefined) {
      problems.push("refers to no variable: write ${NAME} or ${NAME:-default}");
      return "";
    }
    const value = (Object.hasOwn(env, name) && env[name]) || match?.[2];
    if (value === undefined) problems.push(`needs the environment variable ${name}, which is not set`);
    variables.push(name);
    return value ?? "";
  });
  return { text: expanded, variables, problems };
}
