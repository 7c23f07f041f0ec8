/** What one call of a load came to. */
export interface Result {
  readonly at: number;
  readonly ms: number;
  readonly error: string | undefined;
  readonly upstream: string | null;
}

/** A running load: calls begun at a steady rate whatever becomes of them, as many clients together would. */
export interface Load {
  readonly results: readonly Result[];
  /** Ends it, and waits for what is under way. */
  stop(): Promise<readonly Result[]>;
}

/** Sends the bodies in turn to a URL, `rate` a second. */
export function startLoad(url: string, rate: number, bodies: readonly string[]): Load {
  const results: Result[] = [];
  const underWay = new Set<Promise<void>>();
  const began = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1_000) * rate;
    while (sent < due) {
      const one = call(url, bodies[sent++ % bodies.length] as string).then((result) => {
        results.push(result);
        underWay.delete(one);
      });
      underWay.add(one);
    }
  }, 5);
  return {
    results,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      return results;
    },
  };
}

async function call(url: string, body: string): Promise<Result> {
  const at = performance.now();
  const done = (error: string | undefined, upstream: string | null): Result => ({
    at,
    ms: performance.now() - at,
    error,
    upstream,
  });
  try {
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const upstream = response.headers.get("x-breakwater-upstream");
    const reply = (await response.json()) as { result?: unknown; error?: unknown };
    const wrong = response.status !== 200 || !("result" in reply);
    return done(wrong ? `HTTP ${response.status} ${JSON.stringify(reply)}` : undefined, upstream);
  } catch (error) {
    return done(String(error), null);
  }
}
