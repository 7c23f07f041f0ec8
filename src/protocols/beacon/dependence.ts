import type { Answer } from "../../core/outcome.ts";
import { asBuffer } from "../../lib/latin1.ts";
import { headerOf, isSsz, rootOf } from "./bodies.ts";
import { memberOf, reach, skipSpace, textAt } from "./json-scan.ts";
import { hexAt } from "./offsets.ts";

/** The bytes at the end of a body in which what follows the data stands: a root and three flags have less. */
const tailBytes = 512;

/**
 * The root that the duties in an answer depend on, and whether the node's head was optimistic; `undefined` when the
 * answer is none. Bodies may have megabytes of duties, so only what stands before the data is read, and after it what the
 * last bytes show; some nodes say the same in headers (Lodestar's `eth-consensus-dependent-root` and
 * `eth-execution-optimistic`, which with SSZ are all there is).
 */
export function dependenceOf(
  answer: Answer,
): { readonly root: string | undefined; readonly optimistic: boolean } | undefined {
  if (answer.failed || answer.status !== 200) return undefined;
  const { headers } = answer;
  const bytes = asBuffer(answer.payload);
  const ssz = isSsz(headers);
  const top = skipSpace(bytes, 0);
  if (!ssz && bytes[top] !== 0x7b) return undefined;
  const told = (header: string, member: string) =>
    headerOf(headers, header) ?? (ssz ? undefined : (beforeData(bytes, top, member) ?? afterData(bytes, member)));
  return {
    root: rootOf(told("eth-consensus-dependent-root", "dependent_root")),
    optimistic: told("eth-execution-optimistic", "execution_optimistic") === "true",
  };
}

/** The bytes of Lodestar's answers: the root alone; the root, a flag, and a signed header. */
const rootSizes: readonly number[] = [32, 32 + 1 + 208];

/**
 * The root in an answer about the head: of `/eth/v1/beacon/blocks/{id}/root` or `/eth/v1/beacon/headers/{id}`. The API has
 * no SSZ of them; Lodestar gives it to who asks (6de0736, `routes/beacon/block.ts`), with the root first.
 */
export function headRootOf(answer: Answer): string | undefined {
  if (answer.failed || answer.status !== 200) return undefined;
  if (isSsz(answer.headers))
    return rootSizes.includes(answer.payload.length) ? hexAt(answer.payload, 0, 32) : undefined;
  const bytes = asBuffer(answer.payload);
  return rootOf(textAt(bytes, reach(bytes, skipSpace(bytes, 0), "data", "root"), 66));
}

function beforeData(bytes: Buffer, top: number, name: string): string | undefined {
  const found = memberOf(bytes, top, [name, "data"]);
  return found?.name === name ? textAt(bytes, found.at, 66) : undefined;
}

function afterData(bytes: Buffer, name: string): string | undefined {
  const tail = bytes.toString("latin1", Math.max(0, bytes.length - tailBytes));
  const [, text] =
    new RegExp(`[\\]}]\\s*,[^\\]}]*"${name}"\\s*:\\s*"?([0-9a-zA-Z]{1,66})"?[^\\]}]*}\\s*$`).exec(tail) ?? [];
  return text;
}
