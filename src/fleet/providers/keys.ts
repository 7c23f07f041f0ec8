import { redactText, redactUrl, secretsOf } from "../../lib/redact.ts";
import { catalogue, providerOf } from "./catalogue.ts";

/** What people put where a key would be when they use the free endpoint. */
const noKeys = new Set(["public", "demo"]);

/** The path patterns of each provider's `keyIn`, ready to match. Queries need none: their values are hidden anyway. */
const patterns = new Map(
  catalogue.map(({ key, keyIn }) => [key, keyIn.filter((pattern) => pattern.startsWith("/")).map(toRegExp)]),
);

/**
 * What of an endpoint's URL must never be shown: what looks like a secret in any URL, and the key where the catalogue
 * says that this provider has it, even if it is short or looks like a word. Never throws.
 */
export function endpointSecrets(url: string): readonly string[] {
  const key = URL.canParse(url) ? keyOf(new URL(url)) : undefined;
  return key === undefined || noKeys.has(key) ? secretsOf(url) : [...new Set([...secretsOf(url), key])];
}

/** The same for all that is sent to an endpoint: what its URL holds, and its headers' values, whole and word by word. */
export function sentSecrets(url: string | undefined, headers: Readonly<Record<string, string>>): readonly string[] {
  const values = Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)]);
  return [...new Set([...(url === undefined ? [] : endpointSecrets(url)), ...values])];
}

/** An endpoint's URL as it may be shown. Never throws. */
export function redactEndpoint(url: string): string {
  return redactText(redactUrl(url), endpointSecrets(url));
}

function keyOf({ hostname, pathname }: URL): string | undefined {
  const provider = providerOf(hostname);
  if (!provider) return undefined;
  for (const pattern of patterns.get(provider.key) ?? []) {
    const match = pattern.exec(pathname);
    if (match) return match.groups?.["key"];
  }
  return undefined;
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\{(\w+)\}/g, (_, word) => (word === "key" ? "(?<key>[^/]+)" : "[^/]+"));
  return new RegExp(`^${source}(/|$)`);
}
