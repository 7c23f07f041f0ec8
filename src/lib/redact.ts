/** What stands where a secret stood. */
const hidden = "***";

/** Hiding a shorter text would garble what is shown and protect nobody: a query value `1` is no secret. */
const shortestSecret = 4;

/** Scheme, authority, path, query, fragment. Matches every text, so that what is no URL is redacted too. */
const urlPattern = /^((?:[a-z][a-z0-9+.-]*:)?\/\/)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/is;

/** What could be a key by its length and alphabet: hex, base58, base64, base64url, uuid, percent-encoded. */
const candidates = /[A-Za-z0-9_~+=%-]{16,}/g;

/** What paths and host names are made of: a word with or without a number, a version (`v1beta1`), a number. */
const readable = /^(?:(?:[A-Z]?[a-z]{0,15}|[A-Z]{1,12})\d{0,4}|\d{1,10}|v\d+[a-z]+\d+)$/;

/** Names of query parameters whose values are secret whatever they look like. */
const secretName = /key|token|secret|auth|pass|pwd|sig|cred/i;

interface Parts {
  readonly scheme: string;
  readonly userinfo: string | undefined;
  /** The host name but for its domain; all of it in a text without scheme. */
  readonly subdomain: string;
  /** The last two labels, which are public, and the port. */
  readonly domain: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly fragment: string;
}

/**
 * A URL as it may be shown: without user, password, query values, fragment, and whatever looks like a key in its path or
 * host name (16 characters or more, not made of words and numbers). Takes any text and never throws. A key that is
 * shorter or looks like words is left: pass what is known to be secret through {@link redactText} as well.
 */
export function redactUrl(url: string): string {
  const { scheme, userinfo, subdomain, domain, path, query, fragment } = partsOf(url);
  const pairs = query.map((pair) => {
    const equals = pair.indexOf("=");
    return equals < 0 ? hidden : `${hideKeys(pair.slice(0, equals))}=${hidden}`;
  });
  return [
    scheme,
    userinfo === undefined ? "" : `${hidden}@`,
    hideKeys(subdomain),
    domain,
    hideKeys(path),
    pairs.length === 0 ? "" : `?${pairs.join("&")}`,
    fragment === "" ? "" : `#${hidden}`,
  ].join("");
}

/**
 * What of a URL must never be shown: user, password, fragment, and what looks like a key in its query, path or host name
 * or is called one; as written and, where that differs, percent-decoded. For {@link redactText}: a query value such as
 * `ethereum` is not listed, or no text could name the network any more. Never throws.
 */
export function secretsOf(url: string): readonly string[] {
  const { userinfo = "", subdomain, path, query, fragment } = partsOf(url);
  const found = [
    ...userinfo.split(":"),
    ...query.filter((pair) => secretName.test(pair.split("=", 1)[0] ?? "") || isKey(pair)).map(parameterValue),
    fragment,
    ...[...subdomain.matchAll(candidates), ...path.matchAll(candidates)].map(String).filter(isKey),
  ];
  return [...new Set([...found, ...found.map(decoded)])].filter((secret) => secret !== "");
}

/** A text without the secrets; those of less than four characters stay, as they could be any part of any word. */
export function redactText(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= shortestSecret && text.includes(secret))
    .sort((a, b) => b.length - a.length)
    .reduce((redacted, secret) => redacted.replaceAll(secret, hidden), text);
}

function partsOf(url: string): Parts {
  const [, scheme = "", authority = "", path = "", query = "", fragment = ""] = urlPattern.exec(url) ?? [];
  const at = authority.lastIndexOf("@");
  // A password with a bare `/`, `?` or `#` in it breaks the URL apart: all up to the last @ may belong to it.
  if (at < 0 && /:(?!\d*$)/.test(authority.replace(/^\[[^\]]*\]/, "")) && url.includes("@", scheme.length)) {
    const end = url.lastIndexOf("@");
    return { ...partsOf(url.slice(end + 1)), scheme, userinfo: url.slice(scheme.length, end) };
  }
  const host = authority.slice(at + 1);
  const domain = scheme === "" ? "" : (/[^.]*(\.[^.]*)?$/.exec(host)?.[0] ?? "");
  return {
    scheme,
    userinfo: at < 0 ? undefined : authority.slice(0, at),
    subdomain: host.slice(0, host.length - domain.length),
    domain,
    path,
    query: query.length > 1 ? query.slice(1).split("&") : [],
    fragment: fragment.slice(1),
  };
}

/** The value of a query parameter; all of it when it has no name. */
function parameterValue(pair: string): string {
  return pair.slice(pair.indexOf("=") + 1);
}

function hideKeys(text: string): string {
  return text.replace(candidates, (candidate) => (isKey(candidate) ? hidden : candidate));
}

function isKey(candidate: string): boolean {
  return !candidate.split(/[_~+=%-]/).every((part) => readable.test(part));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
