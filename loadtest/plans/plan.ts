import type { Schedule } from "./schedule.ts";

/** All that a run knows before its first call. Travels from k6's setup to its clients and its summary as JSON. */
export interface Plan {
  readonly name: string;
  readonly about: string;
  /** Of a replay: a published account, and what one second stands for. */
  readonly source?: string | undefined;
  readonly pace?: string | undefined;
  readonly url: string;
  /** How many calls are made, in words. */
  readonly load: string;
  readonly schedule: Schedule;
  /** Who hosts an upstream, by its id; empty where nobody tells. */
  readonly providers: Readonly<Record<string, string>>;
  /** A head of the chain and when it was seen (milliseconds since 1970), to know a stale one by. */
  readonly head: { readonly block: number; readonly at: number; readonly blockMs: number };
}

/** The newest block that there must be at a time (milliseconds since 1970); 0 when it cannot be known. */
export function tipAt({ head }: Plan, now: number): number {
  if (head.block === 0 || head.blockMs === 0) return 0;
  return head.block + Math.floor((now - head.at) / head.blockMs);
}
