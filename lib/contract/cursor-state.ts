import type { AssetDefinition } from "./asset.ts";
import { formatType } from "./types.ts";

/** How records are told apart: what was noted with one of these says nothing to another. */
export interface CursorIdentity {
  readonly field: string;
  readonly type: string;
  /** The primary key, with its types; null where the whole record is the identity. */
  readonly key: readonly string[] | null;
}

/** What a job that reads by a cursor knows of the records it has loaded. */
export interface CursorState extends CursorIdentity {
  /** The highest value that was loaded; null before the first record. */
  readonly high: string | null;
  /** From here up to `high` every record that was loaded is among the identities. */
  readonly from: string | null;
  /** 128 bits of each record, in base64, by the day of its cursor; without days under one name. */
  readonly identities: Readonly<Record<string, string>>;
}

/** The key of a job's state that holds it. Plugins share these keys, hence the name. */
export const CURSOR_KEY = "dativo_cursor";

/** Bytes of one identity. */
export const IDENTITY_BYTES = 16;

export function cursorIdentity({ fields, primaryKey }: AssetDefinition, field: string): CursorIdentity {
  const spell = (names: readonly string[]): string[] =>
    fields.filter(({ name }) => names.includes(name)).map(({ name, type }) => `${name}: ${formatType(type)}`);
  const type = fields.find(({ name }) => name === field)?.type;
  return { field, type: type ? formatType(type) : "none", key: primaryKey.length > 0 ? spell(primaryKey) : null };
}

/** `updated_at (timestamptz), by id: integer`. */
export function describeIdentity({ field, type, key }: CursorIdentity): string {
  return `${field} (${type}), ${key ? `records known by ${key.join(", ")}` : "records known by all their values"}`;
}

type Values = Readonly<Record<string, unknown>>;

export function cursorStateIn(values: Values): CursorState | undefined {
  return values[CURSOR_KEY] as CursorState | undefined;
}

export function withCursorState(values: Values, state: CursorState | undefined): Values {
  const { [CURSOR_KEY]: _, ...others } = values;
  return state ? { ...others, [CURSOR_KEY]: state } : others;
}

/** How many identities are known. */
export function countIdentities({ identities }: CursorState): number {
  const bytes = Object.values(identities).reduce((sum, text) => sum + Buffer.byteLength(text, "base64"), 0);
  return bytes / IDENTITY_BYTES;
}
