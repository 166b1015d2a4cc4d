import { join } from "node:path";
import { exists } from "../../storage/exists.ts";
import { packageRoot as ownRoot } from "../../storage/package-root.ts";
import { checkDocument } from "../document/check-document.ts";
import type { ConfigDocument } from "../document/config-document.ts";
import { type ConfigFault, faultsOf, faultsToError } from "../document/config-fault.ts";
import { readDocument } from "../document/read-document.ts";
import { type RegistryDocument, registryDocument } from "./registry-document.ts";

export type Role = "source" | "target";

/** What a connector type can do. */
export interface Connector {
  readonly type: string;
  readonly roles: readonly Role[];
  readonly defaultEngine: string;
  readonly enginesSupported: readonly string[];
  readonly category: string | undefined;
  readonly allowedInCloud: boolean;
  readonly supportsIncremental: boolean;
  readonly incrementalStrategyDefault: string | undefined;
  /** Undefined: any. */
  readonly objectsSupported: readonly string[] | undefined;
  readonly requiresTables: boolean;
  readonly supportsQueries: boolean;
  /** Undefined: any. */
  readonly fileFormats: readonly string[] | undefined;
  readonly supportsSchemaEvolution: boolean;
  /** Roles that need a custom plugin, since this version has no built-in reader or writer for them. */
  readonly planned: readonly Role[];
}

/** Whether it reads or writes files, on this machine or in a store, so that formats and records are Dativo's own affair. */
export function isOfFiles(connector: Connector | undefined): boolean {
  return connector?.category === "files" || connector?.category === "storage";
}

export interface Registry {
  /** By connector type. */
  readonly connectors: Readonly<Record<string, Connector>>;
}

export interface RegistryOptions {
  readonly cwd?: string | undefined;
  /** Folder of the package, with `registry/` and `connectors/`. */
  readonly packageRoot?: string | undefined;
}

const PATH = join("registry", "connectors.yaml");

/**
 * The registry that ships with Dativo, and over it, entry by entry, `registry/connectors.yaml` of the working
 * directory.
 *
 * @throws DativoError DTV_CONFIG_INVALID listing every fault of both files
 */
export async function loadRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { cwd = process.cwd(), packageRoot = ownRoot() } = options;
  const own = join(cwd, PATH);
  const shipped = join(packageRoot, PATH);
  const paths = own !== shipped && (await exists(own)) ? [shipped, own] : [shipped];
  const connectors: Record<string, Connector> = {};
  const faults: ConfigFault[] = [];
  for (const path of paths) {
    try {
      for (const connector of readEntries(await readDocument(path, cwd))) connectors[connector.type] = connector;
    } catch (error) {
      const found = faultsOf(error);
      if (!found) throw error;
      faults.push(...found);
    }
  }
  if (faults.length > 0) throw faultsToError(faults);
  return { connectors };
}

function readEntries(document: ConfigDocument): Connector[] {
  const { value, faults } = checkDocument(registryDocument, document);
  if (!value) throw faultsToError(faults);
  const current = Object.entries(value.connectors ?? {}).map(([type, entry]) => toConnector(type, entry, entry.roles));
  return [...current, ...legacyEntries(value)];
}

function legacyEntries({ sources = {}, targets = {} }: RegistryDocument): Connector[] {
  return [...new Set([...Object.keys(sources), ...Object.keys(targets)])].map((type) => {
    const roles: Role[] = [
      ...(Object.hasOwn(sources, type) ? (["source"] as const) : []),
      ...(Object.hasOwn(targets, type) ? (["target"] as const) : []),
    ];
    return toConnector(type, { ...targets[type], ...sources[type] }, roles);
  });
}

type Entry = NonNullable<RegistryDocument["sources"]>[string];

function toConnector(type: string, entry: Entry, roles: readonly Role[]): Connector {
  const defaultEngine = entry.default_engine ?? "native";
  return {
    type,
    roles,
    defaultEngine,
    enginesSupported: entry.engines_supported ?? [defaultEngine],
    category: entry.category,
    allowedInCloud: entry.allowed_in_cloud ?? true,
    supportsIncremental: entry.supports_incremental ?? false,
    incrementalStrategyDefault: entry.incremental_strategy_default,
    objectsSupported: entry.objects_supported,
    requiresTables: entry.requires_tables ?? false,
    supportsQueries: entry.supports_queries ?? false,
    fileFormats: entry.file_formats,
    supportsSchemaEvolution: entry.supports_schema_evolution ?? false,
    planned: entry.planned ?? [],
  };
}
