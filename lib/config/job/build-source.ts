import { resolve } from "node:path";
import { type FileEntry, SourceConfig } from "../../contract/config.ts";
import { isObjectUri, STORE_SCHEMES } from "../../storage/object/object-uri.ts";
import { type ConfigDocument, faultAt } from "../document/config-document.ts";
import { isUrl } from "../document/find-file.ts";
import type { Session } from "../document/session.ts";
import { bagOf, connectionFault, type Side, sideFault, sideFinding } from "./load-side.ts";
import type { IncrementalPlan, LoadedSource } from "./loaded-job.ts";
import { type IncrementalVerdict, planIncremental } from "./plan-incremental.ts";
import { publicConnection } from "./public-connection.ts";
import { resolveFiles } from "./resolve-files.ts";

type Bag = Readonly<Record<string, unknown>>;

export interface BuiltSource {
  readonly source: LoadedSource;
  readonly incremental: IncrementalPlan | undefined;
  readonly fullRefresh: boolean;
  readonly statePath: string | undefined;
}

/** The source side of a job as its reader gets it. */
export async function buildSource(document: ConfigDocument, side: Side, session: Session): Promise<BuiltSource> {
  const { value } = side.merged;
  const files = await filesOf(document, side, session);
  const request = { role: "source", document } as const;
  if (!side.isCustom && !side.isPlanned) {
    for (const [index, { path }] of files.entries()) {
      if (path === undefined || !isUrl(path) || isObjectUri(path)) continue;
      const feature = `reading files at ${new URL(path).protocol}//`;
      session.report.planned.push(sideFinding(request, side.merged, ["files", index], feature));
    }
  }
  const incremental = value["incremental"] as Bag | undefined;
  const { isCustom, connector } = side;
  const verdict = planIncremental({ incremental, side: value, connector, isCustom });
  for (const { keys, message } of verdict.faults) {
    session.report.faults.push(sideFault(request, side.merged, ["incremental", ...keys], message));
  }
  return {
    source: {
      connector: side.name,
      type: side.type,
      roles: side.connector?.roles ?? [],
      custom: side.custom,
      publicConnection: publicConnection(bagOf(value["connection"])),
      config: sourceConfig(side, files, incrementalConfig(incremental, verdict)),
    },
    incremental: verdict.plan,
    fullRefresh: verdict.fullRefresh,
    statePath: statePathOf(document, incremental, session),
  };
}

/** Paths of a source that is a store are below its bucket and prefix, unless they name one themselves. */
async function filesOf(
  document: ConfigDocument,
  { type, isCustom, isPlanned, merged }: Side,
  session: Session,
): Promise<FileEntry[]> {
  const { value } = merged;
  const entries = (value["files"] ?? []) as readonly Bag[];
  const scheme = isCustom || isPlanned ? undefined : STORE_SCHEMES[type];
  if (scheme === undefined) return resolveFiles(entries, session.places);
  const files = await resolveFiles(entries, { ...session.places, folder: undefined });
  const isNamed = ({ path }: FileEntry): boolean => path === undefined || isObjectUri(path);
  if (files.every(isNamed)) return files;
  const source = { type, connection: bagOf(value["connection"]), env: session.env, mode: session.mode };
  const { rootOf } = await import("../../storage/object/settings-of.ts");
  try {
    const root = rootOf(scheme, source);
    return files.map((file) => (isNamed(file) ? file : { ...file, path: `${root}${file.path}` }));
  } catch (error) {
    session.report.faults.push(connectionFault({ role: "source", document }, merged, error));
    return files;
  }
}

/** A plugin gets what the job says, even where it says `incremental`: it has no other word for it. */
function incrementalConfig(incremental: Bag | undefined, { fullRefresh, plan }: IncrementalVerdict): Bag | undefined {
  if (fullRefresh || !incremental) return undefined;
  return plan && incremental["strategy"] === "incremental" ? { ...incremental, strategy: plan.strategy } : incremental;
}

function sourceConfig(side: Side, files: SourceConfig["files"], incremental: Bag | undefined): SourceConfig {
  const { value } = side.merged;
  const { objects, tables, sheets, spreadsheets, spreadsheet_id: spreadsheet, dsn } = value;
  const books = sheets ?? spreadsheets ?? (spreadsheet === undefined ? [] : [{ spreadsheet_id: spreadsheet }]);
  return new SourceConfig({
    type: side.type,
    connection: bagOf(value["connection"]),
    credentials: side.credentials,
    objects: (objects ?? []) as readonly string[],
    files,
    tables: (tables ?? []) as readonly Bag[],
    sheets: books as readonly Bag[],
    incremental: incremental ?? null,
    engine: bagOf(value["engine"]),
    rateLimits: side.rateLimits,
    ...(dsn === undefined ? {} : { dsn: String(dsn) }),
    ...(value["file_format"] === undefined ? {} : { fileFormat: String(value["file_format"]) }),
    ...(side.custom === undefined ? {} : { customReader: side.custom }),
  });
}

/** In cloud mode a job must not reach into another tenant's state. */
function statePathOf(
  document: ConfigDocument,
  incremental: Bag | undefined,
  { mode, places, report }: Session,
): string | undefined {
  const path = incremental?.["state_path"];
  if (typeof path !== "string") return undefined;
  if (mode === "self_hosted") return resolve(places.cwd, path);
  report.faults.push(faultAt(document, ["source", "incremental", "state_path"], "may not be chosen in cloud mode"));
  return undefined;
}
