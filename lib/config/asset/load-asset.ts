import { AssetDefinition, type AssetInit, type FieldSpec } from "../../contract/asset.ts";
import type { Row } from "../../contract/batch.ts";
import { DativoError } from "../../contract/errors.ts";
import { didYouMean } from "../../contract/options.ts";
import { parseType, TYPE_SPELLINGS } from "../../contract/types.ts";
import { type ConfigDocument, faultAt, findingAt, withValue } from "../document/config-document.ts";
import {
  type ConfigFault,
  describeFinding,
  type Finding,
  faultOf,
  faultsToError,
  type Keys,
  type Report,
} from "../document/config-fault.ts";
import { describeTried, findFile } from "../document/find-file.ts";
import { readDocument } from "../document/read-document.ts";
import { expandDocument, type LoadOptions, openSession, reportExpansion, type Session } from "../document/session.ts";
import { assetForm, isJob, withoutNulls } from "./asset-form.ts";
import type { AssetNotes } from "./asset-notes.ts";
import { type ReadAsset, readFlat, readNested, readOdcs } from "./asset-readers.ts";
import { type RuleFault, ruleFaults } from "./rule-faults.ts";

export interface LoadAssetOptions extends LoadOptions {
  /** Chooses among the schema objects of an ODCS file. */
  readonly object?: string | undefined;
  /** Takes the rules that this version does not check; without it such a contract is refused. */
  readonly onPlanned?: ((finding: Finding) => void) | undefined;
}

/**
 * A contract from its file, in any of the three forms. `R` is the type of its rows, where a program knows it.
 *
 * @throws DativoError DTV_CONFIG_INVALID listing every fault with its place, DTV_CONFIG_NOT_FOUND, DTV_NOT_BUILT for
 * rules that this version does not check
 */
export async function loadAsset<R extends Row = Row>(
  path: string,
  options: LoadAssetOptions = {},
): Promise<AssetDefinition<R>> {
  const session = openSession(options);
  const lookup = await findFile(path, session.places);
  if (lookup.found === undefined) {
    throw faultsToError(
      [
        faultOf(
          { file: path, path: "", message: assetNotFound(path, describeTried(lookup, path)) },
          "DTV_CONFIG_NOT_FOUND",
        ),
      ],
      INIT_HINT,
    );
  }
  const asset = await readAsset(lookup.found, session, options.object);
  const { planned } = session.report;
  if (options.onPlanned) for (const finding of planned) options.onPlanned(finding);
  else if (planned.length > 0) throw plannedError(planned);
  return asset as AssetDefinition<R>;
}

export const INIT_HINT = "`dativo init FILE` writes a contract from a data file.";

export function assetNotFound(path: string, tried: string): string {
  return `Asset definition not found: ${path}${tried}`;
}

/** Names of the keys of a contract whose text is in the language of another tool. */
const FOREIGN = new Set(["query", "implementation"]);

/**
 * The contract in a file; findings go to the session's report.
 *
 * @throws DativoError with every fault of the file
 */
export async function readAsset(path: string, session: Session, label?: string): Promise<AssetDefinition> {
  const written = await readDocument(path, session.places.cwd);
  if (isJob(written.value)) throw faultsToError([faultAt(written, [], "this is a job, not an asset (contract)")]);
  const expanded = expandDocument(session, written, FOREIGN);
  const before = session.report.faults.length;
  reportExpansion(session, expanded);
  const { document } = expanded;
  const readers = { odcs: readOdcs, flat: readFlat, nested: readNested };
  const read = readers[assetForm(document.value)](
    withValue(document, withoutNulls(document.value) as Record<string, unknown>),
    notesOf(document, session.report),
    label,
  );
  session.report.faults.push(...read.faults);
  const asset = session.report.faults.length > before ? undefined : await define(document, read, session.report);
  if (asset) return asset;
  throw faultsToError(session.report.faults.splice(before));
}

async function define(document: ConfigDocument, read: ReadAsset, report: Report): Promise<AssetDefinition | undefined> {
  if (!read.init) return undefined;
  const faults = await fieldFaults(document, read.init.schema, read);
  report.faults.push(...faults);
  return faults.length > 0 ? undefined : new AssetDefinition(versioned(document, read.init));
}

/** `version: 1.0` is a number to YAML and a version to people. */
function versioned(document: ConfigDocument, init: AssetInit): AssetInit {
  const keys = assetForm(document.value) === "nested" ? ["asset", "version"] : ["version"];
  const written = document.sourceOf(keys);
  return written === undefined || init.version === undefined ? init : { ...init, version: written };
}

async function fieldFaults(
  document: ConfigDocument,
  fields: readonly FieldSpec[],
  { schemaKeys, typeKey }: ReadAsset,
): Promise<ConfigFault[]> {
  const names = fields.map((field) => field.name);
  const faults: ConfigFault[] = [];
  for (const [index, field] of fields.entries()) {
    const at = [...schemaKeys, index];
    if (names.indexOf(field.name) < index) {
      faults.push(faultAt(document, [...at, "name"], `the field '${field.name}' is repeated`));
    }
    const types = typeFaults(document, field, at, typeKey);
    faults.push(...types);
    if (types.length > 0) continue;
    for (const fault of await ruleFaults(field)) {
      const keys = [...at, ...ruleKeys(fault, typeKey)];
      faults.push(faultAt(document, keys, fault.message, { code: "DTV_ASSET_INVALID" }));
    }
  }
  return faults;
}

/** Where a rule stands in a field: as it is spelled in a program, or in snake_case, by the form of the contract. */
function ruleKeys({ rule, index }: RuleFault, typeKey: ReadAsset["typeKey"]): Keys {
  const entry = index === undefined ? [] : [index];
  if (typeKey === "type") return [rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), ...entry];
  return rule === "enum" ? [rule, ...entry] : ["logicalTypeOptions", rule];
}

function typeFaults(
  document: ConfigDocument,
  field: Omit<FieldSpec, "name">,
  at: Keys,
  typeKey: string,
): ConfigFault[] {
  const inside = (field.properties ?? []).flatMap((member, index) =>
    typeFaults(document, member, [...at, "properties", index], typeKey),
  );
  const elements = field.items ? typeFaults(document, field.items, [...at, "items"], typeKey) : [];
  const message = typeProblem(field.type);
  const own =
    message === undefined ? [] : [faultAt(document, [...at, typeKey], message, { code: "DTV_ASSET_INVALID" })];
  return [...own, ...inside, ...elements];
}

/** Why a type cannot be one, with what could be meant; undefined for one that is right. */
export function typeProblem(type: string): string | undefined {
  try {
    parseType(type);
    return undefined;
  } catch (error) {
    if (!(error instanceof DativoError)) throw error;
    return `${error.message}${didYouMean(type, TYPE_SPELLINGS) || `; ${error.hint}`}`;
  }
}

function notesOf(document: ConfigDocument, report: Report): AssetNotes {
  return {
    fault: (keys, message) => report.faults.push(faultAt(document, keys, message)),
    planned: (keys, feature) => report.planned.push(findingAt(document, keys, feature)),
    warning: (keys, message) => report.warnings.push(findingAt(document, keys, message)),
    sourceOf: document.sourceOf,
  };
}

function plannedError(planned: readonly Finding[]): DativoError {
  const lines = planned.map((finding) => `  ${describeFinding(finding)}`);
  return new DativoError(
    "DTV_NOT_BUILT",
    `The contract asks for what this version does not check:\n${lines.join("\n")}`,
    {
      hint: "Take these rules out, or take them note of with the option onPlanned.",
      details: { planned },
    },
  );
}
