import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemCode } from "../../contract/errors.ts";
import { sha256 } from "../../contract/sha256.ts";
import { PRIVATE_FILE, replaceFile, syncFolder } from "../../storage/durable.ts";
import { isOursAlone, openSafeFolder } from "./safe-folder.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What was fetched last from a place. */
export interface CacheEntry {
  readonly uri: string;
  /** The store's word for that content: ETag, generation. */
  readonly version: string;
  readonly sha256: string;
}

/**
 * Plugins that were fetched, and copies of pinned libraries. What a file holds is its name, and is looked at each time:
 * nothing that lies here is believed.
 */
export class PluginCache {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** @throws DativoError DTV_PLUGIN_CACHE where others could write */
  static async open(env: Environment): Promise<PluginCache> {
    const own = env["DATIVO_PLUGIN_CACHE_DIR"];
    if (own !== undefined && own !== "") return new PluginCache(await openSafeFolder(own));
    const shared = join(tmpdir(), `dativo-${process.getuid?.() ?? "user"}`);
    return new PluginCache(await openSafeFolder(join(shared, "plugins"), shared));
  }

  /** What was fetched last; undefined for nothing, and for an entry that makes no sense. */
  async lookUp(uri: string): Promise<CacheEntry | undefined> {
    try {
      const entry = JSON.parse(await readFile(await this.#indexOf(uri), "utf8")) as Partial<CacheEntry>;
      const isWhole = typeof entry.version === "string" && /^[0-9a-f]{64}$/.test(entry.sha256 ?? "");
      return entry.uri === uri && isWhole ? (entry as CacheEntry) : undefined;
    } catch (error) {
      if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async remember(entry: CacheEntry): Promise<void> {
    await replaceFile(await this.#indexOf(entry.uri), `${JSON.stringify(entry)}\n`, randomUUID());
  }

  /** Bytes of that hash; undefined where there are none, or others under their name. */
  async read(hash: string, name: string): Promise<Buffer | undefined> {
    return readIntact(await this.#contentOf(hash, name), hash);
  }

  /** Where these bytes lie, to be loaded by that path. */
  async keep(bytes: Uint8Array, name: string): Promise<string> {
    const hash = sha256(bytes);
    const path = await this.#contentOf(hash, name);
    if (await readIntact(path, hash)) return path;
    const folder = await openSafeFolder(join(this.#root, "content", hash), this.#root);
    const temporary = join(folder, `.${randomUUID()}.tmp`);
    try {
      await writeDurably(temporary, bytes);
      // Whatever lies there is not what its name says, or another run has just put the same there.
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
    await syncFolder(folder);
    return path;
  }

  async #indexOf(uri: string): Promise<string> {
    return join(await openSafeFolder(join(this.#root, "index"), this.#root), `${sha256(uri)}.json`);
  }

  async #contentOf(hash: string, name: string): Promise<string> {
    const folder = await openSafeFolder(join(this.#root, "content", hash), this.#root);
    return join(folder, safeName(name));
  }
}

/** The name is for people; a suffix tells scripts from libraries. */
function safeName(name: string): string {
  return name
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .replace(/^\.*$|^\.+/, "_")
    .slice(-100);
}

async function readIntact(path: string, hash: string): Promise<Buffer | undefined> {
  try {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const facts = await handle.stat();
      const bytes = facts.isFile() && isOursAlone(facts) ? await handle.readFile() : undefined;
      return bytes && sha256(bytes) === hash ? bytes : undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (["ENOENT", "ELOOP", "EISDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "wx", PRIVATE_FILE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
