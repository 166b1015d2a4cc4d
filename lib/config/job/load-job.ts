import { dirname } from "node:path";
import type { AssetDefinition } from "../../contract/asset.ts";
import { cursorFault, isByCursor } from "../../contract/cursor.ts";
import { DativoError } from "../../contract/errors.ts";
import { isContract } from "../asset/asset-form.ts";
import { INIT_HINT } from "../asset/load-asset.ts";
import { isOfFiles, loadRegistry } from "../connector/load-registry.ts";
import { collectPlanned } from "../document/collect-planned.ts";
import { type ConfigDocument, documentOf, faultAt, findingAt, valueAt } from "../document/config-document.ts";
import { type ConfigFault, faultsToError, type Keys } from "../document/config-fault.ts";
import { readDocument } from "../document/read-document.ts";
import { collect, type LoadOptions, openSession, type Session } from "../document/session.ts";
import { openSecretManager, type SecretManager } from "../secrets/open-secret-manager.ts";
import { type BuiltSource, buildSource } from "./build-source.ts";
import { buildTarget } from "./build-target.ts";
import { collectOrigins } from "./collect-origins.ts";
import { collectTags } from "./collect-tags.ts";
import { loadJobAsset } from "./job-asset.ts";
import { type JobDraft, jobDocument } from "./job-document.ts";
import {
  castFaults,
  checkpointFaults,
  checkpointOf,
  checkpointWarnings,
  logLevelOf,
  policyOf,
  retryFaults,
  retryOf,
  warningsOf,
} from "./job-settings.ts";
import { loadJobTransforms } from "./job-transforms.ts";
import { loadSide, type Side, sideFault, sideFinding } from "./load-side.ts";
import type { LoadedJob, LoadedTarget, LoadedTransform } from "./loaded-job.ts";
import { isolationOf, sandboxFaults, sandboxWarnings } from "./plugin-isolation.ts";
import { loadPluginSources, type NamedPlugin } from "./plugin-sources.ts";
import { checkTenant, findJob, readJob } from "./read-job.ts";

export interface LoadJobOptions extends LoadOptions {
  /** Read everything again and replace what was loaded before. */
  readonly fullRefresh?: boolean | undefined;
  /** The tenant that the job must belong to; it stands in for a job that names none. */
  readonly tenantId?: string | undefined;
  /** `env` by default, or what DATIVO_SECRET_MANAGER says. */
  readonly secretManager?: string | undefined;
  /** Settings of secret managers that have any; `env` has none. */
  readonly secretManagerConfig?: string | undefined;
  /** Folder of the filesystem secret manager. */
  readonly secretsDir?: string | undefined;
}

/**
 * Loads a job from its file, or from an object as YAML would give it: recipes, registry and contract are read,
 * variables and secrets filled in, paths looked up, and every rule is checked. Nothing is opened or run.
 *
 * @throws DativoError with all faults of all documents, one line each (`details.faults` has them as objects). Its
 * code is DTV_CONFIG_INVALID, or that of the faults where they are all of one kind: DTV_CONFIG_NOT_FOUND,
 * DTV_CONFIG_LIMIT, DTV_VARIABLE_UNSET, DTV_SECRET_MISSING, DTV_TENANT_INVALID, DTV_CONNECTOR_UNKNOWN,
 * DTV_PLUGIN_PATH, DTV_PLUGIN_NOT_FOUND, DTV_FULL_REFRESH_APPEND. DTV_NOT_BUILT for a secret manager that is not there.
 */
export async function loadJob(
  input: string | Record<string, unknown>,
  options: LoadJobOptions = {},
): Promise<LoadedJob> {
  const file = typeof input === "string" ? await findJob(input, options.cwd) : undefined;
  const session = openSession(options, file === undefined ? undefined : dirname(file));
  const written =
    file === undefined
      ? documentOf(input as Record<string, unknown>, "job")
      : await readDocument(file, session.places.cwd);
  if (isContract(written.value)) throw faultsToError([faultAt(written, [], "this is an asset (contract), not a job")]);
  const manager = openSecretManager(
    options.secretManager ?? session.env["DATIVO_SECRET_MANAGER"] ?? "env",
    session.env,
  );

  const { document, job } = readJob(written, options.tenantId, session);
  const asset = await loadJobAsset(document, session);
  const parts = job && (await loadParts({ document, job, asset: asset?.definition, manager }, options, session));

  if (parts && asset) checkCursor(document, parts, asset.definition, session);
  const plugins = await loadPluginSources(document, job ?? {}, parts ? customsOf(parts) : [], session);
  const { planned, warnings } = session.report;
  const faults = withoutEchoes(document, session.report.faults);
  if (faults.length > 0) {
    throw faultsToError(faults, faults.some(({ path }) => path === "asset_path") ? INIT_HINT : undefined);
  }
  if (!job || !parts || !asset) throw new DativoError("DTV_INTERNAL", "A job without faults is incomplete");
  const { tenantId, source, target, sides, transforms, fullRefresh } = parts;
  warnings.push(...checkpointWarnings(document, job, asset.definition));
  return {
    file: typeof input === "string" ? input : undefined,
    tenantId,
    name: job.name,
    environment: job.environment,
    description: job.description,
    mode: session.mode,
    source: source.source,
    target,
    asset: asset.definition,
    assetFile: asset.file,
    validation: policyOf(job),
    transforms,
    map: job.map,
    fullRefresh,
    incremental: source.incremental,
    statePath: source.statePath,
    checkpoint: checkpointOf(job),
    retry: retryOf(job),
    isolation: isolationOf(job, session),
    plugins,
    logLevel: logLevelOf(job),
    tags: collectTags(asset.definition, job),
    planned,
    warnings,
    locate: (path) => locate(path, document, sides),
    origins: collectOrigins(document, job, sides),
  };
}

/** The plugins that a job names, and where. */
function customsOf({ sides: { source, target }, transforms }: JobParts): NamedPlugin[] {
  const named: readonly (readonly [custom: string | undefined, keys: Keys])[] = [
    [source.custom, ["source", "custom_reader"]],
    ...transforms.map(({ plugin }, index) => [plugin, ["transforms", index, "plugin"]] as const),
    [target.custom, ["target", "custom_writer"]],
  ];
  return named.flatMap(([custom, keys]) => (custom === undefined ? [] : [{ custom, keys }]));
}

/** What a plugin makes of a cursor is known when it is loaded. */
function checkCursor(
  document: ConfigDocument,
  { source: { incremental }, sides }: JobParts,
  asset: AssetDefinition,
  { report }: Session,
): void {
  const { isCustom, connector, merged } = sides.source;
  if (isCustom || !isOfFiles(connector) || !incremental || !isByCursor(incremental.strategy)) return;
  const fault = cursorFault(incremental, asset);
  if (!fault) return;
  report.faults.push(sideFault({ role: "source", document }, merged, ["incremental", fault.key], fault.message));
}

/** What a side has may be written in its recipe. */
function locate(path: string, document: ConfigDocument, sides: JobParts["sides"]): string {
  const [role, ...keys] = path.split(".");
  if (role !== "source" && role !== "target") return findingAt(document, path.split("."), "").place;
  return sideFinding({ role, document }, sides[role].merged, keys, "").place;
}

/** Source and target are held to their declarations after they were laid over their recipes. */
const JOB_KEYS = jobDocument.omit({ source: true, target: true });

/**
 * One mistake is one fault: what else is wrong with a value that could not be filled in or is of the wrong type follows
 * from that, and what is missing under a misspelt key is there under the name that it was given.
 */
function withoutEchoes({ value }: ConfigDocument, faults: readonly ConfigFault[]): ConfigFault[] {
  const isCause = ({ code }: ConfigFault): boolean =>
    code === "DTV_VARIABLE_UNSET" || code === "DTV_VARIABLE_FORBIDDEN";
  const unfilled = new Set(faults.filter(isCause).map(({ place }) => place));
  const misspelt = faults.flatMap(({ meant }) =>
    meant === undefined || valueAt(value, meant.split(".")) !== undefined ? [] : [`${meant}.`],
  );
  const firsts = new Map(faults.toReversed().map((fault) => [fault.place, fault]));
  return faults
    .filter((fault) => (unfilled.has(fault.place) ? isCause(fault) : firsts.get(fault.place) === fault))
    .filter(({ path }) => !misspelt.some((meant) => `${path}.`.startsWith(meant)));
}

interface JobParts {
  readonly tenantId: string;
  readonly source: BuiltSource;
  readonly target: LoadedTarget;
  readonly sides: { readonly source: Side; readonly target: Side };
  readonly transforms: readonly LoadedTransform[];
  readonly fullRefresh: boolean;
}

interface PartsRequest {
  readonly document: ConfigDocument;
  readonly job: JobDraft;
  /** Undefined when it is at fault. */
  readonly asset: AssetDefinition | undefined;
  readonly manager: SecretManager;
}

/** Everything of a job but its contract; undefined where a part is missing, which the report says. */
async function loadParts(
  request: PartsRequest,
  options: LoadJobOptions,
  session: Session,
): Promise<JobParts | undefined> {
  const { document, job, asset } = request;
  const tenantId = checkTenant(document, job, options.tenantId, session);
  session.report.warnings.push(...warningsOf(document, job), ...sandboxWarnings(document, job, session));
  session.report.faults.push(...castFaults(document, job), ...sandboxFaults(document, job, session));
  session.report.faults.push(...(await retryFaults(document, job)));
  for (const { keys, feature } of collectPlanned(JOB_KEYS, job)) {
    session.report.planned.push(findingAt(document, keys, feature));
  }
  const { places, packageRoot } = session;
  const registry = await collect(session, () => loadRegistry({ cwd: places.cwd, packageRoot }));
  if (!registry) return undefined;
  const from = await loadSide({ ...request, role: "source", tenantId, registry }, session);
  const to = await loadSide({ ...request, role: "target", tenantId, registry }, session);
  const source = from && (await buildSource(document, from, session));
  const fullRefresh = (options.fullRefresh ?? false) || (source?.fullRefresh ?? false);
  const target = to && buildTarget({ document, job, side: to, fullRefresh, asset }, session);
  const replaces = options.fullRefresh !== true && target?.writeMode === "overwrite";
  session.report.faults.push(...checkpointFaults(document, job, replaces));
  const transforms = await loadJobTransforms(document, job, session);
  if (tenantId === undefined || !from || !to || !source || !target) return undefined;
  return { tenantId, source, target, sides: { source: from, target: to }, transforms, fullRefresh };
}
