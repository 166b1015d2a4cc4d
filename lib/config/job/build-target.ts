import type { AssetDefinition } from "../../contract/asset.ts";
import { TargetConfig } from "../../contract/config.ts";
import { STORE_SCHEMES } from "../../storage/object/object-uri.ts";
import { type ConfigDocument, faultAt, findingAt } from "../document/config-document.ts";
import type { Session } from "../document/session.ts";
import type { JobDraft } from "./job-document.ts";
import { bagOf, type Side } from "./load-side.ts";
import type { LoadedTarget } from "./loaded-job.ts";
import { publicConnection } from "./public-connection.ts";
import { targetPlace } from "./target-place.ts";

export interface TargetRequest {
  readonly document: ConfigDocument;
  readonly job: JobDraft;
  readonly side: Side;
  readonly fullRefresh: boolean;
  /** Undefined when it is at fault. */
  readonly asset: AssetDefinition | undefined;
}

/** The target side of a job as its writer gets it. */
export function buildTarget(request: TargetRequest, session: Session): LoadedTarget {
  const { document, job, side } = request;
  const connection = bagOf(side.merged.value["connection"]);
  const place = targetPlace(document, side, session);
  return {
    connector: side.name,
    type: side.type,
    roles: side.connector?.roles ?? [],
    custom: side.custom,
    publicConnection: publicConnection(connection),
    config: targetConfig(side, sizeOption(request, session), partitioningOf(request)),
    ...place,
    format: formatOf(side),
    writeMode: writeMode(request, session),
    layout: job.target?.layout ?? "flat",
    allowDuplicates: job.target?.allow_duplicates ?? false,
  };
}

/** What the built-in writer writes. */
function formatOf({ type, merged }: Side): string {
  return type in STORE_SCHEMES ? String(merged.value["file_format"] ?? "parquet") : type;
}

/** A full refresh replaces; appending everything once more has to be asked for. */
function writeMode({ document, job, fullRefresh }: TargetRequest, { report }: Session): "append" | "overwrite" {
  const { write_mode: written, allow_duplicates: mayDouble } = job.target ?? {};
  if (!fullRefresh) return written ?? "append";
  if (written === "append" && !mayDouble) {
    const message =
      "a full refresh with append would add every record once more; take write_mode out, or set allow_duplicates: true";
    report.faults.push(faultAt(document, ["target", "write_mode"], message, { code: "DTV_FULL_REFRESH_APPEND" }));
  }
  return written ?? "overwrite";
}

/** `parquet_target_size_mb` is the old name of an option of the built-in file writers. */
function sizeOption({ document, job, side }: TargetRequest, { report }: Session): Readonly<Record<string, unknown>> {
  const size = job.target?.parquet_target_size_mb;
  const options = bagOf(bagOf(side.merged.value["engine"])["options"]);
  if (size === undefined || Object.hasOwn(options, "target_size_mb")) return options;
  if (!side.isCustom) return { ...options, target_size_mb: size };
  const keys = ["target", "parquet_target_size_mb"];
  report.warnings.push(findingAt(document, keys, "has no effect on a custom_writer; give it an engine option"));
  return options;
}

/** What the job says; else what the contract says of this very data; else what the recipe says of all. */
function partitioningOf({ side, asset }: TargetRequest): readonly string[] {
  const { value, writtenAt } = side.merged;
  const ofContract = bagOf(asset?.document["target"])["partitioning"];
  const isOfJob = writtenAt.get("partitioning")?.origin === "job";
  return ((isOfJob ? undefined : ofContract) ?? value["partitioning"] ?? []) as readonly string[];
}

function targetConfig(
  side: Side,
  options: Readonly<Record<string, unknown>>,
  partitioning: readonly string[],
): TargetConfig {
  const { value } = side.merged;
  const { catalog, branch, warehouse, file_format: fileFormat } = value;
  return new TargetConfig({
    type: side.type,
    connection: bagOf(value["connection"]),
    credentials: side.credentials,
    engine: { ...bagOf(value["engine"]), options },
    partitioning,
    ...(catalog === undefined ? {} : { catalog }),
    ...(branch === undefined ? {} : { branch: String(branch) }),
    ...(warehouse === undefined ? {} : { warehouse: String(warehouse) }),
    ...(fileFormat === undefined ? {} : { fileFormat: String(fileFormat) }),
    ...(side.custom === undefined ? {} : { customWriter: side.custom }),
  });
}
