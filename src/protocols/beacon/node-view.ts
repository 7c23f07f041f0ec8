import type { NetworkView, NodeView, Reply } from "../../core/protocol.ts";
import { jsonType } from "./bodies.ts";
import { refusal } from "./encode.ts";
import { parameter } from "./paths.ts";

/**
 * The fleet's health, as that of one node: 200 when duties can be served, 206 (or what the client asks for by
 * `syncing_status`) when only reads can, 503 otherwise. Source: beacon-APIs, `apis/node/health.yaml`, where the wish may
 * be from 100 to 599; below 200 it would be no final status of HTTP, and is refused.
 */
export function health({ node }: NetworkView, query: string): Reply {
  const wish = parameter(query, "syncing_status");
  if (wish !== undefined && !/^[2-5]\d\d$/.test(wish)) {
    return refusal(400, "syncing_status must be a status from 200 to 599");
  }
  if (node?.state === "ready") return bare(200);
  if (node?.state === "degraded") return bare(Number(wish ?? 206));
  return bare(503);
}

/**
 * The fleet's progress, as that of one node. A fleet that can serve reads only says of itself whatever keeps validator
 * clients from duties, though some look only at one of the flags: Lighthouse at `is_optimistic` and `el_offline`, others
 * at `is_syncing`. Source: beacon-APIs, `apis/node/syncing.yaml`.
 */
export function syncing({ node }: NetworkView): Reply {
  if (node === undefined || node.state === "down" || node.head < 0) {
    return refusal(503, node ? "no node can serve" : "the state of the nodes is not known yet", { "retry-after": "1" });
  }
  return { status: 200, headers: { "content-type": jsonType }, body: progress(node), rest: undefined, tail: "" };
}

function progress({ state, head, distance }: NodeView): string {
  const short = state !== "ready";
  return JSON.stringify({
    data: {
      head_slot: `${head}`,
      sync_distance: `${distance}`,
      is_syncing: short,
      is_optimistic: short,
      el_offline: false,
    },
  });
}

function bare(status: number): Reply {
  return { status, headers: {}, body: "", rest: undefined, tail: "" };
}
