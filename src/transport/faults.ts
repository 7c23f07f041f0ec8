import { errors } from "undici";
import { type Fault, fault } from "../core/outcome.ts";

/** Codes that say the connection never came to be, by what they mean to an operator. */
const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "host name not found",
  EAI_AGAIN: "host name lookup failed",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  EADDRNOTAVAIL: "no local address or port left",
  EPROTO: "TLS handshake failed",
  UND_ERR_CONNECT_TIMEOUT: "no connection within the time limit",
};

/** Codes of replies that are not HTTP, or not the HTTP that their own headers announced. */
const malformed: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_OVERFLOW: "response headers too large",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "body shorter or longer than its content-length",
};

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/**
 * The fault that a failed exchange means. `sent` says whether any byte of the request may have left: if not, a write
 * may safely go elsewhere. Details name codes only: messages of the runtime may carry addresses and paths.
 */
export function faultOf(error: unknown, sent: boolean): Fault {
  const code = codeOf(error);
  if (error instanceof errors.HTTPParserError) return fault("malformed", "not an HTTP response");
  const wrong = malformed[code];
  if (wrong !== undefined) return fault("malformed", wrong);
  if (sent) return fault("interrupted", `connection lost (${code || "closed"})`);
  const known = unreachable[code];
  if (known !== undefined) return fault("unreachable", known);
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/.test(code)) {
    return fault("unreachable", `TLS handshake failed (${code})`);
  }
  return fault("unreachable", `no connection (${code || "unknown cause"})`);
}
