import type { z } from "zod";
import type { Moved } from "../concentration/drift.ts";
import type { Observation } from "../concentration/hosting/observation.ts";
import type { NetworkSeen } from "../concentration/peers/seen.ts";
import type { ConcentrationOptions } from "../concentration/schema.ts";
import type { FailoverControl } from "../core/failover.ts";
import type { VerificationControl } from "../core/verification.ts";
import type { Clock } from "../lib/clock.ts";
import type { Exposition } from "../observe/exposition.ts";
import type { NetworkState } from "../observe/network-state.ts";
import type { RecentChanges } from "../observe/recent-changes.ts";
import type { Recorder } from "../observe/record.ts";
import type { StateStatus } from "../observe/scrape.ts";

/** One network as the admin listener shows it. */
export interface NetworkRuntime extends NetworkState {
  readonly protocol: string;
  /** Does it serve clients that name no network? */
  readonly isDefault: boolean;
}

/** A fault at work in a simulated fleet. */
export interface SimulatedFault {
  readonly id: number;
  readonly spec: { readonly where: Readonly<Record<string, unknown>>; readonly fault: string };
  /** Ids of the upstreams that it strikes. */
  readonly affected: readonly string[];
  /** The clock's milliseconds; `until` is undefined when it lasts until healed. */
  readonly since: number;
  readonly until: number | undefined;
}

/** What may be done to a simulated fleet from outside. */
export interface SimulatorControl {
  /** What `inject` and `heal` take. */
  readonly faultSchema: z.ZodType;
  readonly healSchema: z.ZodType;
  /** Starts a fault; it strikes nobody when `affected` is empty. */
  inject(spec: unknown): SimulatedFault;
  /** Ends the faults that match, and returns them. */
  heal(spec: unknown): readonly SimulatedFault[];
  list(): readonly SimulatedFault[];
}

/** All that the admin listener shows and does; assembled elsewhere, read live. */
export interface Runtime {
  readonly networks: readonly NetworkRuntime[];
  readonly recorder: Recorder;
  readonly state: StateStatus;
  readonly exposition: Exposition;
  readonly changes: RecentChanges;
  readonly failover: FailoverControl;
  /** Absent where answers are not checked. */
  readonly verification?: VerificationControl | undefined;
  /** How concentration moved in a week; absent where nobody follows it. */
  readonly drift?: (() => readonly Moved[]) | undefined;
  /** What the fleet must not become. */
  readonly policy?: ConcentrationOptions | undefined;
  /** Where upstreams were seen to be hosted; absent where nobody looks. */
  readonly hosting?: (() => readonly Observation[]) | undefined;
  /** The networks as the peers of one's own nodes show them; absent where nobody looks. */
  readonly peers?: (() => readonly NetworkSeen[]) | undefined;
  readonly clock: Clock;
  readonly version: string;
  /** Wall-clock milliseconds since 1970. */
  readonly startedAt: number;
  /** Present only when the upstreams are simulated. */
  readonly simulator: SimulatorControl | undefined;
  /** Takes secrets out of a text that came from an upstream. */
  redact(text: string): string;
  /** Is the process shutting down, and wants no new clients? */
  draining(): boolean;
}
