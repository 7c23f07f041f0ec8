import type { ControlState } from "./control-state.ts";
import { registration } from "./desk.ts";
import type { Remembered } from "./memory.ts";
import type { Node } from "./node.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Pins } from "./pins.ts";
import type { SharingHearer } from "./sharing-items.ts";
import type { Instant } from "./slot-clock.ts";
import type { SurroundGuard } from "./surround.ts";

export interface OthersParts {
  readonly pins: Pins;
  readonly control: ControlState;
  readonly surround: SurroundGuard;
  readonly outgoing: () => Outgoing;
  readonly nodes: readonly Node[];
  /** The present in the chain's time, once known. */
  readonly now: () => Instant | undefined;
  readonly touched: (what: Remembered) => void;
}

/**
 * Takes in what other instances tell that share the store. What they say of times to come is not believed: one of them may
 * have a wrong clock, and what it saw then must not stand in the way of what is due now.
 */
export function createOthers({ pins, control, surround, outgoing, nodes, now, touched }: OthersParts): SharingHearer {
  return {
    pinned(pin) {
      const at = now();
      if (!at || pin[1] > at.slot + 1) return;
      pins.add(pin);
      touched("pins");
    },
    served(target) {
      const at = now();
      if (!at || target[0] > at.epoch + 1) return;
      surround.import([target]);
      touched("surround");
    },
    signed: (message) => outgoing().heard(message),
    forgotten: (message) => outgoing().retracted(message),
    told(kind, entries) {
      // Whoever is told of builders asks all relays: those that the other instance told know it already.
      const level = kind === registration ? nodes.filter(({ hearing }) => !hearing.behind().includes(kind)) : [];
      const number = control.tell(kind, entries);
      for (const { hearing } of level) hearing.caughtUp(kind, number);
      touched("control");
    },
  };
}
