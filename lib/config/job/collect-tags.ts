import type { AssetDefinition } from "../../contract/asset.ts";
import { isMapping } from "../document/config-document.ts";
import type { JobDocument } from "./job-document.ts";

type Bag = Readonly<Record<string, unknown>>;
type JobTags = Partial<Pick<JobDocument, "classification_overrides" | "finops" | "governance_overrides">>;

/**
 * Labels of what a job makes: the contract's, and over them the job's. Classifications in lower case, lists joined
 * with commas; nothing is guessed from the data.
 */
export function collectTags(asset: AssetDefinition, job: JobTags): Record<string, string> {
  const { default: fallback, ...fields } = job.classification_overrides ?? {};
  const tags = {
    ...assetTags(asset),
    ...prefixed("classification", { default: lower(fallback) }),
    ...prefixed("classification.fields", mapValues(fields, lower)),
    ...prefixed("governance", job.governance_overrides ?? {}),
    ...prefixed("finops", job.finops ?? {}),
  };
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function assetTags(asset: AssetDefinition): Record<string, string> {
  const { source_type, object, compliance, finops, team } = asset.document;
  const rules = bagOf(compliance);
  const labelled = asset.fields.filter((field) => field.classification !== undefined);
  return {
    ...prefixed("asset", {
      name: asset.name,
      version: asset.version,
      domain: asset.domain,
      data_product: asset.dataProduct,
      source_type,
      object,
    }),
    ...prefixed("classification", { default: lower(rules["classification"]) }),
    ...prefixed(
      "classification.fields",
      Object.fromEntries(labelled.map((field) => [field.name, lower(field.classification)])),
    ),
    ...prefixed("governance", {
      retention_days: rules["retention_days"],
      owner: ownerOf(team),
      domain: asset.domain,
      data_product: asset.dataProduct,
      regulations: rules["regulations"],
    }),
    ...prefixed("finops", bagOf(finops)),
  };
}

/** `team.owner`, or the member of an ODCS team whose role is owner. */
function ownerOf(team: unknown): unknown {
  const members = Array.isArray(team) ? team : bagOf(team)["members"];
  if (!Array.isArray(members)) return bagOf(team)["owner"];
  const owner = members.map(bagOf).find((member) => String(member["role"]).toLowerCase() === "owner");
  return owner?.["username"];
}

/** Values as text under a prefix; what says nothing is left out. */
function prefixed(prefix: string, values: Bag): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const text = Array.isArray(value) ? value.join(",") : value;
      return text === undefined || text === null || text === "" || isMapping(text)
        ? []
        : [[`${prefix}.${key}`, String(text)]];
    }),
  );
}

function lower(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lower);
  return typeof value === "string" ? value.toLowerCase() : value;
}

function mapValues(bag: Bag, change: (value: unknown) => unknown): Bag {
  return Object.fromEntries(Object.entries(bag).map(([key, value]) => [key, change(value)]));
}

function bagOf(value: unknown): Bag {
  return isMapping(value) ? value : {};
}
