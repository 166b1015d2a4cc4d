import { createXXHash128 } from "hash-wasm";
import type { ContentHash } from "../contract/storage.ts";

/** The same on every machine, with nothing built for it. */
export async function hashInWebAssembly(): Promise<ContentHash> {
  const hash = await createXXHash128();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => {
      const state = hash.save();
      const digest = hash.digest();
      hash.load(state);
      return digest;
    },
    close: () => {},
  };
}
