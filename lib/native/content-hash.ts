import type { ContentHash } from "../contract/storage.ts";
import type { NativeLibrary } from "./library.ts";

/** XXH3-128 by a library, which reads the bytes where they are: a third of the time that WebAssembly takes (measured). */
export function hashNatively(library: NativeLibrary): ContentHash {
  const call = (verb: string, result: string, args: string[]) =>
    library.fn(`dativo_content_hash_${verb}`, result, args);
  const update = call("update", "void", ["void *", "void *", "size_t"]);
  const digest = call("digest", "void", ["void *", "void *"]);
  const free = call("free", "void", ["void *"]);
  let hash: unknown = call("new", "void *", [])();
  return {
    update: (bytes) => {
      if (hash !== null) update(hash, bytes, bytes.length);
    },
    digest: () => {
      const out = Buffer.alloc(16);
      digest(hash, out);
      return out.toString("hex");
    },
    close: () => {
      if (hash !== null) free(hash);
      hash = null;
    },
  };
}
