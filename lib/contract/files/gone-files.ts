/** What a loaded file held. */
export interface LoadedContent {
  readonly xxh128: string;
  readonly sizeBytes: number;
}

/** The loaded files that are gone from a source, by what they held: each may have come back under another name. */
export class GoneFiles {
  readonly #bySize = new Map<number, Map<string, string[]>>();

  /** `present` are the paths that the source has now. */
  constructor(loaded: Readonly<Record<string, LoadedContent>>, present: ReadonlySet<string>) {
    for (const [path, { sizeBytes, xxh128 }] of Object.entries(loaded)) {
      if (present.has(path)) continue;
      const contents = this.#bySize.get(sizeBytes) ?? new Map<string, string[]>();
      this.#bySize.set(sizeBytes, contents);
      const paths = contents.get(xxh128);
      if (paths) paths.push(path);
      else contents.set(xxh128, [path]);
    }
  }

  /** Sizes are known without reading, so that only a file of such a size has to be hashed. */
  hasSize(sizeBytes: number): boolean {
    return this.#bySize.has(sizeBytes);
  }

  /** The name that one of them had; asked again, another one's, for each can have come back once. */
  claim({ sizeBytes, xxh128 }: LoadedContent): string | undefined {
    return this.#bySize.get(sizeBytes)?.get(xxh128)?.pop();
  }
}
