import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isObjectUri, parsePrefixUri, STORE_SCHEMES } from "../../storage/object/object-uri.ts";
import { rootOf, type StoreSource, settingsOf } from "../../storage/object/settings-of.ts";
import type { StoreSettings } from "../../storage/object/store-settings.ts";
import type { ConfigDocument } from "../document/config-document.ts";
import { isUrl } from "../document/find-file.ts";
import type { Session } from "../document/session.ts";
import { registerNamed } from "../secrets/secret-names.ts";
import { bagOf, connectionFault, type Side, sideFinding } from "./load-side.ts";

/** Where a target's files go. */
export interface TargetPlace {
  /** Folder (absolute), or URI without a slash at its end; undefined for a target that is no such place. */
  readonly path?: string | undefined;
  /** How the bucket of a URI is reached. */
  readonly store?: StoreSettings | undefined;
}

/** What is wrong with it is in the session's report. */
export function targetPlace(document: ConfigDocument, side: Side, session: Session): TargetPlace {
  const connection = bagOf(side.merged.value["connection"]);
  const written = connection["path"];
  const path = typeof written === "string" && written !== "" ? written : undefined;
  if (side.isCustom) return ownPlace(path, session);
  const scheme = STORE_SCHEMES[side.type];
  if (scheme === undefined && (path === undefined || !isUrl(path) || /^file:\/\//i.test(path))) {
    return ownPlace(path, session);
  }
  if (side.isPlanned) return { path };
  const request = { role: "target", document } as const;
  if (path !== undefined && isUrl(path) && !isObjectUri(path)) {
    const feature = `writing files to ${new URL(path).protocol}//`;
    session.report.planned.push(sideFinding(request, side.merged, ["connection", "path"], feature));
    return { path };
  }
  try {
    return bucketPlace(path, side, session);
  } catch (error) {
    session.report.faults.push(connectionFault(request, side.merged, error));
    return {};
  }
}

/**
 * A folder from the working directory on, whatever lies beside the job file: the job's state hangs on this path. To a
 * plugin a URL is an address of its own, not a folder of files.
 */
function ownPlace(path: string | undefined, { places }: Session): TargetPlace {
  if (path === undefined) return { path };
  if (/^file:\/\//i.test(path)) return { path: fileURLToPath(path) };
  return isUrl(path) ? { path: undefined } : { path: resolve(places.cwd, path) };
}

function bucketPlace(path: string | undefined, { type, merged }: Side, { env, mode }: Session): TargetPlace {
  const source = { type, connection: bagOf(merged.value["connection"]), env, mode };
  const uri =
    path !== undefined && isObjectUri(path) ? path : `${rootOf(STORE_SCHEMES[type] ?? "s3", source)}${path ?? ""}`;
  return placeOfUri(uri, source);
}

/**
 * The place that a URI names, as the connection and the environment say that its bucket is reached.
 *
 * @throws DativoError DTV_OPTION_INVALID, DTV_CONFIG_INVALID, DTV_KEYS_FORBIDDEN
 */
export function placeOfUri(uri: string, source: StoreSource): { readonly path: string; readonly store: StoreSettings } {
  const { scheme, bucket, key } = parsePrefixUri(uri);
  const store = settingsOf({ scheme, bucket }, source);
  registerNamed(store);
  return { path: `${scheme}://${bucket}/${key}`.replace(/\/+$/, ""), store };
}
