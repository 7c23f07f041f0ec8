import type { AttestationData, ChainSpec, NodeQuestions, Question, SyncFacts } from "../../core/duty.ts";
import type { Answer } from "../../core/outcome.ts";
import { attestationDataOf, checkpointOfJson } from "./attestation-data.ts";
import { asObject, objectOf, rootOf, unsigned } from "./bodies.ts";
import { consensusName, executionName } from "./client-names.ts";
import { controlRequest } from "./control.ts";
import { ownCall } from "./endpoints-call.ts";

type Fields = Readonly<Record<string, unknown>>;

const lightClient = "/eth/v1/beacon/light_client";

/** The questions about a node that duties depend on; see `NodeQuestions`. Answers are asked for in JSON. */
export const questions: NodeQuestions = {
  syncing: question("node_syncing", "/eth/v1/node/syncing", ({ data }) => syncFacts(asObject(data))),
  genesis: question("genesis", "/eth/v1/beacon/genesis", ({ data }) => genesisFacts(asObject(data))),
  spec: question("spec", "/eth/v1/config/spec", ({ data }) => specValues(asObject(data))),
  // The key that a node keeps on disk; where it shows none, the record that it signs with it.
  identity: question("node_identity", "/eth/v1/node/identity", ({ data }) => {
    const { peer_id, enr } = asObject(data);
    return nonEmpty(peer_id) ?? nonEmpty(enr);
  }),
  versions: [
    question("node_version_v2", "/eth/v2/node/version", ({ data }) => {
      const { beacon_node, execution_client } = asObject(data);
      const node = asObject(beacon_node);
      const client = asObject(execution_client);
      const consensus = consensusName(node["name"], node["code"]);
      return consensus === undefined
        ? undefined
        : { consensus, execution: executionName(client["name"], client["code"]) };
    }),
    question("node_version", "/eth/v1/node/version", ({ data }) => {
      const consensus = consensusName(asObject(data)["version"]);
      return consensus === undefined ? undefined : { consensus, execution: undefined };
    }),
  ],
  peers: question("node_peer_count", "/eth/v1/node/peer_count", ({ data }) => unsigned(asObject(data)["connected"])),
  finality: question("finality_checkpoints", "/eth/v1/beacon/states/head/finality_checkpoints", ({ data }) => {
    const { current_justified, finalized } = asObject(data);
    const justified = checkpointOfJson(current_justified);
    const final = checkpointOfJson(finalized);
    return justified && final ? { justified, finalized: final } : undefined;
  }),
  header: (id) =>
    question("header", `/eth/v1/beacon/headers/${encodeURIComponent(id)}`, ({ data, execution_optimistic }) => {
      const { root, header } = asObject(data);
      const { slot, parent_root } = asObject(asObject(header)["message"]);
      const own = rootOf(root);
      const parent = rootOf(parent_root);
      const at = unsigned(slot);
      if (own === undefined || parent === undefined || at === undefined) return undefined;
      return { root: own, parent, slot: at, optimistic: execution_optimistic === true };
    }),
  attestationData: (slot): Question<AttestationData> => ({
    call: ownCall("attestation_data", `/eth/v1/validator/attestation_data?slot=${slot}&committee_index=0`),
    read: attestationDataOf,
  }),
  lightClient: {
    bootstrap: (root) => question("light_client_bootstrap", `${lightClient}/bootstrap/${root}`, dataOf),
    // A list of answers with as many as there are, of one here.
    update: (period) =>
      question("light_client_updates", `${lightClient}/updates?start_period=${period}&count=1`, (body) =>
        dataOf(asObject(Array.isArray(body) ? body[0] : asObject(body["data"])[0])),
      ),
    finality: question("light_client_finality_update", `${lightClient}/finality_update`, dataOf),
  },
  control: (kind, entries) => {
    const wire = controlRequest(kind, entries);
    return { ...ownCall(wire.path.slice(wire.path.lastIndexOf("/") + 1), wire.path), key: undefined, wire };
  },
};

function dataOf({ data }: Fields): object | undefined {
  return typeof data === "object" && data !== null ? data : undefined;
}

function question<Reading>(name: string, path: string, read: (body: Fields) => Reading | undefined): Question<Reading> {
  return {
    call: ownCall(name, path),
    read: (answer: Answer) => (answer.failed || answer.rest ? undefined : read(objectOf(answer.payload))),
  };
}

/** A node that does not say whether it is optimistic, or has an execution client, is of before these mattered. */
function syncFacts({ head_slot, sync_distance, is_syncing, is_optimistic, el_offline }: Fields): SyncFacts | undefined {
  const head = unsigned(head_slot);
  const distance = unsigned(sync_distance);
  if (head === undefined || distance === undefined || typeof is_syncing !== "boolean") return undefined;
  return { head, distance, syncing: is_syncing, optimistic: is_optimistic === true, elOffline: el_offline === true };
}

function genesisFacts({ genesis_time, genesis_validators_root, genesis_fork_version }: Fields) {
  const genesisTime = unsigned(genesis_time);
  const genesisValidatorsRoot = rootOf(genesis_validators_root);
  if (genesisTime === undefined || genesisValidatorsRoot === undefined) return undefined;
  if (typeof genesis_fork_version !== "string" || !/^0x[0-9a-fA-F]{8}$/.test(genesis_fork_version)) return undefined;
  return { genesisTime, genesisValidatorsRoot, genesisForkVersion: genesis_fork_version.toLowerCase() };
}

/** No chain has as many constants, nor as long ones. */
const mostConstants = 2_000;
const mostConstant = 65_536;

/** Constants as text; tables (`BLOB_SCHEDULE`) as JSON. */
function specValues(data: Fields): ChainSpec["values"] | undefined {
  const entries = Object.entries(data).slice(0, mostConstants);
  if (entries.length === 0) return undefined;
  const told = entries.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  return Object.fromEntries(told.filter(([, value]) => value !== undefined && value.length <= mostConstant));
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, 512) : undefined;
}
