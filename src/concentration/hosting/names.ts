import { Resolver } from "node:dns/promises";

/** What a name server knows of a name, or why nothing, in a word. */
export type Found = readonly string[] | { readonly problem: string };

/** Looks up names. Never rejects. */
export interface Names {
  addresses(name: string): Promise<Found>;
  /** The texts (TXT records) of a name, each whole. */
  texts(name: string): Promise<Found>;
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
    async texts(name) {
      try {
        return (await resolver.resolveTxt(name)).map((parts) => parts.join(""));
      } catch (error) {
        return { problem: codeOf(error) };
      }
    },
    cancel: () => resolver.cancel(),
  };
}

function codeOf(reason: unknown): string {
  return (reason as NodeJS.ErrnoException).code ?? String(reason);
}
