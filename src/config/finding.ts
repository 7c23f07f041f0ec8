/** The way to a value in a document: keys of maps and indices of lists. */
export type Path = readonly PropertyKey[];

/** One thing to say about a document, and where it stands in it: line and column count from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `networks.ethereum.upstreams[0].region`; empty for the document as a whole. */
  readonly path: string;
  /** Continues the sentence that the path begins: "is not known". Quotes no value, for it may be a secret. */
  readonly message: string;
}

/** A path as people write it: `networks.ethereum.upstreams[0].region`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? String(step) : `${text}.${String(step)}`;
  }, "");
}

/** One line for people and editors: `config/x.yaml:12:7  networks.ethereum.upstreams[0].regoin is not known`. */
export function findingText({ file, line, column, path, message }: Finding): string {
  return `${file}:${line}:${column}  ${path === "" ? "the document" : path} ${message}`;
}

/** Orders findings as they stand in the document. */
export function byPlace(a: Finding, b: Finding): number {
  return a.line - b.line || a.column - b.column;
}
