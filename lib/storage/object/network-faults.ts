import type { StoreFault } from "./store-error.ts";

/** By the names that the system, Node and TLS give to what is wrong on the way to a store. */
export const NETWORK_FAULTS: Readonly<Record<string, StoreFault>> = {
  ECONNREFUSED: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  CERT_HAS_EXPIRED: "unreachable",
  DEPTH_ZERO_SELF_SIGNED_CERT: "unreachable",
  SELF_SIGNED_CERT_IN_CHAIN: "unreachable",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unreachable",
  ERR_TLS_CERT_ALTNAME_INVALID: "unreachable",
  // Of a greeting in TLS that something else answers.
  EPROTO: "no-tls",
  ECONNRESET: "busy",
  EPIPE: "busy",
  ETIMEDOUT: "busy",
};

/** By the status of a reply that has no other name for what is wrong. */
export function faultOfStatus(status: number | undefined): StoreFault {
  if (status === 401) return "wrong-keys";
  if (status === 403) return "forbidden";
  if (status === 301 || status === 307) return "elsewhere";
  return status === 429 || (status !== undefined && status >= 500) ? "busy" : "other";
}
