import type { CallContext } from "../core/context.ts";
import { sharesFate, type Upstream } from "../core/upstream.ts";

/** Has this call been sent there, in this round or with no outcome yet? */
export function wasTried(upstream: Upstream, { attempts, round }: CallContext): boolean {
  for (let index = 0; index < attempts.length; index++) {
    const attempt = attempts[index];
    if (attempt?.upstream === upstream && (index >= round || attempt.outcome === undefined)) return true;
  }
  return false;
}

/** The upstream tried in this round that would go down together with this one, if there is one. */
export function fateMate(upstream: Upstream, { attempts, round }: CallContext): Upstream | undefined {
  for (let index = round; index < attempts.length; index++) {
    const tried = attempts[index]?.upstream;
    if (tried && sharesFate(tried.coordinates, upstream.coordinates)) return tried;
  }
  return undefined;
}
