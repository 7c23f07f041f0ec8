import type { SimulatedResponse } from "../plan.ts";
import { type Asked, body, data, empty, failed, headOnly, object, sent, signature, version } from "./asked.ts";
import type { BeaconChain, SimulatedBlock } from "./chain.ts";
import type { NodeFacts } from "./facts.ts";
import { produce } from "./produced.ts";
import { dutiesOf } from "./scheduled.ts";
import { chainSpec } from "./spec.ts";
import { takeBlock, takeVotes } from "./taken.ts";

type Respond = (asked: Asked, ...parts: readonly string[]) => SimulatedResponse;

/** The endpoints that simulated nodes have. */
const routes: readonly (readonly [method: string, path: RegExp, respond: Respond])[] = [
  [
    "GET",
    /^\/eth\/v1\/node\/health$/,
    ({ facts }) => empty(facts.syncing || facts.optimistic || facts.elOffline ? 206 : 200),
  ],
  ["GET", /^\/eth\/v1\/node\/syncing$/, syncing],
  [
    "GET",
    /^\/eth\/v1\/node\/version$/,
    ({ member }) => data({ version: `${titled(member.coordinates.client)}/v1.0.0-simulated` }),
  ],
  ["GET", /^\/eth\/v2\/node\/version$/, versions],
  [
    "GET",
    /^\/eth\/v1\/node\/identity$/,
    ({ member }) =>
      data({ peer_id: `16U${member.id}`, enr: "", p2p_addresses: [], discovery_addresses: [], metadata: {} }),
  ],
  [
    "GET",
    /^\/eth\/v1\/node\/peer_count$/,
    () => data({ disconnected: "0", connecting: "0", connected: "64", disconnecting: "0" }),
  ],
  [
    "GET",
    /^\/eth\/v1\/beacon\/genesis$/,
    ({ chain }) =>
      data({
        genesis_time: `${Math.floor(chain.options.genesisMs / 1_000)}`,
        genesis_validators_root: `0x${chain.digest("genesis")}`,
        genesis_fork_version: "0x00000001",
      }),
  ],
  ["GET", /^\/eth\/v1\/config\/spec$/, ({ chain }) => data(chainSpec(chain.options))],
  [
    "GET",
    /^\/eth\/v1\/config\/fork_schedule$/,
    () => data([{ previous_version: "0x00000001", current_version: "0x00000001", epoch: "0" }]),
  ],
  [
    "GET",
    /^\/eth\/v1\/beacon\/states\/[^/]+\/fork$/,
    () => data({ previous_version: "0x00000001", current_version: "0x00000001", epoch: "0" }),
  ],
  ["GET", /^\/eth\/v1\/beacon\/states\/[^/]+\/finality_checkpoints$/, finality],
  ["GET", /^\/eth\/v1\/beacon\/headers\/([^/]+)$/, header],
  [
    "GET",
    /^\/eth\/v1\/beacon\/blocks\/head\/root$/,
    ({ facts }) =>
      headOnly(facts) ?? data({ root: facts.head.root }, { execution_optimistic: false, finalized: false }),
  ],
  ["POST", /^\/eth\/v1\/beacon\/states\/[^/]+\/validators$/, validators],
  ["GET", /^\/eth\/v1\/validator\/duties\/proposer\/(\d+)$/, dutiesOf("proposer")],
  ["POST", /^\/eth\/v1\/validator\/duties\/attester\/(\d+)$/, dutiesOf("attester")],
  ["POST", /^\/eth\/v1\/validator\/duties\/sync\/(\d+)$/, dutiesOf("sync")],
  ["GET", /^\/eth\/v1\/validator\/attestation_data$/, attestationData],
  ["GET", /^\/eth\/v2\/validator\/aggregate_attestation$/, aggregate],
  ["GET", /^\/eth\/v3\/validator\/blocks\/(\d+)$/, produce],
  ["POST", /^\/eth\/v2\/beacon\/blocks$/, (asked) => takeBlock(asked, false)],
  ["POST", /^\/eth\/v2\/beacon\/blinded_blocks$/, (asked) => takeBlock(asked, true)],
  ["POST", /^\/eth\/v2\/beacon\/pool\/attestations$/, takeVotes],
  ["POST", /^\/eth\/v2\/validator\/aggregate_and_proofs$/, () => empty(200)],
  ["POST", /^\/eth\/v1\/beacon\/pool\/sync_committees$/, () => empty(200)],
  ["POST", /^\/eth\/v1\/validator\/contribution_and_proofs$/, () => empty(200)],
  ["POST", /^\/eth\/v1\/validator\/prepare_beacon_proposer$/, prepare],
  ["POST", /^\/eth\/v1\/validator\/register_validator$/, register],
  ["POST", /^\/eth\/v1\/validator\/beacon_committee_subscriptions$/, subscribe],
  ["POST", /^\/eth\/v1\/validator\/sync_committee_subscriptions$/, () => empty(200)],
  ["POST", /^\/eth\/v1\/validator\/liveness\/(\d+)$/, liveness],
];

/** The answer of a simulated node. */
export function answer(asked: Asked): SimulatedResponse {
  const { method, path } = asked.request;
  const bare = path.split("?", 1)[0] ?? "";
  for (const [verb, pattern, respond] of routes) {
    const match = verb === method ? pattern.exec(bare) : undefined;
    if (match) return respond(asked, ...match.slice(1));
  }
  return failed(404, "NOT_FOUND: no such endpoint");
}

function syncing({ facts }: Asked): SimulatedResponse {
  const { head, slot, syncing: behind, optimistic, elOffline } = facts;
  return data({
    head_slot: `${head.slot}`,
    sync_distance: `${Math.max(0, slot - head.slot)}`,
    is_syncing: behind,
    is_optimistic: optimistic,
    el_offline: elOffline,
  });
}

function versions({ member }: Asked): SimulatedResponse {
  const consensus = member.coordinates.client;
  const execution = companions[consensus ?? ""] ?? "geth";
  const named = (name: string | undefined) => ({ name: titled(name), version: "v1.0.0-simulated" });
  return data({ beacon_node: named(consensus), execution_client: named(execution) });
}

function titled(name = "simulated"): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}

/** The execution clients that simulated nodes have beside them, so that different ones make different pairs. */
const companions: Readonly<Record<string, string>> = {
  lighthouse: "geth",
  teku: "besu",
  prysm: "nethermind",
  nimbus: "erigon",
  lodestar: "reth",
  grandine: "nethermind",
};

function finality({ chain, facts }: Asked): SimulatedResponse {
  const epoch = chain.epochOf(facts.head.slot);
  const shown = (at: number) => {
    const { epoch: number, root } = chain.checkpoint(at, facts.branch);
    return { epoch: `${number}`, root };
  };
  const value = {
    previous_justified: shown(epoch - 2),
    current_justified: shown(epoch - 1),
    finalized: shown(epoch - 2),
  };
  return data(value, { execution_optimistic: facts.optimistic, finalized: false });
}

/** So many epochs before that of the head the blocks are that have these names. */
const epochsBehind: Readonly<Record<string, number>> = { justified: 1, finalized: 2 };

function header({ chain, facts }: Asked, id = ""): SimulatedResponse {
  const behind = epochsBehind[id];
  const root = behind === undefined ? id : chain.checkpoint(chain.epochOf(facts.head.slot) - behind, facts.branch).root;
  const block: SimulatedBlock | undefined = id === "head" ? facts.head : chain.byRoot(root, facts.branch);
  if (!block || block.slot > facts.head.slot) return failed(404, "NOT_FOUND: beacon block not found");
  const message = {
    slot: `${block.slot}`,
    proposer_index: `${block.proposer}`,
    parent_root: block.parent,
    state_root: `0x${chain.digest("post", block.root)}`,
    body_root: `0x${chain.digest("body", block.root)}`,
  };
  const value = { root: block.root, canonical: true, header: { message, signature: signature } };
  return data(value, { execution_optimistic: facts.optimistic, finalized: false });
}

function validators(asked: Asked): SimulatedResponse {
  const { ids = [] } = object(asked) as { ids?: readonly string[] };
  const value = ids.map((id) => ({
    index: id,
    balance: "32000000000",
    status: "active_ongoing",
    validator: { pubkey: id },
  }));
  return data(value, { execution_optimistic: asked.facts.optimistic, finalized: false });
}

function attestationData({ request, facts, chain }: Asked): SimulatedResponse {
  const refused = headOnly(facts);
  if (refused) return refused;
  const slot = Number(new URL(request.path, "http://node").searchParams.get("slot"));
  if (slot > facts.slot + 1) return failed(400, "slot too far in the future");
  const epoch = chain.epochOf(slot);
  const shown = ({ epoch: number, root }: { epoch: number; root: string }) => ({ epoch: `${number}`, root });
  return data({
    slot: `${slot}`,
    index: "0",
    beacon_block_root: facts.head.root,
    source: shown(chain.checkpoint(epoch - 1, facts.branch)),
    target: shown(targetOf(chain, facts, epoch)),
  });
}

/** The block of the epoch's first slot as far as the node has seen it. */
function targetOf(chain: BeaconChain, { head, branch }: NodeFacts, epoch: number) {
  const first = epoch * chain.options.slotsPerEpoch;
  return head.slot < first ? { epoch, root: head.root } : chain.checkpoint(epoch, branch);
}

function aggregate({ request, memory, facts }: Asked): SimulatedResponse {
  const slot = Number(new URL(request.path, "http://node").searchParams.get("slot"));
  if (facts.optimistic || facts.syncing) return failed(503, "not ready");
  if (!memory.subscribed.has(slot)) return failed(404, "no matching attestation found");
  const value = { aggregation_bits: "0xff01", data: { slot: `${slot}` }, signature, committee_bits: "0x01" };
  return data(value, { version }, { "eth-consensus-version": version });
}

function prepare(asked: Asked): SimulatedResponse {
  for (const { validator_index, fee_recipient } of sent(asked)) {
    asked.memory.prepared.set(Number(validator_index), String(fee_recipient));
  }
  return empty(200);
}

function register(asked: Asked): SimulatedResponse {
  for (const { message } of sent(asked)) asked.memory.registered.add(JSON.stringify(message));
  return empty(200);
}

function subscribe(asked: Asked): SimulatedResponse {
  for (const { slot, is_aggregator } of sent(asked)) {
    if (is_aggregator === true) asked.memory.subscribed.add(Number(slot));
  }
  return empty(200);
}

function liveness(asked: Asked, epoch = ""): SimulatedResponse {
  const indices = (body(asked) as readonly string[] | undefined) ?? [];
  const from = Number(epoch) * asked.chain.options.slotsPerEpoch;
  const to = from + asked.chain.options.slotsPerEpoch;
  const live = new Set(
    asked.chain.votes
      .filter(({ slot, at }) => slot >= from && slot < to && at >= asked.memory.since)
      .map(({ validator }) => validator),
  );
  return data(indices.map((index) => ({ index, is_live: live.has(Number(index)) })));
}
