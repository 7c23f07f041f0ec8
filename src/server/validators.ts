import type { FastifyInstance } from "fastify";
import { duties } from "../core/duty.ts";
import { isAsked, type NodeSnapshot, type ShownBlock } from "../core/duty-status.ts";
import { timestamp } from "../lib/clock.ts";
import type { NetworkRuntime, Runtime } from "./runtime.ts";

type Parts = Pick<Runtime, "clock" | "redact">;

/** Adds what operators see of validators' nodes. */
export function addValidators(app: FastifyInstance, runtime: Runtime): void {
  app.get("/api/validators", (request, reply) => {
    const { network: asked } = request.query as { network?: unknown };
    const serving = runtime.networks.filter(({ validators }) => validators !== undefined);
    const names = serving.map(({ view }) => view.network);
    if (asked !== undefined && !names.includes(String(asked))) {
      const hint = names.length > 0 ? `there is ${names.join(", ")}` : "there is none at all";
      return reply.code(404).send({ error: `no beacon network has this name; ${hint}` });
    }
    const shown = serving.filter(({ view }) => asked === undefined || view.network === asked);
    return reply.send({ networks: shown.map((network) => validatorsStatus(network, runtime)) });
  });
}

/**
 * How things are for the validators of one network; `null` where there are none. What is not known is `null`. Times are
 * ISO strings, nodes go by their ids, and nothing that nodes say of themselves is shown without a look for secrets.
 */
export function validatorsStatus({ view, validators }: Pick<NetworkRuntime, "view" | "validators">, parts: Parts) {
  const found = validators?.();
  if (!found) return null;
  const { disagreement } = found;
  return {
    network: view.network,
    state: found.state,
    slot: found.slot ?? null,
    epoch: found.epoch ?? null,
    head: blockStatus(found.head),
    agreed: blockStatus(found.agreed),
    disagreement: disagreement ? { ...disagreement, text: parts.redact(disagreement.text) } : null,
    quorum: { voters: found.voters, required: found.quorum },
    primary: found.nodes.find(({ primary }) => primary)?.id ?? null,
    nodes: found.nodes.map((node) => nodeStatus(node, parts)),
    remembered: found.remembered,
    pins: { count: found.pins, newest: found.newestPins },
    eventClients: found.listeners,
  };
}

function nodeStatus(node: NodeSnapshot, { clock, redact }: Parts) {
  const time = (at: number | undefined) =>
    at === undefined ? null : timestamp(Math.round(clock.epoch() + at - clock.now()));
  const { head, sync, stream } = node;
  return {
    upstream: node.id,
    trust: node.trust,
    subscribe: node.subscribe,
    voter: node.voter,
    consensus: node.clients?.consensus ?? null,
    execution: node.clients?.execution ?? null,
    inService: node.inService,
    duties: Object.fromEntries(
      duties.map((duty) => {
        const because = node.unfit[duty];
        return [duty, { asked: isAsked(node, duty), because: because === undefined ? null : redact(because) }];
      }),
    ),
    view: { onChain: node.onChain, because: node.onChain ? null : redact(node.offChain) },
    head: head ? { slot: head.slot, root: head.root, since: time(head.at) } : null,
    finalizedEpoch: node.finalizedEpoch ?? null,
    sync: sync
      ? {
          syncing: sync.syncing,
          distance: sync.distance,
          optimistic: sync.optimistic,
          elOffline: sync.elOffline,
          at: time(sync.at),
        }
      : null,
    clockSkewMs: node.skewMs === undefined ? null : Math.round(node.skewMs),
    restartedAt: time(node.restartedAt),
    events: stream
      ? {
          open: stream.open,
          since: time(stream.since),
          lastEventAt: time(stream.eventAt),
          because: stream.open ? null : redact(stream.because),
          lacks: stream.lacks.map(redact),
        }
      : null,
    memory: { prepared: node.isPrepared ?? null, preparedEpoch: node.preparedEpoch ?? null, behind: node.behind },
    primary: node.primary,
  };
}

function blockStatus(block: ShownBlock | undefined): ShownBlock | null {
  return block ? { slot: block.slot, root: block.root } : null;
}
