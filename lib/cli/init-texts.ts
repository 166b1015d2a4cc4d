import { formatYaml } from "../config/yaml/format-yaml.ts";
import type { DiscoveredObject } from "../contract/results.ts";
import { formatCount, formatNumberOf } from "./human.ts";

/** What `init` found in a data file, and what it was told. */
export interface Found {
  readonly name: string;
  readonly file: string;
  readonly connector: string;
  /** Options that the file is read with. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly object: DiscoveredObject;
  readonly unreadable: number;
}

/** The contract of a data file. */
export function assetText({ name, connector, object, unreadable }: Found): string {
  const schema = (object.columns ?? []).map((column) => ({
    name: column.name,
    type: column.type,
    // Only a whole file, all of it read, can show that a column always has a value.
    ...(isWhole(object, unreadable) && !column.nullable ? { required: true } : {}),
  }));
  return formatYaml({ name, version: "1.0.0", source_type: connector, object: name, team: {}, schema }, [
    `The contract of ${name}. ${describeTypes(object, unreadable)}`,
    "Rules to add: unique, primary_key, enum, pattern, minimum, maximum, min_length, max_length, format.",
    "Who answers for the data is named by team: { owner: … }.",
  ]);
}

/** What the types of the contract were told from. */
export function describeTypes(object: DiscoveredObject, unreadable: number): string {
  const rows = Number(object["rowsInspected"]);
  const lost = unreadable > 0 ? `; ${formatCount(unreadable)} could not be read` : "";
  if (rows === 0) return `There were no records to tell types from${lost}; make the types what they should be.`;
  const seen = object["complete"] === true ? "all" : "the first";
  return `Types were read off ${unreadable > 0 ? "" : `${seen} `}${formatNumberOf(rows, "record")}${lost}; make them what they should be.`;
}

function isWhole(object: DiscoveredObject, unreadable: number): boolean {
  return object["complete"] === true && object["rowsInspected"] !== 0 && unreadable === 0;
}

/** A job that loads a data file into Parquet. */
export function jobText(
  { name, file, connector, options }: Found,
  { tenantId, target, asset }: { tenantId: string; target: string; asset: string },
): string {
  return formatYaml(
    {
      name,
      tenant_id: tenantId,
      source_connector: connector,
      source: {
        files: [{ path: file }],
        ...(Object.keys(options).length > 0 ? { engine: { options } } : {}),
      },
      target_connector: "parquet",
      target: { connection: { path: target } },
      asset_path: asset,
      schema_validation_mode: "strict",
    },
    [`Loads ${file} into Parquet. Paths are looked up from the working directory first, then from here.`],
  );
}
