import type { Unpacking } from "../compression.ts";
import type { Format } from "../format.ts";
import { o, parseOptions } from "../options.ts";
import { parseUnpacking, unpackingOptions } from "./unpacking-options.ts";

/** The options that every file reader takes, besides those of its format. */
export const fileReaderOptions = {
  batch_size: o.int().min(1).optional().describe("Records per batch, at most"),
  chunk_size: o.int().min(1).optional().describe("Another name of batch_size"),
};

export type FileReaderOptions = { batch_size?: number | undefined; chunk_size?: number | undefined };

/** How a file is read. */
export interface ReadOptions {
  readonly batchRows: number | undefined;
  /** Those of the format. */
  readonly format: unknown;
  readonly unpacking: Unpacking;
}

/** @throws DativoError DTV_OPTION_INVALID for an option that neither file readers nor the format have */
export function parseReadOptions({ decodeAt, decodeOptions }: Format, given: object, owner: string): ReadOptions {
  const [own, others] = divideOptions(given, fileReaderOptions);
  const [unpacking, rest] = divideOptions(others, decodeAt ? {} : unpackingOptions);
  const { batch_size, chunk_size } = parseOptions(o.object(fileReaderOptions), own, owner);
  return {
    batchRows: batch_size ?? chunk_size,
    format: decodeOptions ? parseOptions(decodeOptions, rest, owner) : rest,
    unpacking: parseUnpacking(unpacking, owner),
  };
}

/** The options that a declaration names, and the others. */
function divideOptions(given: object, declared: object): [own: object, rest: object] {
  const entries = Object.entries(given);
  const isDeclared = ([name]: [string, unknown]): boolean => Object.hasOwn(declared, name);
  return [
    Object.fromEntries(entries.filter(isDeclared)),
    Object.fromEntries(entries.filter((entry) => !isDeclared(entry))),
  ];
}
