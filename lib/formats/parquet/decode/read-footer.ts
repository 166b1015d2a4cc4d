import type { FileMetaData } from "hyparquet";
import { countOf, ParquetFault } from "../fault.ts";
import { walkStruct } from "../thrift-walk.ts";
import type { FileBytes } from "./file-bytes.ts";
import { loadReaderLibrary } from "./reader-library.ts";

/** Read at once from the end of a file; most footers are smaller. */
const TAIL_BYTES = 64 * 1024;
/** Length of the footer and the magic number after it. */
const TRAILER_BYTES = 8;
const MAGIC = "PAR1";
/** In place of the magic number where the footer is encrypted. */
const ENCRYPTED_MAGIC = "PARE";

/**
 * The footer of a file: schema, row groups, key-value pairs (Parquet format, "File format").
 *
 * @throws ParquetFault when the file is too short, has another magic number or a footer that does not parse
 */
export async function readFooter(file: FileBytes): Promise<FileMetaData> {
  const { sizeBytes } = file;
  if (sizeBytes < MAGIC.length + TRAILER_BYTES) throw new ParquetFault(`it has only ${sizeBytes} bytes`);
  const tail = await file.read(Math.max(0, sizeBytes - TAIL_BYTES), Math.min(sizeBytes, TAIL_BYTES));
  const head = sizeBytes === tail.length ? tail : await file.read(0, MAGIC.length);
  checkMagic(head.toString("latin1", 0, MAGIC.length), "begin");
  checkMagic(tail.toString("latin1", tail.length - MAGIC.length), "end");
  const length = countOf(
    tail.readUInt32LE(tail.length - TRAILER_BYTES),
    "length of the footer",
    sizeBytes - MAGIC.length - TRAILER_BYTES,
  );
  const wanted = length + TRAILER_BYTES;
  const bytes =
    wanted <= tail.length ? tail.subarray(tail.length - wanted) : await file.read(sizeBytes - wanted, wanted);
  return parseFooter(bytes, length);
}

async function parseFooter(bytes: Buffer, length: number): Promise<FileMetaData> {
  const library = await loadReaderLibrary();
  try {
    walkStruct(bytes.subarray(0, length), 0);
    return library.parseFooter(bytes);
  } catch (error) {
    throw new ParquetFault(`its footer does not parse (${error instanceof Error ? error.message : error})`, {
      cause: error,
    });
  }
}

function checkMagic(found: string, where: "begin" | "end"): void {
  if (found === MAGIC) return;
  if (found === ENCRYPTED_MAGIC) {
    throw new ParquetFault("it is encrypted, which is not read", { hint: "Write the file without encryption." });
  }
  throw new ParquetFault(`it does not ${where} with ${MAGIC}`);
}
