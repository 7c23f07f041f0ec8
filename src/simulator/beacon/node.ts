import { fault } from "../../core/outcome.ts";
import type { EventReader, Subscription } from "../../core/stream.ts";
import type { Clock, Scheduled } from "../../lib/clock.ts";
import type { Member } from "../fault-spec.ts";
import type { ActiveFault, Faults } from "../faults.ts";
import { json, type SimulatedResponse } from "../plan.ts";
import type { SimulatedRequest, SimulatedService } from "../service.ts";
import { answer } from "./answers.ts";
import { type NodeMemory, newMemory } from "./asked.ts";
import type { BeaconChain } from "./chain.ts";
import { factsOf } from "./facts.ts";
import { headEvent } from "./head-event.ts";

export interface BeaconNodeParts {
  readonly member: Member;
  readonly chain: BeaconChain;
  /** Blocks reach it so long after the network has them, in milliseconds. */
  readonly propagationMs: number;
  readonly faults: Faults;
  readonly clock: Clock;
  /** Ends the event streams that it has open. */
  readonly hangUp: () => void;
}

/** How much later a block to sign comes under `slow_proposals`, in milliseconds, when not said. */
const slowProposalMs = 1_500;

/**
 * A simulated beacon node: answers the beacon API from a made-up chain, remembers what validators told it, and forgets it
 * when it restarts.
 */
export function createBeaconNode(parts: BeaconNodeParts): SimulatedService & { readonly memory: () => NodeMemory } {
  const { member, chain, propagationMs, faults, clock } = parts;
  let memory = newMemory(Number.NEGATIVE_INFINITY);
  let restarts: readonly ActiveFault[] = [];
  let turn = false;
  let requests = 0;
  const active = () => faults.active(member);
  const has = (kind: string) => active().some(({ spec }) => spec.fault === kind);
  faults.onChange(() => {
    const now = active().filter(({ spec }) => spec.fault === "lost_preparation");
    if (now.some((one) => !restarts.includes(one))) {
      memory = newMemory(clock.epoch());
      parts.hangUp();
    }
    restarts = now;
    if (has("sse_death")) parts.hangUp();
  });
  const facts = (hits: readonly ActiveFault[]) => factsOf(chain, hits, clock.epoch(), propagationMs, turn);

  return {
    memory: () => memory,
    effort: () => ({ total: 1, hardest: 1 }),
    delay({ path }, hits) {
      const slow = hits.find(({ spec }) => spec.fault === "slow_proposals");
      return slow && path.includes("/validator/blocks/") ? (slow.spec.latency ?? slowProposalMs) : 0;
    },
    respond(request: SimulatedRequest, hits: readonly ActiveFault[]): SimulatedResponse {
      turn = Number.parseInt(chain.digest("turn", member.id, requests++).slice(0, 1), 16) < 8;
      const refused = refuseEncoding(request, hits);
      return refused ?? answer({ request, hits, facts: facts(hits), chain, memory, member, now: clock.epoch() });
    },
    subscribe(request, reader) {
      return stream(
        request,
        reader,
        () => facts(active()),
        parts,
        () => has("sse_death"),
      );
    },
  };
}

/** Under `ssz_refusal` it speaks JSON alone. */
function refuseEncoding({ headers }: SimulatedRequest, hits: readonly ActiveFault[]): SimulatedResponse | undefined {
  if (!hits.some(({ spec }) => spec.fault === "ssz_refusal")) return undefined;
  const say = (code: number, message: string) => json(code, Buffer.from(JSON.stringify({ code, message })));
  if (headers["content-type"]?.startsWith("application/octet-stream")) return say(415, "Unsupported media type");
  const accept = headers["accept"];
  return accept !== undefined && !/json|\*\/\*/.test(accept) ? say(406, "Not acceptable") : undefined;
}

/** Tells each new head when it reaches the node, as long as the stream is open. */
function stream(
  { path }: SimulatedRequest,
  reader: EventReader,
  facts: () => ReturnType<typeof factsOf>,
  { chain, clock, propagationMs }: BeaconNodeParts,
  dead: () => boolean,
): Subscription {
  const topics = new URL(path, "http://node").searchParams.getAll("topics").flatMap((topic) => topic.split(","));
  let timer: Scheduled | undefined;
  let last = "";
  let finalized = -1;
  let open = true;
  const look = () => {
    if (!open) return;
    const now = facts();
    if (now.head.root !== last && !now.syncing) {
      last = now.head.root;
      if (topics.includes("head")) reader.event({ event: "head", data: headEvent(chain, now) });
      if (topics.includes("block")) {
        const data = { slot: `${now.head.slot}`, block: now.head.root, execution_optimistic: now.optimistic };
        reader.event({ event: "block", data: JSON.stringify(data) });
      }
      const epoch = chain.epochOf(now.head.slot);
      if (epoch !== finalized && topics.includes("finalized_checkpoint")) {
        const { root } = chain.checkpoint(epoch - 2, now.branch);
        const data = { block: root, state: root, epoch: `${Math.max(0, epoch - 2)}`, execution_optimistic: false };
        if (finalized >= 0) reader.event({ event: "finalized_checkpoint", data: JSON.stringify(data) });
        finalized = epoch;
      }
    }
    timer?.cancel();
    const next = chain.startOf(chain.slotAt(clock.epoch()) + 1);
    timer = clock.schedule(next - clock.epoch() + arrivalMs + propagationMs, look);
  };
  const unlink = chain.onPublished(() => clock.schedule(propagationMs + 1, look));
  queueMicrotask(() => {
    if (!open) return;
    if (dead()) {
      reader.ended(fault("unavailable", "HTTP 503"));
      return;
    }
    reader.opened();
    look();
  });
  return {
    close() {
      open = false;
      timer?.cancel();
      unlink();
    },
  };
}

/** A little after others' blocks reach the network. */
const arrivalMs = 302;
