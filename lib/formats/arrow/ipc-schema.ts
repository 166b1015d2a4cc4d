import { DativoError } from "../../contract/errors.ts";
import { parseJson, stringifyJson } from "../../contract/json.ts";
import { Schema } from "../../contract/schema.ts";
import type { DataType } from "../../contract/types.ts";

/** What the schema of a message says besides Arrow's own types. */
export interface IpcSchema {
  readonly schema: Schema;
  /** The types by which the columns travel. */
  readonly carriers: readonly DataType[];
  /** Records: a batch of no columns has no other place for their number. */
  readonly length: number;
}

/** Under which it stands in the metadata. */
export const SCHEMA_KEY = "dativo.schema";

export function formatIpcSchema({ schema: { fields, metadata }, carriers, length }: IpcSchema): string {
  return stringifyJson({ fields, metadata, carriers, length });
}

/** @throws DativoError DTV_ARROW_INVALID for a message that is not ours */
export function parseIpcSchema(text: string | undefined): IpcSchema {
  const { fields, metadata, carriers, length } = parseJson(text ?? "{}") as Partial<Schema & IpcSchema>;
  if (!Array.isArray(fields) || !Array.isArray(carriers) || typeof length !== "number") {
    throw new DativoError("DTV_ARROW_INVALID", `An Arrow message has no ${SCHEMA_KEY} in the metadata of its schema`);
  }
  return { schema: new Schema(fields, metadata), carriers, length };
}
