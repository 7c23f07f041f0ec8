/** How long an idle connection is kept, in milliseconds: nginx's default, as many nodes stand behind one. */
export const keepAliveMs = 75_000;

/** More idle connections than this are closed. */
const limit = 256;

interface Idle {
  readonly openedAt: number;
  readonly since: number;
}

/** The idle keep-alive connections of a client to one simulated upstream. Times are the clock's milliseconds. */
export class Connections {
  readonly #idle: Idle[] = [];

  /** Takes the one used last, if one is alive, and says when it was opened. What was opened by `brokenAt` is not. */
  take(now: number, brokenAt: number): number | undefined {
    for (let one = this.#idle.pop(); one !== undefined; one = this.#idle.pop()) {
      if (one.openedAt > brokenAt && now - one.since < keepAliveMs) return one.openedAt;
    }
    return undefined;
  }

  /** Takes back one that is idle again. */
  give(openedAt: number, now: number): void {
    if (this.#idle.length < limit) this.#idle.push({ openedAt, since: now });
  }
}
