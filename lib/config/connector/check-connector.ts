import type { ErrorCode } from "../../contract/errors.ts";
import { didYouMean } from "../../contract/options.ts";
import type { Keys } from "../document/config-fault.ts";
import type { Mode } from "../job/loaded-job.ts";
import type { ConnectorDocument } from "./connector-document.ts";
import { type Connector, isOfFiles, type Registry, type Role } from "./load-registry.ts";

export interface ConnectorUse {
  readonly role: Role;
  readonly type: string;
  readonly engineType: string;
  readonly recipe: ConnectorDocument | undefined;
  readonly mode: Mode;
  /** The side as it was merged. */
  readonly side: Readonly<Record<string, unknown>>;
}

/** A rule of the registry that a job breaks; `keys` are within the side. */
export interface ConnectorFault {
  readonly keys: Keys;
  readonly message: string;
  readonly code: ErrorCode;
}

export interface ConnectorVerdict {
  readonly connector: Connector | undefined;
  readonly faults: readonly ConnectorFault[];
  /** Why this version cannot run the connector without a plugin. */
  readonly planned: string | undefined;
}

/** Holds the use of a connector to what the registry says of it. Custom plugins are not held to it. */
export function checkConnector(use: ConnectorUse, { connectors }: Registry): ConnectorVerdict {
  const { role, type, engineType } = use;
  const connector = Object.hasOwn(connectors, type) ? connectors[type] : undefined;
  if (!connector) {
    const near = didYouMean(type, Object.keys(connectors)) || `; registered are ${Object.keys(connectors).join(", ")}`;
    const message = `Connector type '${type}' not found in registry${near}`;
    return { connector, faults: [unknown(message)], planned: undefined };
  }
  const roles = use.recipe?.roles?.length ? use.recipe.roles : connector.roles;
  if (!roles.includes(role) || !connector.roles.includes(role)) {
    const message = `Connector type '${type}' does not support '${role}' role.`;
    return { connector, faults: [unknown(message)], planned: undefined };
  }
  const planned = plannedReason(use, connector);
  return {
    connector,
    faults: [
      ...cloudFaults(use, connector),
      ...engineFaults(engineType, connector),
      ...objectFaults(use, connector),
      ...formatFaults(use, connector),
      ...(planned === undefined ? builtinFaults(use, connector) : []),
    ],
    planned,
  };
}

function plannedReason({ role, type, engineType }: ConnectorUse, connector: Connector): string | undefined {
  const plugin = `use a custom_${role === "source" ? "reader" : "writer"}`;
  if (engineType !== "native") {
    return `connector '${type}' needs the engine '${engineType}', which this version does not have; ${plugin}`;
  }
  const noun = role === "source" ? "reader" : "writer";
  return connector.planned.includes(role)
    ? `connector '${type}' has no built-in ${noun} in this version; ${plugin}`
    : undefined;
}

function cloudFaults({ mode, type }: ConnectorUse, { allowedInCloud, category }: Connector): ConnectorFault[] {
  if (mode !== "cloud" || allowedInCloud) return [];
  const why = category === "database" ? " Database connectors can only run in self_hosted mode." : "";
  return [invalid([], `Connector '${type}' is not allowed in cloud mode.${why}`)];
}

function engineFaults(engineType: string, { type, enginesSupported }: Connector): ConnectorFault[] {
  if (enginesSupported.includes(engineType)) return [];
  const message = `Connector '${type}' does not support the engine '${engineType}'; supported are ${enginesSupported.join(", ")}`;
  return [invalid(["engine", "type"], message)];
}

function objectFaults(
  { role, type, side }: ConnectorUse,
  { objectsSupported, requiresTables }: Connector,
): ConnectorFault[] {
  if (role !== "source") return [];
  const objects = (side["objects"] ?? []) as readonly string[];
  const faults = objects.flatMap((object, index) => {
    if (objectsSupported === undefined || objectsSupported.includes(object)) return [];
    const near = didYouMean(object, objectsSupported) || `; supported are ${objectsSupported.join(", ")}`;
    return [invalid(["objects", index], `Connector '${type}' has no object '${object}'${near}`)];
  });
  const needsTables = requiresTables && !hasEntries(side["tables"]);
  return needsTables
    ? [...faults, invalid(["tables"], `Connector '${type}' requires 'tables' configuration.`)]
    : faults;
}

function formatFaults({ role, type, side }: ConnectorUse, { fileFormats }: Connector): ConnectorFault[] {
  const format = side["file_format"];
  if (role !== "target" || typeof format !== "string" || !fileFormats || fileFormats.includes(format)) return [];
  return [
    invalid(["file_format"], `Connector '${type}' does not write '${format}'; it writes ${fileFormats.join(", ")}`),
  ];
}

/** What the built-in readers and writers cannot do without. */
function builtinFaults({ role, type, side }: ConnectorUse, connector: Connector): ConnectorFault[] {
  if (type === "custom") {
    const plugin = role === "source" ? "custom_reader" : "custom_writer";
    return [invalid([plugin], `connector 'custom' needs a ${plugin}: path/to/module.ts:ClassName`)];
  }
  if (role === "source") return isOfFiles(connector) ? fileFaults(type, side["files"]) : [];
  // A store's own connector needs none: files go to the root of the bucket then.
  if (connector.category !== "files") return [];
  const { path } = (side["connection"] ?? {}) as { path?: unknown };
  if (typeof path === "string" && path !== "") return [];
  return [invalid(["connection", "path"], "is required: the folder that the files go to")];
}

function fileFaults(type: string, files: unknown): ConnectorFault[] {
  if (!hasEntries(files)) return [invalid(["files"], `${type.toUpperCase()} source requires 'files' configuration`)];
  return (files as readonly Record<string, unknown>[]).flatMap((entry, index) => {
    if (["path", "file", "file_path"].some((key) => Object.hasOwn(entry, key))) return [];
    const near = Object.keys(entry)
      .map((key) => didYouMean("path", [key]) && ` '${key}'`)
      .find(Boolean);
    const hint = near ? `; what is${near}?` : "";
    return [invalid(["files", index], `file configuration must include 'path' or 'file' field${hint}`)];
  });
}

function hasEntries(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function unknown(message: string): ConnectorFault {
  return { keys: [], message, code: "DTV_CONNECTOR_UNKNOWN" };
}

function invalid(keys: Keys, message: string): ConnectorFault {
  return { keys, message, code: "DTV_CONFIG_INVALID" };
}
