import { basename, resolve } from "node:path";
import type { LoadedJob } from "../config/job/loaded-job.ts";
import { placeOfUri } from "../config/job/target-place.ts";
import { AssetDefinition } from "../contract/asset.ts";
import { SourceConfig, TargetConfig } from "../contract/config.ts";
import type { MapOptions } from "../contract/map-options.ts";
import { NO_PINS } from "../contract/plugin-sources.ts";
import { isObjectUri } from "../storage/object/object-uri.ts";
import type { RejectPolicy } from "../stream/policy.ts";

type Options = Readonly<Record<string, unknown>>;

export interface StreamJob {
  /** Folder, or URI of a place in a bucket, that files are written into. */
  readonly target: string;
  /** With the target it names the books that are kept; by default the contract's name, or the folder's. */
  readonly name?: string | undefined;
  /** Connector type of the target. */
  readonly format: string;
  readonly fromOptions: Options;
  readonly toOptions: Options;
  readonly writeMode: "append" | "overwrite";
  readonly layout: "flat" | "run-dir";
  readonly asset?: AssetDefinition | undefined;
  readonly policy: RejectPolicy;
  readonly shape?: MapOptions | undefined;
}

/** Tenant of what nobody has a job file for. */
const LOCAL = "local";

/** The job that loads what comes on standard input into a folder or a bucket, as a job file could have said it. */
export function streamJob(stream: StreamJob): LoadedJob {
  const place = isObjectUri(stream.target)
    ? placeOfUri(stream.target, { env: process.env })
    : { path: resolve(stream.target) };
  const name = stream.name ?? stream.asset?.name ?? basename(place.path ?? "");
  const source = new SourceConfig({ type: "stdin", engine: { options: stream.fromOptions } });
  const target = new TargetConfig({
    type: stream.format,
    connection: { path: stream.target },
    engine: { options: stream.toOptions },
  });
  return {
    tenantId: LOCAL,
    name,
    mode: "self_hosted",
    source: { connector: "stdin", type: "stdin", roles: ["source"], publicConnection: {}, config: source },
    target: {
      connector: stream.format,
      type: stream.format,
      roles: ["target"],
      publicConnection: { path: stream.target },
      config: target,
      ...place,
      format: stream.format,
      writeMode: stream.writeMode,
      layout: stream.layout,
      allowDuplicates: false,
    },
    asset: stream.asset ?? AssetDefinition.unchecked(name),
    assetFile: "",
    validation: stream.policy,
    transforms: [],
    map: stream.shape as LoadedJob["map"],
    fullRefresh: false,
    checkpoint: undefined,
    retry: undefined,
    isolation: undefined,
    plugins: NO_PINS,
    logLevel: undefined,
    tags: {},
    planned: [],
    warnings: [],
    locate: (key) => key,
    origins: {},
  };
}
