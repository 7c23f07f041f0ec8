import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { AdminClient } from "../admin-client.ts";
import { detailOf } from "./reading.ts";

/** An order lasts so long unless it is renewed, in milliseconds: a drill that dies cannot leave a domain drained. */
const orderMs = 30_000;
const renewMs = 10_000;

/** So many times in a row renewing may fail. */
const mostFailures = 3;

/** How often lifting is tried, and how long after one another, in milliseconds. */
const liftTries = 5;
const liftPauseMs = 1_000;

const orderSchema = z.object({ id: z.number() });

interface OrderParts {
  readonly client: AdminClient;
  readonly clock: Clock;
  readonly told: (line: string) => void;
}

/** The one order of a drill: given with a short end, renewed while the drill goes on, and lifted in any case. */
export class DrillOrder {
  readonly #target: string;
  readonly #by: string;
  readonly #confirmed: boolean;
  readonly #parts: OrderParts;
  #share = 1;
  #id: number | undefined;
  #givenAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** It may be in force: also when the answer to giving it was lost. */
  given = false;

  /** `confirmed`: it may take the last ones that serve a network. */
  constructor(
    { target, by, confirmed }: { readonly target: string; readonly by: string; readonly confirmed: boolean },
    parts: OrderParts,
  ) {
    this.#target = target;
    this.#by = by;
    this.#confirmed = confirmed;
    this.#parts = parts;
  }

  /** Leaves the target `share`, 0..1, of its traffic. Says why that was refused. */
  async give(share: number): Promise<string | undefined> {
    this.#share = share;
    const { client, clock } = this.#parts;
    const before = this.given;
    this.given = true;
    const answer = await client.ask("POST", "/api/failover/orders", {
      target: this.#target,
      what: "drain",
      share: `${Number((100 * share).toFixed(3))}%`,
      for: formatDuration(orderMs),
      by: this.#by,
      ...(this.#confirmed && { confirm: true }),
    });
    if ("problem" in answer) return answer.problem;
    const read = orderSchema.safeParse(answer.body);
    if (answer.status !== 201 || !read.success) {
      if (answer.status >= 400 && answer.status < 500) this.given = before;
      return `the order was refused with ${answer.status}${detailOf(answer.body)}`;
    }
    this.#id = read.data.id;
    this.#givenAt = clock.now();
    return undefined;
  }

  /** Gives it once more when it is time to. Says why that goes on failing. */
  async renew(): Promise<string | undefined> {
    if (this.#parts.clock.now() - this.#givenAt < renewMs) return undefined;
    const refused = await this.give(this.#share);
    this.#failures = refused === undefined ? 0 : this.#failures + 1;
    return this.#failures >= mostFailures ? refused : undefined;
  }

  /** Is it among the orders in force? When not, somebody else's may be, and there is nothing left to lift. */
  stands(orders: readonly { readonly id: number }[]): boolean {
    const stands = orders.some(({ id }) => id === this.#id);
    if (!stands) this.given = false;
    return stands;
  }

  /** Ends it, trying a few times; it also ends by itself. */
  async lift(): Promise<void> {
    const { client, clock, told } = this.#parts;
    if (!this.given) return;
    let problem = "";
    for (let count = 0; this.given && count < liftTries; count++) {
      if (count > 0) await new Promise<void>((resolve) => void clock.schedule(liftPauseMs, resolve));
      const answer = await client.ask("DELETE", "/api/failover/orders", { target: this.#target, by: this.#by });
      problem = "problem" in answer ? answer.problem : `it answers ${answer.status}${detailOf(answer.body)}`;
      this.given = "problem" in answer || (answer.status !== 200 && answer.status !== 404);
    }
    told(
      this.given
        ? `the order could not be lifted (${problem}); it ends by itself within ${formatDuration(orderMs)}`
        : `${this.#target} has its traffic back`,
    );
  }
}
