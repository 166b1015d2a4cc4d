import type { z } from "zod";
import type { AssetInit } from "../../contract/asset.ts";
import { checkDocument } from "../document/check-document.ts";
import { collectPlanned } from "../document/collect-planned.ts";
import { type ConfigDocument, isMapping } from "../document/config-document.ts";
import type { ConfigFault, Keys } from "../document/config-fault.ts";
import {
  type FlatAssetDocument,
  flatAssetDocument,
  nestedAssetDocument,
  type OdcsAssetDocument,
  odcsAssetDocument,
} from "./asset-document.ts";
import type { AssetNotes } from "./asset-notes.ts";
import { flatFields } from "./flat-fields.ts";
import { odcsFields } from "./odcs-fields.ts";

/** A contract taken from one of its forms. */
export interface ReadAsset {
  /** Undefined where the document does not keep its declaration. */
  readonly init: AssetInit | undefined;
  /** Where the fields stand in the document, and which of their keys tells the type. */
  readonly schemaKeys: Keys;
  readonly typeKey: "type" | "physicalType";
  readonly faults: readonly ConfigFault[];
}

export function readFlat(document: ConfigDocument, notes: AssetNotes): ReadAsset {
  const { value, faults } = check(flatAssetDocument, document, notes);
  const schemaKeys = ["schema"];
  return { init: value && flatInit(value, schemaKeys, notes), schemaKeys, typeKey: "type", faults };
}

/** The form of old: what `governance` says goes where the flat form has it, and never over what is there. */
export function readNested(document: ConfigDocument, notes: AssetNotes): ReadAsset {
  const { value, faults } = check(nestedAssetDocument, document, notes);
  const schemaKeys = ["asset", "schema"];
  if (!value) return { init: undefined, schemaKeys, typeKey: "type", faults };
  const { governance = {}, ...flat } = value.asset;
  const { owner, tags, classification, retention_days } = governance;
  const compliance = {
    ...(classification === undefined ? {} : { classification }),
    ...(retention_days === undefined ? {} : { retention_days }),
    ...flat.compliance,
  };
  const migrated = {
    ...flat,
    ...(owner === undefined ? {} : { team: { owner, ...flat.team } }),
    ...(tags === undefined ? {} : { tags: flat.tags ?? tags }),
    ...(Object.keys(compliance).length === 0 ? {} : { compliance }),
  };
  return { init: flatInit(migrated, schemaKeys, notes), schemaKeys, typeKey: "type", faults };
}

export function readOdcs(document: ConfigDocument, notes: AssetNotes, label?: string): ReadAsset {
  const { value, faults } = check(odcsAssetDocument, document, notes);
  const chosen = value && chooseObject(value, label, notes);
  const typeKey = "physicalType";
  if (!value || chosen === undefined) return { init: undefined, schemaKeys: ["schema"], typeKey, faults };
  const keys = ["schema", chosen];
  const object = value.schema[chosen] as OdcsAssetDocument["schema"][number];
  for (const { keys: at, feature } of collectPlanned(odcsAssetDocument, { ...value, schema: [object] })) {
    notes.planned(at[0] === "schema" ? [...keys, ...at.slice(2)] : at, feature);
  }
  const schema = odcsFields(object, keys, notes);
  const description = textOf(object.description) ?? textOf(value.description);
  const init = { ...common(value, description), name: object.name, schema, document: rest(value) };
  return { init, schemaKeys: [...keys, "properties"], typeKey, faults };
}

function flatInit(value: FlatAssetDocument, schemaKeys: Keys, notes: AssetNotes): AssetInit {
  const at = schemaKeys.slice(0, -1);
  for (const { keys, feature } of collectPlanned(flatAssetDocument, value)) notes.planned([...at, ...keys], feature);
  // An empty team says that nobody is named yet, which is no oversight.
  if (value.team === undefined || (value.team.owner === undefined && Object.keys(value.team).length > 0)) {
    notes.warning([...at, "team"], "team.owner is missing: nobody answers for this data");
  }
  const schema = flatFields(value.schema, schemaKeys, notes);
  const { name: _, ...others } = rest(value);
  return { ...common(value, textOf(value.description)), name: value.name, schema, document: others };
}

function check<S extends z.ZodType>(
  schema: S,
  document: ConfigDocument,
  notes: AssetNotes,
): ReturnType<typeof checkDocument<S>> {
  const checked = checkDocument(schema, document);
  const at = isMapping(document.value["asset"]) ? ["asset"] : [];
  const body = (at.length > 0 ? document.value["asset"] : document.value) as { data_quality?: unknown };
  const { monitoring } = (isMapping(body.data_quality) ? body.data_quality : {}) as { monitoring?: unknown };
  if (isMapping(monitoring) && monitoring["enabled"] === true && !monitoring["oncall_rotation"]) {
    notes.fault(
      [...at, "data_quality", "monitoring", "oncall_rotation"],
      "is required when monitoring.enabled is true",
    );
  }
  return checked;
}

/** The one object of the contract, or the one that the job's label or the file's `object` names. */
function chooseObject(
  { schema, object }: OdcsAssetDocument,
  label: string | undefined,
  notes: AssetNotes,
): number | undefined {
  if (schema.length === 1) return 0;
  for (const name of [label, object]) {
    const index = schema.findIndex((each) => each.name === name);
    if (name !== undefined && index !== -1) return index;
  }
  const names = schema.map((each) => each.name).join(", ");
  notes.fault(["schema"], `has several objects (${names}); name one with 'object' here or 'asset' in the job`);
  return undefined;
}

function common(
  value: FlatAssetDocument | OdcsAssetDocument,
  description: string | undefined,
): Omit<AssetInit, "name" | "schema" | "document"> {
  return {
    version: value.version === undefined ? undefined : String(value.version),
    id: value.id,
    domain: value.domain,
    dataProduct: value.dataProduct,
    description,
    tags: value.tags,
  };
}

/** What has a place of its own in an asset. */
const OWN_PLACE = new Set(["schema", "version", "id", "domain", "dataProduct", "description", "tags"]);

/** Everything else that the contract says. */
function rest(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !OWN_PLACE.has(key)));
}

function textOf(description: unknown): string | undefined {
  if (typeof description === "string") return description;
  const purpose = isMapping(description) ? description["purpose"] : undefined;
  return typeof purpose === "string" ? purpose : undefined;
}
