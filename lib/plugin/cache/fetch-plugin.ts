import { posix } from "node:path";
import type { Log } from "../../contract/context.ts";
import { DativoError } from "../../contract/errors.ts";
import {
  findBrokenPin,
  isPinned,
  type PluginSources,
  refuseUnpinned,
  requirePinned,
} from "../../contract/plugin-sources.ts";
import { sha256 } from "../../contract/sha256.ts";
import type { ObjectFacts, ObjectStore } from "../../storage/object/object-store.ts";
import { parseObjectUri } from "../../storage/object/object-uri.ts";
import { openStore } from "../../storage/object/open-store.ts";
import { settingsOf } from "../../storage/object/settings-of.ts";
import { type CacheEntry, PluginCache } from "./plugin-cache.ts";

/** A plugin of a bucket, on this machine. */
export interface FetchedPlugin {
  /** In the cache. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  /** The store's word for this content. */
  readonly version: string;
  /** What ran until now, where a refresh brought something else. */
  readonly previousSha256: string | undefined;
}

export interface FetchOptions {
  readonly sources: PluginSources;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** More is no plugin. */
const MAX_BYTES = 512 * 1024 * 1024;
const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * A plugin of a bucket. The copy that was fetched before is taken again, until DATIVO_PLUGIN_REFRESH or a pin asks for
 * another one; the store is asked each time whether it still has that, and does without an answer for a pinned one only.
 *
 * @throws DativoError DTV_PLUGIN_PIN, DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_CACHE, and those of the store
 */
export async function fetchPlugin(uri: string, options: FetchOptions): Promise<FetchedPlugin> {
  const { sources, env, log } = options;
  if (sources.required && !isPinned(sources, [uri])) refuseUnpinned(uri, "and in cloud mode each plugin is");
  const cache = await PluginCache.open(env);
  const name = posix.basename(uri);
  const known = await cache.lookUp(uri);
  const bytes = known && (await cache.read(known.sha256, name));
  const isWanted = known !== undefined && findBrokenPin(sources, [uri], known.sha256) === undefined;
  if (known && bytes && isWanted && !isRefresh(env)) {
    await compareVersion(known, options);
    return { ...known, bytes, path: await cache.keep(bytes, name), previousSha256: undefined };
  }
  const fetched = await download(uri, options);
  requirePinned(sources, [uri], { sha256: fetched.sha256, shown: uri });
  const path = await cache.keep(fetched.bytes, name);
  await cache.remember({ uri, version: fetched.version, sha256: fetched.sha256 });
  const isChanged = known !== undefined && known.sha256 !== fetched.sha256;
  if (isChanged) log.warn(`Plugin ${uri} is another one now: sha256:${fetched.sha256}; it was sha256:${known.sha256}`);
  return { ...fetched, path, previousSha256: isChanged ? known.sha256 : undefined };
}

function isRefresh({ DATIVO_PLUGIN_REFRESH: refresh = "" }: FetchOptions["env"]): boolean {
  return /^(1|true|yes|on)$/i.test(refresh);
}

/** Asks the store whether what we have is what it has. */
async function compareVersion({ uri, version }: CacheEntry, { sources, env, log }: FetchOptions): Promise<void> {
  let facts: ObjectFacts | undefined;
  try {
    facts = await (await storeOf(uri, env)).head(parseObjectUri(uri).key);
  } catch (cause) {
    if (!isPinned(sources, [uri])) throw cause;
    log.warn(`Plugin ${uri} is taken from the cache, as it was pinned: ${(cause as Error).message}`);
    return;
  }
  if (facts?.version === version) return;
  const found = facts === undefined ? "has it no more" : `has another version (${facts.version}) by now`;
  log.warn(
    `Plugin ${uri} is taken from the cache (${version}); the store ${found}. DATIVO_PLUGIN_REFRESH=true fetches it anew`,
  );
}

async function download(
  uri: string,
  { env, signal }: FetchOptions,
): Promise<Omit<FetchedPlugin, "path" | "previousSha256">> {
  const store = await storeOf(uri, env);
  const facts = await store.head(parseObjectUri(uri).key);
  if (facts === undefined) throw notThere(uri);
  if (facts.sizeBytes > MAX_BYTES) throw tooLarge(uri, facts.sizeBytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < facts.sizeBytes; ) {
    const piece = await store.read(facts, at, Math.min(PIECE_BYTES, facts.sizeBytes - at), signal);
    if (piece.length === 0) throw cutShort(uri, at, facts.sizeBytes);
    pieces.push(piece);
    at += piece.length;
  }
  const bytes = Buffer.concat(pieces);
  return { bytes, sha256: sha256(bytes), version: facts.version };
}

/** By the environment alone: the job's own connection is that of its data. */
async function storeOf(uri: string, env: FetchOptions["env"]): Promise<ObjectStore> {
  const { scheme, bucket } = parseObjectUri(uri);
  return openStore(settingsOf({ scheme, bucket }, { env }));
}

function notThere(uri: string): DativoError {
  const what = /\.(so|dylib|dll)$/i.test(uri) ? "Rust plugin library" : "Plugin module";
  return new DativoError("DTV_PLUGIN_NOT_FOUND", `${what} not found: ${uri}`, {
    culprit: uri,
    hint: "The bucket was reached, and has no such object. Check the key; it is case-sensitive.",
  });
}

function tooLarge(uri: string, sizeBytes: number): DativoError {
  return new DativoError("DTV_PLUGIN_LOAD", `Plugin ${uri} has ${sizeBytes} bytes, where ${MAX_BYTES} are the most`, {
    culprit: uri,
    hint: "Is it the plugin itself? `strip` takes the debug information out of a library.",
  });
}

function cutShort(uri: string, bytes: number, of: number): DativoError {
  return new DativoError("DTV_PLUGIN_LOAD", `Plugin ${uri} came in part: ${bytes} bytes of ${of}`, {
    culprit: uri,
    hint: "Run again.",
  });
}
