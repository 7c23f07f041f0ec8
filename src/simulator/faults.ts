import type { Clock, Scheduled } from "../lib/clock.ts";
import type { FaultSpec, Heal, Member } from "./fault-spec.ts";
import { groupsOf } from "./phases.ts";

export { faultSchema, healSchema } from "./fault-spec.ts";

/** A fault that was injected and is not over. */
export interface ActiveFault {
  readonly id: number;
  readonly spec: FaultSpec;
  /** The ids of the upstreams that it strikes, all the time or on and off. */
  readonly affected: readonly string[];
  /** Clock's milliseconds. */
  readonly since: number;
  readonly until: number | undefined;
  /** Wall-clock milliseconds since 1970 at its start: where a head that stands still stands. */
  readonly sinceEpoch: number;
}

export interface Faults {
  /** Starts a fault. It strikes nobody when `affected` is empty, and is then not kept. */
  inject(spec: FaultSpec): ActiveFault;
  /** Ends the faults with the same `where` and `fault`, as far as given, and returns them. */
  heal(spec: Heal): readonly ActiveFault[];
  list(): readonly ActiveFault[];
  /** The faults that strike a member now, oldest first. Cheap: asked for each request. */
  active(member: Member): readonly ActiveFault[];
  /** Hears of each injection, each end, and each time that a fault goes on or off. */
  onChange(hear: () => void): void;
}

/** More faults at once than this push out the oldest. */
const limit = 100;

/** A fault with those whom it strikes right now. */
interface Running {
  readonly fault: ActiveFault;
  readonly struck: Set<Member>;
  readonly timers: Set<Scheduled>;
}

/** The faults of one simulated fleet. The seed decides who is struck, and when, where a fault leaves that open. */
export function createFaults(clock: Clock, members: readonly Member[], seed = 1): Faults {
  const running: Running[] = [];
  const striking = new Map<Member, readonly ActiveFault[]>();
  const listeners: (() => void)[] = [];
  let lastId = 0;

  const changed = () => {
    for (const member of members) {
      striking.set(
        member,
        running.filter(({ struck }) => struck.has(member)).map(({ fault }) => fault),
      );
    }
    for (const hear of listeners) hear();
  };

  const end = (dying: (fault: ActiveFault) => boolean): readonly ActiveFault[] => {
    const ended = running.filter((one) => dying(one.fault));
    for (const one of ended) {
      for (const timer of one.timers) timer.cancel();
      running.splice(running.indexOf(one), 1);
    }
    if (ended.length > 0) changed();
    return ended.map((one) => one.fault);
  };

  const follow = (one: Running, group: ReturnType<typeof groupsOf>[number]) => {
    const phases = group.phases();
    const at = (ms: number, task: () => void) => {
      const timer = clock.schedule(one.fault.since + ms - clock.now(), () => {
        one.timers.delete(timer);
        task();
        changed();
      });
      one.timers.add(timer);
    };
    const next = () => {
      const phase = phases.next().value;
      if (!phase) return;
      const off = () => {
        for (const member of group.members) one.struck.delete(member);
        next();
      };
      const on = () => {
        for (const member of group.members) one.struck.add(member);
        if (phase.to !== Number.POSITIVE_INFINITY) at(phase.to, off);
      };
      if (one.fault.since + phase.from <= clock.now()) on();
      else at(phase.from, on);
    };
    next();
  };

  return {
    inject(spec) {
      const groups = groupsOf(spec, members, seed);
      const affected = new Set(groups.flatMap((group) => group.members));
      const fault: ActiveFault = {
        id: ++lastId,
        spec,
        affected: members.filter((member) => affected.has(member)).map((member) => member.id),
        since: clock.now(),
        until: spec.for === undefined ? undefined : clock.now() + spec.for,
        sinceEpoch: clock.epoch(),
      };
      if (groups.length === 0) return fault;
      const one: Running = { fault, struck: new Set(), timers: new Set() };
      if (spec.for !== undefined) one.timers.add(clock.schedule(spec.for, () => end((other) => other === fault)));
      running.push(one);
      for (const group of groups) follow(one, group);
      if (running.length > limit) end((other) => other === running[0]?.fault);
      changed();
      return fault;
    },
    heal: ({ where, fault }) =>
      end(
        (one) =>
          (fault === undefined || one.spec.fault === fault) &&
          (where === undefined || samePlace(where, one.spec.where)),
      ),
    list: () => running.map((one) => one.fault),
    active: (member) => striking.get(member) ?? [],
    onChange: (hear) => listeners.push(hear),
  };
}

function samePlace(a: FaultSpec["where"], b: FaultSpec["where"]): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof FaultSpec["where"]>;
  return [...keys].every((key) => a[key] === b[key]);
}
