import { DativoError } from "../../contract/errors.ts";
import { suffixOf } from "../../contract/file-name.ts";
import { didYouMean } from "../../contract/options.ts";
import type { ReadStorage, SourceFile, StoredFile } from "../../contract/storage.ts";
import type { ReadObserver } from "../local.ts";
import { ObjectSourceFile } from "./object-file.ts";
import type { ObjectFacts, ObjectStore } from "./object-store.ts";
import { type ObjectUri, parsePrefixUri } from "./object-uri.ts";
import { openStore } from "./open-store.ts";
import { type StoreSource, settingsOf } from "./settings-of.ts";
import { noSuchObject } from "./store-error.ts";

/** Our own bookkeeping in a bucket is never a source, and what ends in a slash is a folder in the eyes of some tools. */
const IGNORED = /(^|\/)_dativo\/|\/$/;

/** Of the neighbours of what was not found, so many are looked at. */
const NEIGHBOURS = 1000;

/** Objects of stores, named by URIs. */
export class ObjectStorage implements ReadStorage {
  readonly #source: StoreSource;
  readonly #observe: ReadObserver;
  readonly #stores = new Map<string, Promise<ObjectStore>>();
  /** What a list has said is not asked again, of thousands of objects; a reading notices what has changed since. */
  readonly #found = new Map<string, ObjectFacts>();

  constructor(source: StoreSource, observe: ReadObserver) {
    this.#source = source;
    this.#observe = observe;
  }

  async find(pattern: string): Promise<StoredFile[]> {
    const place = parsePrefixUri(pattern);
    const store = await this.#store(place);
    const literal = await this.#head(store, place);
    if (literal) return [this.#note(store, literal)];
    const { default: picomatch } = await import("picomatch");
    if (!picomatch.scan(place.key).isGlob) throw await notFound(store, place);
    const isMatch = picomatch(place.key, { windows: false });
    const found: StoredFile[] = [];
    for await (const facts of store.list(literalStart(place.key))) {
      if (isMatch(facts.key) && !IGNORED.test(facts.key)) found.push(this.#note(store, facts));
    }
    if (found.length > 0) return found.sort((a, b) => (a.path < b.path ? -1 : 1));
    throw new DativoError("DTV_SOURCE_NOT_FOUND", `No object matches ${pattern}`, {
      culprit: pattern,
      hint: `The keys that begin with '${literalStart(place.key)}' were looked through.`,
    });
  }

  async open(path: string): Promise<SourceFile> {
    const place = parsePrefixUri(path);
    const store = await this.#store(place);
    const facts = this.#found.get(`${store.uri}/${place.key}`) ?? (await this.#head(store, place));
    if (!facts) throw noSuchObject(path);
    return new ObjectSourceFile(store, facts, this.#observe);
  }

  #head(store: ObjectStore, { key }: ObjectUri): Promise<ObjectFacts | undefined> {
    return key === "" || key.endsWith("/") ? Promise.resolve(undefined) : store.head(key);
  }

  #note(store: ObjectStore, facts: ObjectFacts): StoredFile {
    const { key, sizeBytes, mtimeNs, version } = facts;
    const path = `${store.uri}/${key}`;
    this.#found.set(path, facts);
    return { path, sizeBytes, mtimeNs, version };
  }

  #store({ scheme, bucket }: ObjectUri): Promise<ObjectStore> {
    const name = `${scheme}://${bucket}`;
    const known = this.#stores.get(name);
    if (known) return known;
    const opened = (async () => openStore(settingsOf({ scheme, bucket }, this.#source)))();
    this.#stores.set(name, opened);
    return opened;
  }
}

/** What a pattern begins with that is no pattern: the store looks through the keys that begin so, and no others. */
function literalStart(pattern: string): string {
  return pattern.slice(0, pattern.search(/[*?[{(!+@\\]|$/));
}

async function notFound(store: ObjectStore, { key }: ObjectUri): Promise<DativoError> {
  const uri = `${store.uri}/${key}`;
  const folder = key === "" || key.endsWith("/") ? key : `${key}/`;
  const below = await someOf(store, folder);
  if (below.length > 0) {
    const suffix = suffixOf(below.find((each) => !IGNORED.test(each)) ?? "") || ".csv";
    return new DativoError("DTV_SOURCE_NOT_A_FILE", `${uri} is no object; there are objects below it`, {
      culprit: uri,
      hint: `Name them with a pattern, for example "${store.uri}/${folder}*${suffix}"`,
    });
  }
  const neighbours = await someOf(store, key.slice(0, key.lastIndexOf("/") + 1));
  return new DativoError("DTV_SOURCE_NOT_FOUND", `There is no object ${uri}${didYouMean(key, neighbours)}`, {
    culprit: uri,
  });
}

/** The first keys that begin so, for a hint. */
async function someOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) if (found.push(key) === NEIGHBOURS) break;
  return found;
}
