import { SourceConfig, type SourceInit, TargetConfig, type TargetInit } from "../../contract/config.ts";
import { faultAt } from "../document/config-document.ts";
import { faultsToError } from "../document/config-fault.ts";
import { readDocument } from "../document/read-document.ts";
import { expandDocument, type LoadOptions, openSession, reportExpansion } from "../document/session.ts";
import { registerBags } from "../secrets/secret-names.ts";
import { bagOf } from "./load-side.ts";

/** What of a section goes to a plugin as it is written. */
const SOURCE_KEYS = ["type", "connection", "credentials", "objects", "files", "tables", "sheets", "engine"];
const TARGET_KEYS = ["type", "connection", "credentials", "catalog", "branch", "warehouse", "partitioning", "engine"];

/** What a reader is constructed with, from a file that holds the `source` section of a job and nothing else. */
export async function loadSourceSection(path: string, options: LoadOptions = {}): Promise<SourceConfig> {
  return new SourceConfig((await loadSection(path, SOURCE_KEYS, options)) as SourceInit);
}

/** The same of the `target` section and a writer. */
export async function loadTargetSection(path: string, options: LoadOptions = {}): Promise<TargetConfig> {
  return new TargetConfig((await loadSection(path, TARGET_KEYS, options)) as TargetInit);
}

/** @throws DativoError with every fault of the file, as `loadJob` does */
async function loadSection(
  path: string,
  keys: readonly string[],
  options: LoadOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const session = openSession(options);
  const expanded = expandDocument(session, await readDocument(path, session.places.cwd));
  reportExpansion(session, expanded);
  const { value } = expanded.document;
  const unknown = Object.keys(value).filter((key) => !keys.includes(key));
  const faults = unknown.map((key) => faultAt(expanded.document, [key], `unknown key; known are ${keys.join(", ")}`));
  const all = [...session.report.faults, ...faults];
  if (all.length > 0) throw faultsToError(all);
  registerBags({ connection: bagOf(value["connection"]), credentials: bagOf(value["credentials"]) });
  return value;
}
