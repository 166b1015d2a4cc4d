import { isUtf8 } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { stringifyJson } from "../contract/json.ts";
import type { Reject } from "../contract/reject.ts";
import { unwritable } from "../contract/unwritable.ts";
import { PRIVATE_FILE } from "../storage/durable.ts";

/** Rejects that are written at a time: each may hold a record of megabytes. */
const SLICE = 64;

/** The file that keeps the rejected records of a run: one JSON object a line. */
export class RejectsFile {
  readonly path: string;
  count = 0;
  readonly #facts: Readonly<Record<string, unknown>>;
  #handle: FileHandle | undefined;

  /** `facts` stand in every line: the run and the contract that the records broke. */
  constructor(path: string, facts: Readonly<Record<string, unknown>>) {
    this.path = path;
    this.#facts = facts;
  }

  async append(rejects: readonly Reject[]): Promise<void> {
    try {
      this.#handle ??= await open(this.path, "wx", PRIVATE_FILE);
      for (let at = 0; at < rejects.length; at += SLICE) {
        await this.#handle.appendFile(rejectLines(rejects.slice(at, at + SLICE), this.#facts));
      }
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    this.count += rejects.length;
  }

  /** Closes it durably; nothing is done when there was no reject. */
  async seal(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await handle?.sync();
    } finally {
      await handle?.close();
    }
  }
}

/** Rejects as JSON Lines; `facts` stand in every line. */
export function rejectLines(rejects: readonly Reject[], facts: Readonly<Record<string, unknown>>): string {
  return rejects.map((reject) => `${stringifyJson(toLine(reject, facts), "string")}\n`).join("");
}

function toLine(reject: Reject, facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { raw, record, faults, ...place } = reject;
  const [first, ...others] = faults;
  return { ...place, ...rawOf(raw, record), ...first, ...(others.length > 0 ? { more_faults: others } : {}), ...facts };
}

/** The record as it stood: text, or base64 where its bytes are no text. */
function rawOf(raw: Uint8Array | undefined, record: string | undefined): Record<string, unknown> {
  if (!raw) return record === undefined ? {} : { raw: record };
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return isUtf8(bytes) ? { raw: bytes.toString("utf8") } : { raw_base64: bytes.toString("base64") };
}
