import type { Clock } from "../lib/clock.ts";
import type { Chain } from "./chain.ts";
import type { Member } from "./fault-spec.ts";
import type { ActiveFault } from "./faults.ts";
import { effortOf } from "./law.ts";
import { type Lie, lies } from "./lies.ts";
import { json, type SimulatedResponse } from "./plan.ts";
import { answerRequests, isBatch, type RpcRequest, readRequests } from "./rpc.ts";
import type { Effort, SimulatedRequest, SimulatedService } from "./service.ts";

export interface EvmServiceParts {
  readonly member: Member;
  readonly chain: Chain;
  /** What it serves instead under the fault `wrong_chain`. */
  readonly otherChain: Chain;
  /** Blocks reach it so long after they are made, in milliseconds. */
  readonly propagationMs: number;
  readonly clock: Clock;
}

/** A simulated EVM node: answers JSON-RPC from a made-up chain. */
export function createEvmService({
  member,
  chain,
  otherChain,
  propagationMs,
  clock,
}: EvmServiceParts): SimulatedService {
  return {
    effort: ({ body }) => effortOfAll(readRequests(body)),
    respond({ body }: SimulatedRequest, hits: readonly ActiveFault[]): SimulatedResponse {
      const has = (kind: string) => hits.find((one) => one.spec.fault === kind);
      const served = has("wrong_chain") ? otherChain : chain;
      const stale = has("stale_head");
      const told = hits.map(({ spec }) => spec.fault).filter((kind): kind is Lie => lies.includes(kind as Lie));
      const stoodStill = stale && stale.spec.lag === undefined ? stale.sinceEpoch : clock.epoch();
      const text = answerRequests(
        {
          chain: served,
          head: Math.max(0, served.headAt(stoodStill - propagationMs) - (stale?.spec.lag ?? 0)),
          tip: served.headAt(clock.epoch()),
          client: `${member.coordinates.client ?? "simulated"}/v1.0.0-simulated`,
          salt: has("wrong_answer") ? "wrong" : "",
          ...(told.length > 0 && { lies: new Set(told) }),
        },
        readRequests(body),
      );
      return json(200, Buffer.from(text));
    },
  };
}

function effortOfAll(requests: ReturnType<typeof readRequests>): Effort {
  const all: readonly RpcRequest[] = requests === undefined ? [] : isBatch(requests) ? requests : [requests];
  const efforts = all.map((one) => effortOf(one?.method));
  return { total: efforts.reduce((sum, one) => sum + one, 0), hardest: Math.max(1, ...efforts) };
}
