import type { Order } from "../core/failover.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Clock, Scheduled } from "../lib/clock.ts";
import { formatDuration } from "../lib/duration.ts";

/** An order that names no end is over after this long: nobody remembers for ever what they drained. */
const longestOrderMs = 30 * 24 * 3_600_000;
/** So many orders at once are more than anybody keeps in mind. */
const mostOrders = 100;

interface Standing {
  readonly order: Order;
  members: readonly Upstream[];
  readonly end: Scheduled;
}

/** What the orders in force mean for one upstream. */
interface Effect {
  readonly drained: string | undefined;
  readonly forced: boolean;
  readonly share: number;
}

/** What operators ordered, each until its end. `over` hears of one that ended by itself. */
export class Orders {
  readonly #clock: Clock;
  readonly #over: (order: Order, members: readonly Upstream[]) => void;
  readonly #standing: Standing[] = [];
  #lastId = 0;

  constructor(clock: Clock, over: (order: Order, members: readonly Upstream[]) => void) {
    this.#clock = clock;
    this.#over = over;
  }

  list(): readonly Order[] {
    return this.#standing.map(({ order }) => order);
  }

  /** Puts an order in force, in place of an earlier one for the same target; or says why it cannot. */
  place(
    { forMs, ...wanted }: Omit<Order, "id" | "until"> & { readonly forMs: number },
    members: readonly Upstream[],
  ): Order | { readonly problem: string } {
    if (!(forMs > 0 && forMs <= longestOrderMs)) {
      return { problem: `an order lasts between a moment and ${formatDuration(longestOrderMs)}` };
    }
    if (!(wanted.share >= 0 && wanted.share <= 1)) return { problem: "a share lies between 0 % and 100 %" };
    this.#remove(wanted.target);
    if (this.#standing.length >= mostOrders) return { problem: `there are ${mostOrders} orders already; lift some` };
    const order: Order = { ...wanted, id: ++this.#lastId, until: this.#clock.now() + forMs };
    const end = this.#clock.schedule(forMs, () => {
      const { members: released = [] } = this.#remove(order.target) ?? {};
      this.#over(order, released);
    });
    this.#standing.push({ order, members, end });
    return order;
  }

  /** Labels changed: an order is about whoever belongs to its target now. */
  retarget(membersOf: (target: string) => readonly Upstream[]): void {
    for (const standing of this.#standing) standing.members = membersOf(standing.order.target);
  }

  /** Ends the order for a target; gives the order and whom it was about. */
  lift(target: string): { readonly order: Order; readonly members: readonly Upstream[] } | undefined {
    return this.#remove(target);
  }

  effect(upstream: Upstream): Effect {
    let drained: string | undefined;
    let forced = false;
    let share = 1;
    for (const { order, members } of this.#standing) {
      if (!members.includes(upstream)) continue;
      if (order.what === "force") forced = true;
      else if (order.share === 0) drained = `drained with ${order.target} by ${order.by}`;
      else share = Math.min(share, order.share);
    }
    return { drained, forced, share };
  }

  stop(): void {
    for (const { end } of this.#standing.splice(0)) end.cancel();
  }

  #remove(target: string): Standing | undefined {
    const index = this.#standing.findIndex(({ order }) => order.target === target);
    if (index < 0) return undefined;
    const [removed] = this.#standing.splice(index, 1);
    removed?.end.cancel();
    return removed;
  }
}
