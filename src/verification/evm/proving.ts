import type { Header } from "./header.ts";

/** What is so, whoever says otherwise. */
export interface Truth {
  /** In words, for evidence: what is proven, and by what. */
  readonly shown: string;
  /** Does an answer (JSON) say something else? */
  contradicts(text: string): boolean | Promise<boolean>;
}

/** How to get a proof: a question, and what to make of the answer. `undefined` from `read`: it proves nothing. */
export interface Proving {
  readonly method: string;
  readonly params: readonly unknown[];
  /** The block whose header the proof is checked against. */
  readonly height: number;
  read(answer: unknown, header: Header): Promise<Truth | undefined>;
}
