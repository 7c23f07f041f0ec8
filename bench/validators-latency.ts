import { cpuNanoseconds } from "./machine.ts";
import type { Kind } from "./validators-kinds.ts";
import { Asker, pause, type Stage } from "./validators-stage.ts";

/** What one turn of one kind took. Latencies in milliseconds, CPU of Breakwater in microseconds a call. */
export interface Turn {
  readonly kind: string;
  readonly round: number;
  readonly direct: readonly number[];
  readonly through: readonly number[];
  readonly cpu: number;
  /** How many answers were none, of either side. */
  readonly failed: number;
}

/** Calls that are made first and not counted: connections open, code gets warm. */
const unseen = 5;
/** After a new block nodes are asked about it; that is no part of a call. */
const settleMs = 150;

/**
 * All kinds in turn, `rounds` times; in each turn a stretch of calls directly to a node and one through Breakwater, one call
 * after the other, and who goes first changes from round to round.
 */
export async function* measureCalls(stage: Stage, kinds: readonly Kind[], rounds: number): AsyncGenerator<Turn> {
  const { chain, nodes, url, breakwater } = stage;
  const makers = kinds.map((kind) => kind.make(chain));
  for (let round = 0; round < rounds; round++) {
    for (const [index, kind] of kinds.entries()) {
      if (await chain.advance()) await pause(settleMs);
      const make = makers[index] as (typeof makers)[number];
      const stretch = async (to: string) => {
        const asker = new Asker(to);
        const took: number[] = [];
        let failed = 0;
        let cpu = 0;
        for (let call = -unseen; call < kind.calls; call++) {
          if (call === 0) cpu = cpuNanoseconds(breakwater.pid);
          const told = await asker.ask(make());
          if (told.status !== 200) failed++;
          else if (call >= 0) took.push(told.ms);
        }
        cpu = (cpuNanoseconds(breakwater.pid) - cpu) / 1_000 / kind.calls;
        await asker.close();
        return { took, failed, cpu };
      };
      const node = nodes[round % nodes.length]?.url as string;
      const sides = round % 2 === 0 ? [node, url] : [url, node];
      const results = new Map<string, Awaited<ReturnType<typeof stretch>>>();
      for (const side of sides) results.set(side, await stretch(side));
      const [direct, through] = [results.get(node), results.get(url)];
      if (!direct || !through) throw new Error("a side was not measured");
      const failed = direct.failed + through.failed;
      yield { kind: kind.name, round, direct: direct.took, through: through.took, cpu: through.cpu, failed };
    }
  }
}
