import type { Answer } from "../../core/outcome.ts";
import { jsonType } from "./bodies.ts";

/** An answer that we give ourselves; without a value its body is empty, as that of a publish is. */
export function jsonAnswer(status: number, value?: unknown): Answer {
  return {
    ok: true,
    status,
    failed: status >= 400,
    payload: value === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(value)),
    rest: undefined,
    headers: { "content-type": jsonType },
    height: undefined,
  };
}
