import type { Call } from "../../core/call.ts";
import { type Answer, fault, type Outcome } from "../../core/outcome.ts";
import type { Clock } from "../../lib/clock.ts";
import { seededRandom } from "../../lib/random.ts";
import { Node } from "../rehearsal.ts";
import { type SampleChain, sampleGenesis, sampleSpec } from "./sample-chain.ts";

/** What a beacon node says at a path; `undefined` for nothing. */
export type Says = (path: string, data: unknown) => unknown;

/** A beacon node that follows the sample chain by the clock, and may say other things than are so. */
export class BeaconNode extends Node {
  says: Says = (_path, data) => data;
  readonly paths: string[] = [];
  readonly #sample: SampleChain;
  readonly #clock: Clock;

  constructor(id: string, sample: SampleChain, clock: Clock) {
    super(id, id, seededRandom(1));
    this.#sample = sample;
    this.#clock = clock;
  }

  /** Calls as clients make them. */
  sent = 0;

  override send(call: Call): Promise<Outcome> {
    this.sent++;
    return super.send(call);
  }

  override probe(call: Call): Promise<Outcome> {
    return super.send(call);
  }

  override answer({ wire: { path } }: Call): Outcome {
    this.paths.push(path);
    const data = this.says(path, this.#truth(path));
    if (data === undefined) return fault("missing_data", "not found");
    const payload = Buffer.from(JSON.stringify(Array.isArray(data) ? data : { data }));
    return { ok: true, status: 200, failed: false, payload, rest: undefined, height: undefined } satisfies Answer;
  }

  #truth(path: string): unknown {
    const sample = this.#sample;
    const slot = Math.floor((this.#clock.epoch() / 1_000 - sampleGenesis.genesisTime) / 12);
    if (path === "/eth/v1/beacon/genesis") {
      const { genesisTime, genesisValidatorsRoot, genesisForkVersion } = sampleGenesis;
      return {
        genesis_time: `${genesisTime}`,
        genesis_validators_root: genesisValidatorsRoot,
        genesis_fork_version: genesisForkVersion,
      };
    }
    if (path === "/eth/v1/config/spec") return sampleSpec;
    if (path.endsWith("/finality_update")) return sample.update({ attested: slot - 1 });
    const root = /bootstrap\/(0x\w+)$/.exec(path)?.[1];
    if (root) {
      const known = Array.from({ length: Math.floor(slot / 8) }, (_, epoch) => 8 * epoch);
      const at = known.find((one) => sample.root(one) === root);
      return at === undefined ? undefined : sample.bootstrap(at);
    }
    const period = Number(/start_period=(\d+)/.exec(path)?.[1]);
    const attested = period * 64 + 41;
    return [...(attested < slot ? [{ version: "deneb", data: sample.update({ attested, next: true }) }] : [])];
  }
}
