import { Resolver } from "node:dns/promises";

/** The addresses of a host name, or why there are none, in a word. */
export type Addresses = readonly string[] | { readonly problem: string };

/** Looks up names. Never rejects. */
export interface Names {
  addresses(name: string): Promise<Addresses>;
  /** Gives up what is under way. */
  cancel(): void;
}

/** For one question to one name server, in milliseconds, and how often it is asked. */
const timeoutMs = 3_000;
const tries = 2;

/** Asks the name servers of this machine for A and AAAA records: the same that the upstream's own clients would use. */
export function createNames(): Names {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  return {
    async addresses(name) {
      const asked = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const found = asked.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      if (found.length > 0) return found;
      const codes = asked.flatMap((answer) => (answer.status === "rejected" ? codeOf(answer.reason) : []));
      return { problem: codes[0] ?? "no addresses" };
    },
    cancel: () => resolver.cancel(),
  };
}

function codeOf(reason: unknown): string {
  return (reason as NodeJS.ErrnoException).code ?? String(reason);
}
