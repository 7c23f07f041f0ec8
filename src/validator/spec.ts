import type { ChainSpec } from "../core/duty.ts";
import { numberOf } from "./slot-clock.ts";
import { isMajority, weightsOf } from "./voters.ts";

/** What a node says of its chain's constants. */
export interface SpecTold {
  readonly id: string;
  readonly voter: string;
  readonly spec: ChainSpec;
}

/** What the operator says of genesis; what is said is right, whatever nodes say. */
export type ConfiguredGenesis = Partial<
  Pick<ChainSpec, "genesisTime" | "genesisValidatorsRoot" | "genesisForkVersion">
>;

/** Who agrees on the chain's constants. */
export interface SpecAgreement {
  /** The constants as one of those who agree gives them, who knows most of them; `undefined` when nobody does. */
  readonly agreed: ChainSpec | undefined;
  /** Nodes that must not be asked about duties, and why: the constant, what it says, what it should say. */
  readonly disagreeing: ReadonlyMap<string, string>;
  /** Differences about forks to come that nobody can decide yet, as sentences: for the operator. */
  readonly remarks: readonly string[];
}

/**
 * Constants that decide what is signed, besides all `*_FORK_EPOCH` and `*_FORK_VERSION`. Left out are those about peers
 * and rewards, as clients leave out some, and name some that others do not know yet.
 */
const decisive = [
  "PRESET_BASE",
  "CONFIG_NAME",
  "SLOTS_PER_EPOCH",
  "GENESIS_SLOT",
  "GENESIS_EPOCH",
  "GENESIS_DELAY",
  "GENESIS_FORK_VERSION",
  "DEPOSIT_CHAIN_ID",
  "DEPOSIT_NETWORK_ID",
  "DEPOSIT_CONTRACT_ADDRESS",
] as const;

const never = "never";

/** A constant: what each node says, by its id. Who says nothing is not in it. */
interface Constant {
  readonly name: string;
  readonly said: ReadonlyMap<string, string>;
  /** What the operator says. */
  readonly ordained?: string | undefined;
  /** For the epoch of a fork: it matters from then on. */
  readonly fork?: boolean;
}

/**
 * Compares what nodes say of their chain. Constant by constant the operator's word decides, else the majority of voters
 * among those who say anything; where there is none, all who say anything disagree. A constant that a node leaves out is
 * no difference, nor is a fork that it does not know yet, until that fork came by what the majority says. The version of a
 * fork counts only where both sides have set its epoch. `epoch` is the present one.
 *
 * Where nobody can tell who is right about a fork that lies ahead by everybody's word, that is a remark: until then they
 * sign the same.
 */
export function specAgreement(told: readonly SpecTold[], configured: ConfiguredGenesis, epoch: number): SpecAgreement {
  const disagreeing = new Map<string, string>();
  const remarks: string[] = [];
  for (const constant of constantsOf(told, configured, epoch)) judge(constant, told, epoch, disagreeing, remarks);
  const agreeing = told.filter(({ id }) => !disagreeing.has(id));
  const size = ({ spec }: SpecTold) => Object.keys(spec.values).length;
  const widest = agreeing.reduce<SpecTold | undefined>(
    (best, one) => (best === undefined || size(one) > size(best) ? one : best),
    undefined,
  );
  return { agreed: widest?.spec, disagreeing, remarks };
}

function judge(
  { name, said, ordained, fork = false }: Constant,
  told: readonly SpecTold[],
  epoch: number,
  disagreeing: Map<string, string>,
  remarks: string[],
): void {
  if (ordained === undefined && new Set(said.values()).size < 2) return;
  const right = ordained ?? mostSaid(told, said);
  if (right === undefined && fork && [...said.values()].every((value) => isAhead(value, epoch))) {
    remarks.push(`${name}: ${listed(said)}; nobody can tell who is right before then`);
    return;
  }
  for (const [id, value] of said) {
    if (value === right || disagreeing.has(id)) continue;
    const instead = right === undefined ? `no majority: ${listed(said)}` : `${name} is ${value}, not ${right}`;
    disagreeing.set(id, right === undefined ? `${name}: ${instead}` : instead);
  }
}

/** What a strict majority of voters says, of those who say anything. */
function mostSaid(told: readonly SpecTold[], said: ReadonlyMap<string, string>): string | undefined {
  const weights = weightsOf(told.filter(({ id }) => said.has(id)));
  const votes = new Map<string, number>();
  let total = 0;
  for (const [id, weight] of weights) {
    const value = said.get(id) as string;
    votes.set(value, (votes.get(value) ?? 0) + weight);
    total += weight;
  }
  return [...votes].find(([, weight]) => isMajority(weight, total))?.[0];
}

function constantsOf(told: readonly SpecTold[], configured: ConfiguredGenesis, epoch: number): readonly Constant[] {
  const column = (name: string, value: (spec: ChainSpec) => string | undefined, ordained?: string): Constant => {
    const said = new Map<string, string>();
    for (const { id, spec } of told) {
      const one = value(spec);
      if (one !== undefined) said.set(id, one);
    }
    return { name, said, ordained };
  };
  const { genesisTime, genesisValidatorsRoot, genesisForkVersion } = configured;
  return [
    column("genesis_time", (spec) => `${spec.genesisTime}`, genesisTime === undefined ? undefined : `${genesisTime}`),
    column("genesis_validators_root", (spec) => plain(spec.genesisValidatorsRoot), plain(genesisValidatorsRoot)),
    column("genesis_fork_version", (spec) => plain(spec.genesisForkVersion), plain(genesisForkVersion)),
    column("SLOT_DURATION_MS", ({ values }) => slotMs(values)),
    ...decisive.map((name) => column(name, ({ values }) => plain(values[name]))),
    ...forkNames(told).flatMap((fork) => [forkEpochs(fork, told, epoch), forkVersions(fork, told, column)]),
  ];
}

/** Two constants say the same, in milliseconds or in seconds. */
function slotMs(values: ChainSpec["values"]): string | undefined {
  const seconds = numberOf(values["SECONDS_PER_SLOT"]);
  return plain(values["SLOT_DURATION_MS"]) ?? (seconds === undefined ? undefined : `${seconds * 1_000}`);
}

/** The forks that anybody names; a node cannot name more than there will ever be. */
function forkNames(told: readonly SpecTold[]): readonly string[] {
  const names = new Set<string>();
  for (const { spec } of told) {
    for (const key of Object.keys(spec.values)) {
      if (names.size < 64 && /^[A-Z0-9_]{1,32}_FORK_EPOCH$/.test(key)) names.add(key.slice(0, -"_FORK_EPOCH".length));
    }
  }
  return [...names].sort();
}

/** When a fork comes. Who does not know it says that it never comes; that counts once it came by another's word. */
function forkEpochs(fork: string, told: readonly SpecTold[], epoch: number): Constant {
  const all = new Map(told.map(({ id, spec }) => [id, forkEpoch(fork, spec)]));
  const came = [...all.values()].some((value) => value !== never && !isAhead(value, epoch));
  return {
    name: `${fork}_FORK_EPOCH`,
    said: came ? all : new Map([...all].filter(([, value]) => value !== never)),
    fork: true,
  };
}

function forkVersions(
  fork: string,
  told: readonly SpecTold[],
  column: (name: string, value: (spec: ChainSpec) => string | undefined) => Constant,
): Constant {
  const name = `${fork}_FORK_VERSION`;
  const several = told.filter(({ spec }) => forkEpoch(fork, spec) !== never).length > 1;
  return column(name, (spec) => (several && forkEpoch(fork, spec) !== never ? plain(spec.values[name]) : undefined));
}

function forkEpoch(fork: string, { values }: ChainSpec): string {
  const value = numberOf(values[`${fork}_FORK_EPOCH`]);
  return value === undefined || value === Number.POSITIVE_INFINITY ? never : `${value}`;
}

function isAhead(value: string, epoch: number): boolean {
  return Number(value) > epoch;
}

/** As it is compared and shown: what a node says is not to be trusted in a log line. */
function plain(value: string | undefined): string | undefined {
  return value
    ?.toLowerCase()
    .slice(0, 80)
    .replace(/[^\w.:-]/g, "?");
}

function listed(said: ReadonlyMap<string, string>): string {
  return [...said].map(([id, value]) => `${id} says ${value}`).join(", ");
}
