import { type ConfigDocument, faultAt, findingAt } from "../document/config-document.ts";
import type { Session } from "../document/session.ts";
import { registerNamed } from "../secrets/secret-names.ts";
import type { JobDraft } from "./job-document.ts";
import type { LoadedTransform } from "./loaded-job.ts";
import { resolvePlugin } from "./resolve-plugin.ts";

/** The plugins between the contract check and `map`; one that is not found is in the session's report. */
export async function loadJobTransforms(
  document: ConfigDocument,
  { transforms = [] }: JobDraft,
  session: Session,
): Promise<LoadedTransform[]> {
  const loaded: LoadedTransform[] = [];
  for (const [index, { plugin, options = {} }] of transforms.entries()) {
    const keys = ["transforms", index, "plugin"];
    registerNamed(options);
    const lookup = await resolvePlugin(plugin, session);
    if ("code" in lookup) {
      session.report.faults.push(faultAt(document, keys, lookup.message, { code: lookup.code }));
      continue;
    }
    if ("planned" in lookup) session.report.planned.push(findingAt(document, keys, lookup.planned));
    loaded.push({ plugin: lookup.custom, options });
  }
  return loaded;
}
