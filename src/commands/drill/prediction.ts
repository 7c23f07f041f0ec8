import { z } from "zod";
import type { AdminClient } from "../admin-client.ts";
import type { Stretch } from "./stretch.ts";

/** What a proxy says beforehand of the loss of a domain, for the calls of the last minute. */
export interface Prediction {
  /** 0..1 of the calls that the others can carry. */
  readonly ratio: number;
  /** The same without an upper end: 2 when they could carry twice the calls. `null` when there is none. */
  readonly headroom: number | null;
}

const schema = z.object({
  networks: z.tuple([
    z.object({
      now: z.object({
        measured: z.boolean(),
        domains: z.array(z.object({ domain: z.string(), ratio: z.number(), headroom: z.number().nullish() })),
      }),
    }),
  ]),
});

/**
 * Asks what is predicted for networks if `target` goes. A network is left out when nothing is: no capacity is known, or
 * the target is not one label.
 */
export async function predictionOf(
  client: AdminClient,
  networks: readonly Pick<Stretch, "network">[],
  target: string,
): Promise<ReadonlyMap<string, Prediction>> {
  const found = new Map<string, Prediction>();
  for (const { network } of networks) {
    const answer = await client.ask("GET", `/api/survivability?network=${encodeURIComponent(network)}`);
    const read = schema.safeParse("problem" in answer ? undefined : answer.body);
    if (!read.success) continue;
    const { measured, domains } = read.data.networks[0].now;
    const loss = domains.find(({ domain }) => domain === target);
    if (measured && loss) found.set(network, { ratio: loss.ratio, headroom: loss.headroom ?? null });
  }
  return found;
}
