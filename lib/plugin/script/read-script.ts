import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DativoError, systemCode } from "../../contract/errors.ts";

/**
 * The bytes of a plugin's file. Its symbolic links were resolved before: what takes the place of the file since then is
 * not followed.
 *
 * @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD
 */
export function readScript(file: string, shown: string = file): Buffer {
  let handle: number | undefined;
  try {
    handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    if (!fstatSync(handle).isFile()) throw notAFile(shown);
    return readFileSync(handle);
  } catch (cause) {
    if (systemCode(cause) === "EISDIR") throw notAFile(shown);
    if (systemCode(cause) !== "ENOENT") throw cause;
    throw pluginNotFound(shown, resolve(file), cause);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

export function pluginNotFound(shown: string, tried: string, cause?: unknown): DativoError {
  return new DativoError("DTV_PLUGIN_NOT_FOUND", `Plugin module not found: ${shown}`, {
    culprit: shown,
    hint: `It was looked for at ${tried}. Ensure the plugin file path is correct and accessible.`,
    cause,
  });
}

function notAFile(shown: string): DativoError {
  return new DativoError("DTV_PLUGIN_LOAD", `Plugin path is not a file: ${shown}`, { culprit: shown });
}
