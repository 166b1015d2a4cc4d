import type { RecipeDocument } from "../connector/load-recipe.ts";
import type { Role } from "../connector/load-registry.ts";
import type { ConfigDocument } from "../document/config-document.ts";
import { ENGINES } from "../document/declaration.ts";
import { type Layer, type Merged, mergeLayers } from "./merge-layers.ts";

export interface MergeRequest {
  readonly role: Role;
  /** The job. */
  readonly document: ConfigDocument;
  readonly recipe: RecipeDocument | undefined;
  readonly engineType: string;
  /** A plugin does the work. */
  readonly isCustom: boolean;
  /** Incremental reading is off unless the job asks for it, whatever the recipe says. */
  readonly isIncremental: boolean;
}

/**
 * One side of a job over its recipe. Options of the chosen engine lie under the flat ones of the same document, and
 * what the recipe says lies under what the job says; options of other engines fall away, and a plugin is another engine
 * than those that a recipe has options of.
 */
export function mergeSide(request: MergeRequest): Merged {
  const { role, document, recipe, engineType, isIncremental } = request;
  const job = (from: readonly string[], to: readonly string[], except?: ReadonlySet<string>): Layer => ({
    origin: "job",
    document,
    from: [role, ...from],
    to,
    ...(except ? { except } : {}),
  });
  return mergeLayers([
    ...(recipe ? recipeLayers(recipe.document, request) : []),
    job([], [], new Set(["engine", "incremental"])),
    job(["engine"], ["engine"], new Set(["options"])),
    job(["engine", "options", engineType], ["engine", "options"]),
    job(["engine", "options"], ["engine", "options"], new Set(ENGINES)),
    ...(isIncremental ? [job(["incremental"], ["incremental"])] : []),
  ]);
}

function recipeLayers(document: ConfigDocument, { role, engineType, isCustom, isIncremental }: MergeRequest): Layer[] {
  const layer = (from: readonly string[], to: readonly string[], except?: ReadonlySet<string>): Layer => ({
    origin: "recipe",
    document,
    from,
    to,
    ...(except ? { except } : {}),
  });
  const options = ["default_engine", "options"];
  return [
    layer(["type"], ["type"]),
    layer(["credentials"], ["credentials"]),
    layer(["connection_template"], ["connection"]),
    layer(["default_engine"], ["engine"], new Set(["options"])),
    ...(isCustom ? [] : [layer([...options, engineType], ["engine", "options"])]),
    layer(options, ["engine", "options"], new Set(ENGINES)),
    ...(role === "target"
      ? [
          layer(["catalog"], ["catalog"]),
          layer(["file_format"], ["file_format"]),
          layer(["partitioning_default"], ["partitioning"]),
        ]
      : []),
    ...(isIncremental
      ? [
          layer(["incremental", "strategy"], ["incremental", "strategy"]),
          layer(["incremental", "cursor_field_default"], ["incremental", "cursor_field"]),
          layer(["incremental", "lookback_days_default"], ["incremental", "lookback_days"]),
        ]
      : []),
  ];
}
