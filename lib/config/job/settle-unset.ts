import type { RecipeDocument } from "../connector/load-recipe.ts";
import { faultAt, isMapping } from "../document/config-document.ts";
import type { Session } from "../document/session.ts";
import type { Merged } from "./merge-layers.ts";

/**
 * Variables of a recipe matter only where the job does not speak over them. A plugin may need none of its base's
 * connection: what cannot be filled in is left out there.
 */
export function settleUnset(recipe: RecipeDocument, merged: Merged, isCustom: boolean, { report }: Session): void {
  for (const { keys, code, message } of recipe.unset) {
    for (const [path, written] of merged.writtenAt) {
      const isHere = written.document === recipe.document && written.keys.every((key, index) => key === keys[index]);
      if (!isHere) continue;
      if (isCustom) removeAt(merged.value, path.split("."));
      else report.faults.push(faultAt(recipe.document, keys, message, { code }));
    }
  }
}

function removeAt(root: Record<string, unknown>, keys: readonly string[]): void {
  const [first = "", ...rest] = keys;
  const inner = root[first];
  if (rest.length === 0) delete root[first];
  else if (isMapping(inner)) removeAt(inner, rest);
}
