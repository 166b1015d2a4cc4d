import type { AssetDefinition } from "../../contract/asset.ts";
import { isFolder } from "../../storage/durable.ts";
import { assetNotFound, readAsset } from "../asset/load-asset.ts";
import { type ConfigDocument, faultAt } from "../document/config-document.ts";
import { describeTried, findFile } from "../document/find-file.ts";
import { collect, type Session } from "../document/session.ts";

export interface JobAsset {
  readonly definition: AssetDefinition;
  /** Absolute. */
  readonly file: string;
}

/** The contract of a job; undefined where it is at fault, which the report says. */
export async function loadJobAsset(document: ConfigDocument, session: Session): Promise<JobAsset | undefined> {
  const { asset_path: path, asset: label } = document.value;
  if (typeof path !== "string" || path === "") return undefined;
  const lookup = await findFile(path, session.places);
  const { found } = lookup;
  if (found === undefined) {
    const message = assetNotFound(path, describeTried(lookup, path));
    session.report.faults.push(faultAt(document, ["asset_path"], message, { code: "DTV_CONFIG_NOT_FOUND" }));
    return undefined;
  }
  if (await isFolder(found)) {
    session.report.faults.push(
      faultAt(document, ["asset_path"], `${path} is a folder; the file of a contract is needed`),
    );
    return undefined;
  }
  const definition = await collect(session, () =>
    readAsset(found, session, typeof label === "string" ? label : undefined),
  );
  return definition && { definition, file: found };
}
