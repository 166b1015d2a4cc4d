import type { Reject } from "../contract/reject.ts";

/** Raw bytes become base64 in JSON by themselves; this is the way back. */
export function parseReject(reject: unknown): Reject {
  const { raw, ...rest } = reject as Reject & { raw?: string };
  return raw === undefined ? rest : { ...rest, raw: new Uint8Array(Buffer.from(raw, "base64")) };
}
