import { type FileHandle, open } from "node:fs/promises";
import { DativoError, type ErrorCode, systemCode } from "../../contract/errors.ts";
import { parseYaml, tooLarge } from "../yaml/parse-yaml.ts";
import { YAML_LIMITS } from "../yaml/scan-yaml.ts";
import type { ConfigDocument } from "./config-document.ts";
import { type ConfigFault, faultOf, faultsToError } from "./config-fault.ts";
import { displayPath } from "./find-file.ts";

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a YAML file. A file beyond the size limit is refused before it is read.
 *
 * @throws DativoError DTV_CONFIG_INVALID, DTV_CONFIG_LIMIT with every fault of syntax, DTV_CONFIG_NOT_FOUND
 */
export async function readDocument(path: string, cwd: string = process.cwd()): Promise<ConfigDocument> {
  const file = displayPath(path, cwd);
  const bytes = await readLimited(path, file);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw faultsToError([whole(file, "the file is not UTF-8 text")]);
  }
  return parseYaml(text, file);
}

async function readLimited(path: string, file: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const facts = await handle.stat();
    if (facts.isDirectory()) throw faultsToError([whole(file, "is a folder; a file is needed")]);
    if (facts.size > YAML_LIMITS.bytes) throw faultsToError([tooLarge(file, facts.size)]);
    return await readUpTo(handle, file);
  } catch (error) {
    if (error instanceof DativoError) throw error;
    const missing = systemCode(error) === "ENOENT";
    const message = missing ? "the file does not exist" : `cannot be read: ${(error as Error).message}`;
    throw faultsToError([whole(file, message, missing ? "DTV_CONFIG_NOT_FOUND" : "DTV_CONFIG_INVALID")]);
  } finally {
    await handle?.close();
  }
}

/** A device or a file that grows tells no size: one byte more than allowed is enough to know. */
async function readUpTo(handle: FileHandle, file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > YAML_LIMITS.bytes) throw faultsToError([tooLarge(file, length)]);
  }
}

function whole(file: string, message: string, code?: ErrorCode): ConfigFault {
  return faultOf({ file, path: "", message }, code);
}
