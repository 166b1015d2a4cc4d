import { DativoError, systemCode } from "../../contract/errors.ts";

/**
 * Loads a package that users install beside.
 *
 * @throws DativoError DTV_PACKAGE_MISSING with the command that installs it
 */
export async function loadOptional<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (systemCode(cause) !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new DativoError("DTV_PACKAGE_MISSING", `${purpose} needs the package ${name}, which is not installed`, {
      culprit: name,
      hint: `Install it beside Dativo: npm install ${name}`,
      cause,
    });
  }
}
