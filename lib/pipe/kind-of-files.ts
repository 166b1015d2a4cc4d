import { isDeepStrictEqual } from "node:util";
import { DativoError } from "../contract/errors.ts";
import type { Storage } from "../contract/storage.ts";
import type { FormatName } from "../formats/formats.ts";
import { kindOfName } from "../formats/kind-of-name.ts";
import { RECOGNISED_BYTES, recogniseFormat } from "../formats/recognise-format.ts";
import type { PipeRequest } from "./pipe-request.ts";
import { requireFormat } from "./require-format.ts";

type Options = Readonly<Record<string, unknown>>;

export interface FileKind {
  readonly format: FormatName;
  readonly options: Options;
}

/**
 * The one format of all files, with what is known of how they are written.
 *
 * @throws DativoError DTV_OPTION_INVALID where two of them differ: read as the first, the other would be something else
 */
export async function kindOfFiles(
  { sources, from, fromOptions }: Pick<PipeRequest, "sources" | "from" | "fromOptions">,
  storage: Storage,
): Promise<FileKind> {
  let first: (FileKind & { readonly path: string }) | undefined;
  for (const source of sources) {
    for (const path of await pathsOf(source, storage)) {
      const { format, options } = await kindOfFile(path, from, storage);
      const kind = { path, format, options: { ...options, ...fromOptions } };
      first ??= kind;
      if (!isDeepStrictEqual({ ...kind, path: first.path }, first)) throw ofTwoKinds(first, kind);
    }
  }
  return first as FileKind;
}

/** A pattern whose name tells the format tells that of all its files. */
async function pathsOf(source: string, storage: Storage): Promise<string[]> {
  if (kindOfName(source)) return [source];
  return (await storage.find(source)).map(({ path }) => path);
}

/** By what was asked for, else by the name, else by the first bytes. */
export async function kindOfFile(path: string, from: string | undefined, storage: Storage): Promise<FileKind> {
  const named = kindOfName(path);
  if (from !== undefined) return { format: requireFormat(from), options: named?.format === from ? named.options : {} };
  if (named) return named;
  const file = await storage.open(path);
  try {
    for await (const bytes of file.bytes()) return recogniseFormat(bytes.subarray(0, RECOGNISED_BYTES));
    return { format: "csv", options: {} };
  } finally {
    await file.close();
  }
}

type Found = FileKind & { readonly path: string };

function ofTwoKinds(first: Found, other: Found): DativoError {
  const [a, b] = first.format === other.format ? [first, other].map(describeOptions) : [first.format, other.format];
  return new DativoError("DTV_OPTION_INVALID", `${first.path} is ${a}, and ${other.path} is ${b}`, {
    culprit: other.path,
    hint: "Files of one pipe are read alike: read them one after another, or say how with --from and --from-option.",
  });
}

function describeOptions({ format, options }: FileKind): string {
  const entries = Object.entries(options).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return entries.length === 0 ? `plain ${format}` : `${format} with ${entries.join(", ")}`;
}
