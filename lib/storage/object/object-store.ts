/** What a bucket offers to a run, whoever's it is. Keys are as the store has them, without a slash before them. */
export interface ObjectStore {
  /** `s3://bucket`, `gs://bucket`: in front of a slash and a key it names an object. */
  readonly uri: string;
  /** What is known of an object; undefined where there is none. */
  head(key: string): Promise<ObjectFacts | undefined>;
  /** The objects whose keys begin so, in the order of their keys, a page of the store's at a time. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectFacts>;
  /**
   * `length` bytes from `offset` of that very version; fewer at its end. They are put into `memory`, where it is given.
   *
   * @throws DativoError DTV_SOURCE_CHANGED when the object is another one by now, DTV_SOURCE_UNREADABLE
   */
  read(object: ObjectFacts, offset: number, length: number, signal?: AbortSignal, memory?: Buffer): Promise<Buffer>;
  /** A small object as a whole; undefined where there is none. */
  get(key: string): Promise<{ readonly bytes: Buffer; readonly version: string } | undefined>;
  /**
   * Writes a small object, under a condition where one is given. The version that it has then; undefined when the
   * condition did not hold, which may be the doing of an earlier try of this call: its reply can be lost.
   */
  put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | undefined>;
  /** Removes an object; one that is not there is none to remove. */
  remove(key: string): Promise<void>;
  /**
   * Gives an object another key as well. The store moves the bytes. False when the key is taken, which may be the doing of
   * an earlier try of this call.
   *
   * @throws DativoError DTV_SOURCE_NOT_FOUND
   */
  copyIfAbsent(from: string, to: string): Promise<boolean>;
  /** Begins an object of a run that nobody sees before it is published. `signal` ends what is under way of it. */
  stage(key: string, run: StagingRun, signal?: AbortSignal): Promise<StagedObject>;
  /**
   * Gives a staged object its key. Idempotent. False when that is taken by something else, or the staged object is gone.
   */
  publish(staged: StagedRef, run: StagingRun): Promise<boolean>;
  /** True when a staged object can be published, or has been by this run. */
  holds(staged: StagedRef, run: StagingRun): Promise<boolean>;
  /** Removes a staged object, or what is left of it; one that was published stays. */
  discard(staged: StagedRef): Promise<void>;
  /**
   * Removes what a run has staged below a prefix, whether or not anybody kept a note of it: the store's reply to the
   * beginning of one can be lost. What is meant has the run's id in its key. Gives their number.
   */
  discardAll(prefix: string, run: StagingRun): Promise<number>;
}

export interface ObjectFacts {
  readonly key: string;
  readonly sizeBytes: number;
  /** Another one for every content: an ETag, a generation. */
  readonly version: string;
  /** Nanoseconds since 1970, as decimal text. */
  readonly mtimeNs: string;
  /** Of the content alone, where the store gives one: `md5:…`, hex. Undefined where it has none, as of many parts. */
  readonly md5?: string | undefined;
  /** The run that made it. */
  readonly runId?: string | undefined;
}

export type PutCondition = { readonly ifAbsent: true } | { readonly ifVersion: string };

/** Whose staged objects they are. */
export interface StagingRun {
  readonly runId: string;
  /** Prefix of keys, with a slash at its end, that is the run's alone. */
  readonly scratch: string;
}

export interface StagedObject {
  readonly sizeBytes: number;
  /** The memory is the caller's again when this returns. It waits while as many as may be are under way. */
  write(bytes: Uint8Array): Promise<void>;
  /** All of it lies in the store when this returns. */
  seal(): Promise<StagedRef>;
  discard(): Promise<void>;
}

/** By which anybody can publish a staged object or remove it: JSON. */
export interface StagedRef {
  readonly key: string;
  readonly sizeBytes: number;
  /** What the store knows it by meanwhile. */
  readonly upload: string;
  /** Of an S3 upload: the ETags of its parts, in their order. */
  readonly parts?: readonly string[] | undefined;
}
