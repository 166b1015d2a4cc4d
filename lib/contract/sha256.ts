import type { Hash } from "node:crypto";

/** SHA-256 of a text in UTF-8, or of bytes, hex. */
export function sha256(content: string | Uint8Array): string {
  return createSha256().update(content).digest("hex");
}

/** Not imported: Node takes 6 ms to load its cryptography, a tenth of a short pipe, and most pipes hash nothing by it. */
export function createSha256(): Hash {
  return process.getBuiltinModule("node:crypto").createHash("sha256");
}
