import type { LoadedJob } from "../config/job/loaded-job.ts";
import type { SourceConfig } from "../contract/config.ts";
import { AnyStorage } from "../storage/any-storage.ts";
import type { ReadObserver } from "../storage/local.ts";

interface SourceStorageOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly observe?: ReadObserver | undefined;
}

/** Where a job reads: files of this machine, and objects of stores that its connection or the environment describes. */
export function sourceStorage(
  { source: { config }, mode }: { readonly source: { readonly config: SourceConfig } } & Pick<LoadedJob, "mode">,
  { cwd, env = process.env, observe }: SourceStorageOptions = {},
): AnyStorage {
  const { type, connection } = config;
  return new AnyStorage({ cwd, observe, source: { type, connection, env, mode } });
}
