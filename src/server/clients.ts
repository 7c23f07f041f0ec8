import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Residency } from "../core/residency.ts";

/** A client that is known by its key. */
export interface KnownClient {
  readonly name: string;
  readonly key: string;
  readonly residency: Residency;
}

/** Who asks: somebody known, somebody without a key who may ask all the same, or somebody who is refused, and why. */
export type Identified = { readonly residency: Residency | undefined } | { readonly refused: string };

const anybody: Identified = { residency: undefined };

/**
 * Tells clients by the key that they present, as `authorization: Bearer KEY` or `x-api-key: KEY`. A key that nobody has is
 * refused; none at all only where keys are `required`. Keys are looked up by their digest, so that how long it takes says
 * nothing of how much of a key is right.
 */
export function createClients(
  known: readonly KnownClient[],
  required: boolean,
): (headers: IncomingHttpHeaders) => Identified {
  const byDigest = new Map(known.map(({ key, residency }): [string, Identified] => [digest(key), { residency }]));
  if (known.length === 0 && !required) return () => anybody;
  return (headers) => {
    const key = keyIn(headers);
    if (key === undefined) return required ? { refused: "a key is needed: authorization: Bearer KEY" } : anybody;
    return byDigest.get(digest(key)) ?? { refused: "the key is not known here" };
  };
}

function keyIn({ authorization, "x-api-key": own }: IncomingHttpHeaders): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  return bearer ?? (typeof own === "string" && own !== "" ? own : undefined);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
