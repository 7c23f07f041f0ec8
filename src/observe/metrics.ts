/** The labels that metrics carry, and the closed set that each takes its values from. */
export const labels = {
  network: "name of a configured network",
  upstream: "id of a configured upstream",
  provider: "provider of the upstream, a key of the catalogue or the operator's own word",
  kind: "`cloud`, `bare_metal`, `decentralized`, `rpc_service`, `unknown`",
  region: "region of the upstream (`aws/us-east-1`); empty when unknown",
  asn: "number of the autonomous system; empty when unknown",
  jurisdiction: "ISO 3166 code of the legal seat; empty when unknown",
  operator: "who runs the node; empty when unknown",
  client: "node software; empty when unknown",
  edge: "the CDN in front; empty when there is none or it is unknown",
  class: "kind of method, by its traits, never the method's name",
  outcome: "`answer`, `error_answer` (a definitive no, such as a revert), or the kind of fault",
  reason: "why an attempt was made: `primary`, `retry`, `hedge`, `confirm`",
  hold: "why an upstream is held off: `throttled`, `billing`, `unauthorized`, `unreachable`, `unavailable`, `wrong_chain`",
  priority: "0 validator duties, 1 transactions, 2 interactive reads, 3 bulk",
  verdict: "`healthy`, `suspect`, `ejected`, `ramping`, `drained`, `quarantined`",
  state: "`closed`, `half_open`, `open`",
  duty: "what it is to validators: `schedule`, `attest`, `aggregate`, `propose`, `publish`, `prepare`, `liveness`",
  miss: "`late` (answered after it was due), `unanswered` (not answered at all)",
  alarm:
    "`would_slash`, `fee_recipient`, `objection`, `two_clients`, `disagreement`, `agreement`, `constants`; [what each means](validators.md#alarms)",
  about: "`head`, `target`, `finality`",
  control: "kind of control state: the endpoint that takes it, with the fork where that matters",
  result: "`done` (the node acknowledged), `failed`",
  check: "what was checked: `header`, `state`, `call`, `logs`, `receipt`, `transaction`, `trace`",
  finding:
    "`agreed`, `proved` (provably wrong), `outvoted` (alone against two independent upstreams), `unstable` (wrong once), `undecided`, `unanswered`",
  store: "`memory`, `file`, `redis`",
  what: "what changed: `verdict`, `breaker`, `hold`; of orders, what was ordered: `drain`, `force`",
  tag: "`latest`, `safe`, `finalized`",
  dimension:
    "`provider`, `kind`, `region`, and with at most 16 networks `asn`, `jurisdiction`, `operator`, `client`, `edge`; of failure domains these, or two of them joined by a plus sign; of decisions also `upstream`, `network`, `self`",
  domain: "a failure domain of configured upstreams: `region:aws/us-east-1`",
  phase: "`closed`, `watch`, `open`, `half_open`, `ramping`",
  action:
    "what was decided: `watch`, `open`, `half_open`, `ramp`, `close`, `withhold`, `self`, `halt`, `panic`, `drain`, `force`, `lift`",
  mode: "`act`, or `shadow` where it was only told what would have been done",
  entity: "one value of the dimension: a provider, a kind, a region; `other` for all beyond the 20 largest",
  demand: "`now` (calls of the last minute, upstreams that may serve now), `peak` (as declared, all upstreams)",
  basis:
    "`requests` (answers of the last hour), `capacity` (calls a second that healthy upstreams bear), `configured` (endpoints), `stake` (as configured), `peers` (of one's own nodes; by `provider`, `asn`, `jurisdiction`)",
  claimed: "the provider that is declared, as in `provider`",
  observed: "who owns the addresses: a key of the provider catalogue, or `as` and the number of an autonomous system",
  custody:
    "`held` (gets no calls), `trial` (asked out of sight of clients), `probation` (serves, every answer checked)",
  survey: "who published it, and when: [the table](concentration.md#what-others-published)",
  account: "`declared`, `observed` (where that could be seen, else as declared)",
  order: "order of the Hill number: `2` (1 / sum of squares) or `1` (exponential of the entropy)",
  threshold: "`0.33` (more than a third), `0.5` (more than a half), `0.66` (at least two thirds)",
  direction: "`in` (from clients), `out` (to clients)",
  version: "version of breakwater",
  node: "version of Node",
} as const satisfies Record<string, string>;

type Label = keyof typeof labels;

/** One metric. Its unit is the base unit of its values; `none` for counts of things and for states. */
export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly unit: "none" | "seconds" | "bytes" | "ratio" | "blocks" | "calls per second";
  readonly labels: readonly Label[];
  readonly help: string;
}

/** Upper bounds of the buckets of every duration, in milliseconds; the last bucket has none. */
export const durationBoundsMs: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/** Upper bounds of the buckets of shares of a slot; on Ethereum 1 / 3 are four seconds. */
export const slotShareBounds: readonly number[] = [
  0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.335, 0.35, 0.4, 0.5, 0.6, 0.67, 0.75, 0.9, 1, 1.5, 2,
];

function counter(labels: readonly Label[], help: string, unit: Metric["unit"] = "none"): Metric {
  return { type: "counter", unit, labels, help };
}

function gauge(labels: readonly Label[], help: string, unit: Metric["unit"] = "none"): Metric {
  return { type: "gauge", unit, labels, help };
}

function slotShares(labels: readonly Label[], help: string): Metric {
  return { type: "histogram", unit: "ratio", labels, help };
}

function durations(labels: readonly Label[], help: string): Metric {
  return { type: "histogram", unit: "seconds", labels, help };
}

const byUpstream = ["network", "upstream"] as const;
const byClass = ["network", "class"] as const;
const byDemand = ["network", "demand"] as const;
const byDuty = ["network", "duty"] as const;
const byGroup = ["network", "dimension", "basis"] as const;

/**
 * Every metric, by name. To add one: a row here and a reader in `readers.ts`, which the compiler then asks for.
 * A series exists from the first event on, so that 200 networks cost what they use; what alerts divide by, or count
 * from, starts at 0.
 */
export const metrics = {
  breakwater_calls_total: counter(["network", "class", "outcome"], "Calls of clients by what they were told."),
  breakwater_calls_unserved_total: counter(
    byClass,
    "Calls that ended in a fault which the same call might not meet later (HTTP 503): what an availability objective counts.",
  ),
  breakwater_call_duration_seconds: durations(byClass, "What clients waited for the outcome of a call."),
  breakwater_calls_coalesced_total: counter(byClass, "Calls that shared the outcome of an identical call in flight."),
  breakwater_calls_shed_total: counter(["network", "priority"], "Calls turned away because the proxy was overloaded."),
  breakwater_retries_total: counter(byClass, "Attempts made because an earlier one of the same call failed."),
  breakwater_hedges_total: counter(byClass, "Attempts made because an earlier one of the same call was slow."),
  breakwater_hedge_wins_total: counter(byClass, "Calls whose answer came from a hedge."),
  breakwater_attempts_total: counter(
    ["network", "upstream", "provider", "region", "outcome", "reason"],
    "Calls sent to an upstream, by what came back.",
  ),
  breakwater_attempt_duration_seconds: durations(
    byUpstream,
    "Time until an attempt had an outcome, cancelled ones left out.",
  ),
  breakwater_in_flight: gauge(byUpstream, "Attempts without an outcome now."),
  breakwater_upstream_info: gauge(
    ["network", "upstream", "provider", "kind", "region", "asn", "jurisdiction", "operator", "client", "edge"],
    "Always 1: where an upstream stands, to join on network and upstream.",
  ),
  breakwater_upstream_verdict: gauge(
    [...byUpstream, "verdict"],
    "1 for the verdict that an upstream has, 0 for the others.",
  ),
  breakwater_upstream_breaker_state: gauge(
    [...byUpstream, "state"],
    "1 for the state of the breaker, 0 for the others.",
  ),
  breakwater_upstream_held: gauge([...byUpstream, "hold"], "1 while an upstream is held off; absent while it is not."),
  breakwater_upstream_changes_total: counter([...byUpstream, "what"], "Changes of verdict, breaker and hold-off."),
  breakwater_upstream_head_block: gauge(byUpstream, "The newest block that an upstream has; absent while unknown."),
  breakwater_upstream_finalized_block: gauge(
    byUpstream,
    "The newest final block that an upstream has; absent while unknown.",
  ),
  breakwater_upstream_lag_blocks: gauge(
    byUpstream,
    "How far an upstream is behind the fleet; absent while unknown.",
    "blocks",
  ),
  breakwater_served_head_block: gauge(
    ["network", "tag"],
    "The block that clients are told a tag means; absent while unknown.",
  ),
  breakwater_eligible_upstreams: gauge(["network"], "Upstreams that may serve traffic now."),
  breakwater_network_ready: gauge(["network"], "1 when an upstream may serve and the head is known."),
  breakwater_concentration_share_ratio: gauge(
    ["network", "dimension", "entity", "basis"],
    "What one provider, kind or region holds of all whose place is known.",
    "ratio",
  ),
  breakwater_concentration_known_ratio: gauge(
    byGroup,
    "The part whose place is known, which shares are shares of.",
    "ratio",
  ),
  breakwater_concentration_hhi: gauge(
    byGroup,
    "Herfindahl-Hirschman index, 0 to 10000; above 1800 is highly concentrated.",
  ),
  breakwater_concentration_hhi_normalized_ratio: gauge(
    byGroup,
    "The index freed of the number of entities: 0 when all are equal, 1 when one has all.",
    "ratio",
  ),
  breakwater_concentration_effective_entities: gauge(
    [...byGroup, "order"],
    "How many equal entities would be as concentrated.",
  ),
  breakwater_concentration_gini_ratio: gauge(
    byGroup,
    "Inequality of the shares: 0 when all are equal. Weak when entities are few.",
    "ratio",
  ),
  breakwater_concentration_nakamoto_coefficient: gauge(
    [...byGroup, "threshold"],
    "The fewest entities that together reach the threshold.",
  ),
  breakwater_survivability_ratio: gauge(
    ["network", "dimension", "entity", "demand"],
    "How much of the demand the others could carry, the reserve kept free, without this entity: the worst of each dimension. Absent while no capacity is known.",
    "ratio",
  ),
  breakwater_survivability_pair_ratio: gauge(
    byDemand,
    "The same without the worst two failure domains, jurisdictions left out.",
    "ratio",
  ),
  breakwater_survivability_deficit_calls_per_second: gauge(
    byDemand,
    "What the others would lack without the worst failure domain, jurisdictions left out; 0 when it can be lost.",
    "calls per second",
  ),
  breakwater_concentration_hhi_drift: gauge(
    ["network", "dimension"],
    "The index of capacity now less that of seven days ago, or of the oldest that is known; absent in the first hour.",
  ),
  breakwater_concentration_hosting_hhi: gauge(
    ["network", "account"],
    "Herfindahl-Hirschman index of hosts, 0 to 10000, as declared and as observed; each upstream counts the same.",
  ),
  breakwater_concentration_hosting_seen_ratio: gauge(
    ["network"],
    "Upstreams whose host was seen; the others count as declared in both accounts.",
    "ratio",
  ),
  breakwater_hosting_mismatch: gauge(
    [...byUpstream, "claimed", "observed"],
    "1 while an upstream's addresses are not the declared host's; absent while they are, or cannot be told.",
  ),
  breakwater_hosting_connect_seconds: gauge(
    byUpstream,
    "The time in which connections were accepted by which the declared region is judged; absent where it is not.",
    "seconds",
  ),
  breakwater_hosting_region_refuted: gauge(
    [...byUpstream, "region"],
    "1 while light could not reach the declared region and return within that time; absent while it could.",
  ),
  breakwater_concentration_peers: gauge(
    ["network"],
    "Peers that one's own nodes told of within a day, each counted once; absent while none of them told.",
  ),
  breakwater_concentration_published_ratio: gauge(
    ["network", "entity", "survey"],
    "For comparison: what a provider held of the network by a survey that was published. Only beside peers.",
    "ratio",
  ),
  breakwater_effective_independent_upstreams: gauge(
    ["network"],
    "How many independent upstreams those that may serve now are worth by capacity; absent above 256 of them.",
  ),
  breakwater_expected_unserved_calls_per_year: gauge(
    ["network", "dimension", "demand"],
    "Calls a year that would find no room, reckoned with usual durations of losses and an assumed frequency.",
  ),
  breakwater_demand_calls_per_second: gauge(
    ["network", "priority"],
    "Calls of the last minute that upstreams were asked for, or should have been.",
    "calls per second",
  ),
  breakwater_upstream_capacity_calls_per_second: gauge(
    byUpstream,
    "What an upstream bears, as declared or as learned; absent while unknown.",
    "calls per second",
  ),
  breakwater_domain_phase: gauge(
    ["domain", "dimension", "phase", "mode"],
    "1 for the phase of a failure domain that is not closed; absent for those that are.",
  ),
  breakwater_domains: gauge(["phase"], "Failure domains by phase."),
  breakwater_failover_decisions_total: counter(
    ["action", "dimension", "mode"],
    "What was decided about failure domains, upstreams and the process itself.",
  ),
  breakwater_failover_impaired: gauge([], "1 while the process seems to be cut off itself, and takes nobody out."),
  breakwater_failover_panic: gauge(
    ["network"],
    "1 while so little of a network is left that health is not obeyed in full.",
  ),
  breakwater_failover_orders: gauge(["what"], "Orders of operators in force."),
  breakwater_duty_slot_ratio: slotShares(
    byDuty,
    "How much of its slot was over when a call of validators was answered: the slot that it is about, else the one in which it was asked; above 1 after its end.",
  ),
  breakwater_duty_missed_total: counter(
    [...byDuty, "miss"],
    "Calls of validators that were answered after they were due, or not at all.",
  ),
  breakwater_duty_quorum_failures_total: counter(
    byDuty,
    "Calls of validators that were refused because too few nodes agreed, or answered.",
  ),
  breakwater_duty_fit_nodes: gauge(byDuty, "Nodes that are asked for a duty now."),
  breakwater_broadcast_results_total: counter(
    ["network", "upstream", "duty", "outcome"],
    "What each node made of what was sent to all.",
  ),
  breakwater_divergences_total: counter(
    ["network", "client"],
    "How often a node refused what another one took, by its consensus client.",
  ),
  breakwater_alarms_total: counter(["network", "alarm"], "What operators of validators were told of."),
  breakwater_objections_total: counter(byUpstream, "Answers to validators that were not used, by who gave them."),
  breakwater_voters: gauge(["network"], "Different client pairs among the nodes that say what to attest to."),
  breakwater_voters_required: gauge(["network"], "How many client pairs must agree on what is signed."),
  breakwater_view_disagreement: gauge(
    ["network", "about"],
    "1 while nodes disagree about the newest blocks, the target to attest to, or what is final; told is the gravest.",
  ),
  breakwater_chain_slot: gauge(["network"], "The slot that it is by the clock; absent while unknown."),
  breakwater_chain_head_slot: gauge(
    ["network"],
    "The slot of the newest block of the chain that counts; absent while there is none.",
  ),
  breakwater_node_prepared: gauge(
    byUpstream,
    "1 while a node knows whom to pay for blocks; absent until validators named anybody.",
  ),
  breakwater_node_event_stream_up: gauge(byUpstream, "1 while the event stream of a node is open."),
  breakwater_node_clock_skew_seconds: gauge(
    byUpstream,
    "How far a node's clock is ahead of ours, negative when it is behind; absent while unknown.",
    "seconds",
  ),
  breakwater_event_clients: gauge(["network"], "Clients that follow events."),
  breakwater_control_entries: gauge(
    ["network", "control"],
    "What validators told and nodes must not forget: entries remembered.",
  ),
  breakwater_control_replays_total: counter(
    [...byUpstream, "result"],
    "How often a node was told again what validators had told, a kind at a time.",
  ),
  breakwater_pinned_blocks: gauge(["network"], "Blocks of the last slots whose producer is remembered."),
  breakwater_audits_total: counter(
    [...byUpstream, "check", "finding"],
    "Answers that were compared with what independent upstreams say, or with a proof.",
  ),
  breakwater_trust_score: gauge(
    byUpstream,
    "The share of right answers that an upstream has at least, with 95 % certainty.",
    "ratio",
  ),
  breakwater_upstream_custody: gauge(
    [...byUpstream, "custody"],
    "1 while an upstream is held, on trial or on probation for what it said; absent while it is clear.",
  ),
  breakwater_quarantines_total: counter(byUpstream, "How often an upstream was found to have said what is not so."),
  breakwater_verification_calls_total: counter(["network"], "Calls to upstreams that were made to check answers."),
  breakwater_verification_answers_total: counter(
    ["network"],
    "Answers of upstreams to clients' calls that might have been checked: what the effort compares with.",
  ),
  breakwater_state_trouble: gauge(
    ["store"],
    "1 while what must outlive the process cannot be kept; see `state` of the configuration.",
  ),
  breakwater_client_bytes_total: counter(["direction"], "Bytes of bodies exchanged with clients.", "bytes"),
  breakwater_log_lines_dropped_total: counter([], "Log lines thrown away because whoever reads the log was too slow."),
  breakwater_simulated: gauge([], "1 when the upstreams are simulated and no figure here is about a real chain."),
  breakwater_build_info: gauge(["version", "node"], "Always 1: what is running."),
} as const satisfies Record<`breakwater_${string}`, Metric>;

export type MetricName = keyof typeof metrics;
