import { isMapping } from "../document/config-document.ts";

/** How a contract is written; see the declarations in asset-document.ts. */
export type AssetForm = "odcs" | "flat" | "nested";

/** The form of a contract, told from what only that form has. */
export function assetForm(value: Readonly<Record<string, unknown>>): AssetForm {
  if (isMapping(value["asset"])) return "nested";
  const schema = Array.isArray(value["schema"]) ? value["schema"].filter(isMapping) : [];
  const isField = (entry: Record<string, unknown>): boolean => Object.hasOwn(entry, "type");
  const isObject = (entry: Record<string, unknown>): boolean =>
    ["properties", "logicalType", "physicalType", "physicalName", "dataGranularityDescription", "quality"].some((key) =>
      Object.hasOwn(entry, key),
    );
  if (schema.length === 0) return value["kind"] === undefined ? "flat" : "odcs";
  return schema.some(isObject) && !schema.some(isField) ? "odcs" : "flat";
}

const JOB_KEYS = [
  "source_connector",
  "source_connector_path",
  "target_connector",
  "target_connector_path",
  "asset_path",
];

/** Whether a document is a job, which names a contract, and so no contract itself. */
export function isJob(value: Readonly<Record<string, unknown>>): boolean {
  return !isContract(value) && JOB_KEYS.some((key) => Object.hasOwn(value, key));
}

/** Whether a document is a contract, and so no job. */
export function isContract(value: Readonly<Record<string, unknown>>): boolean {
  const hasFields = Array.isArray(value["schema"]) || isMapping(value["asset"]) || value["kind"] === "DataContract";
  return hasFields && !Object.hasOwn(value, "asset_path");
}

/** Contracts often have keys with nothing after the colon; they say nothing. Lists keep theirs. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
