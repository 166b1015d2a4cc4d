import { join } from "node:path";
import { ControlPaths } from "../../lib/commit/folder/control-paths.ts";
import { folderPlace } from "../../lib/commit/folder/folder-place.ts";
import type { LedgerPlace } from "../../lib/commit/ledger.ts";
import { jobKeyOf } from "../../lib/commit/places.ts";

/** The place of a job whose target is a folder, and where the parts of its books lie. */
export interface JobPlace extends LedgerPlace {
  readonly folder: string;
  readonly paths: ControlPaths;
  readonly stateFile: string;
}

/** In `parent` are the target folder `lake` and the states. */
export function jobPlace(parent: string, name = "job", layout: LedgerPlace["layout"] = "flat"): JobPlace {
  const folder = join(parent, "lake");
  const jobKey = jobKeyOf({ tenant: "acme", name, targetUri: `file://${folder}` });
  return {
    jobKey,
    ...folderPlace(folder, jobKey),
    folder,
    paths: ControlPaths.inTarget(folder, jobKey),
    layout,
    stateFile: join(parent, "state", `${name}.state.json`),
  };
}
