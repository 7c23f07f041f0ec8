import { disputes, isAsked, type NodeSnapshot, type ValidatorSnapshot } from "../core/duty-status.ts";
import { type DutyRecord, misses, spreadDuties, watchedDuties } from "./duty-record.ts";
import type { MetricName } from "./metrics.ts";
import { outcomeNames } from "./outcomes.ts";
import type { Emit, Reader, Scrape } from "./scrape.ts";

/** How the metrics of validators' duties are read. Networks without validators have none of these series. */
export const dutyReaders = {
  breakwater_duty_slot_ratio: perRecord(({ byDuty }, emit, network) => {
    for (const [duty, { slotShares }] of byDuty) emit(slotShares, network, duty);
  }),
  breakwater_duty_missed_total: perRecord(({ byDuty }, emit, network) => {
    for (const [duty, counts] of byDuty) for (const miss of misses) emit(counts[miss], network, duty, miss);
  }),
  breakwater_duty_quorum_failures_total: perRecord(({ byDuty }, emit, network) => {
    for (const [duty, { noQuorum }] of byDuty) emit(noQuorum, network, duty);
  }),
  breakwater_duty_fit_nodes: perSnapshot(({ nodes }, emit, network) => {
    for (const duty of watchedDuties) {
      emit(nodes.filter((node) => isAsked(node, duty)).length, network, duty);
    }
  }),
  breakwater_broadcast_results_total: perRecord(({ results }, emit, network) => {
    for (const [{ id }, counts] of results) {
      for (const duty of spreadDuties) {
        counts[duty].forEach((count, slot) => {
          if (count > 0 || slot === 0) emit(count, network, id, duty, outcomeNames[slot] as string);
        });
      }
    }
  }),
  breakwater_divergences_total: perRecord(({ divergences }, emit, network) => {
    for (const [client, count] of divergences) emit(count, network, client);
  }),
  breakwater_alarms_total: perRecord(({ alarms }, emit, network) => {
    for (const [alarm, count] of alarms) emit(count, network, alarm);
  }),
  breakwater_objections_total: perRecord(({ objections }, emit, network) => {
    for (const [upstream, count] of objections) emit(count, network, upstream);
  }),
  breakwater_voters: perSnapshot(({ voters }, emit, network) => emit(voters, network)),
  breakwater_voters_required: perSnapshot(({ quorum }, emit, network) => emit(quorum, network)),
  breakwater_view_disagreement: perSnapshot(({ disagreement }, emit, network) => {
    for (const about of disputes) emit(disagreement?.about === about ? 1 : 0, network, about);
  }),
  breakwater_chain_slot: perSnapshot(({ slot }, emit, network) => {
    if (slot !== undefined) emit(slot, network);
  }),
  breakwater_chain_head_slot: perSnapshot(({ head }, emit, network) => {
    if (head) emit(head.slot, network);
  }),
  breakwater_node_prepared: perNode(({ id, isPrepared }, emit, network) => {
    if (isPrepared !== undefined) emit(isPrepared ? 1 : 0, network, id);
  }),
  breakwater_node_event_stream_up: perNode(({ id, stream }, emit, network) => emit(stream?.open ? 1 : 0, network, id)),
  breakwater_node_clock_skew_seconds: perNode(({ id, skewMs }, emit, network) => {
    if (skewMs !== undefined) emit(skewMs / 1_000, network, id);
  }),
  breakwater_event_clients: perSnapshot(({ listeners }, emit, network) => emit(listeners, network)),
  breakwater_control_entries: perSnapshot(({ remembered }, emit, network) => {
    for (const [control, entries] of Object.entries(remembered)) emit(entries, network, control);
  }),
  breakwater_control_replays_total: perRecord(({ retold }, emit, network) => {
    for (const [{ id }, { done, failed }] of retold) {
      emit(done, network, id, "done");
      emit(failed, network, id, "failed");
    }
  }),
  breakwater_pinned_blocks: perSnapshot(({ pins }, emit, network) => emit(pins, network)),
} satisfies Partial<Record<MetricName, Reader>>;

/** Reads what was counted; from the start where there are validators, as alerts count from 0. */
function perRecord(read: (record: DutyRecord, emit: Emit, network: string) => void): Reader {
  return ({ networks, snapshots, duties }: Scrape, emit) => {
    for (const [index, { view }] of networks.entries()) {
      if (snapshots[index]) read(duties.of(view.network), emit, view.network);
    }
  };
}

function perSnapshot(read: (snapshot: ValidatorSnapshot, emit: Emit, network: string) => void): Reader {
  return ({ networks, snapshots }, emit) => {
    for (const [index, { view }] of networks.entries()) {
      const snapshot = snapshots[index];
      if (snapshot) read(snapshot, emit, view.network);
    }
  };
}

function perNode(read: (node: NodeSnapshot, emit: Emit, network: string) => void): Reader {
  return perSnapshot(({ nodes }, emit, network) => {
    for (const node of nodes) read(node, emit, network);
  });
}
