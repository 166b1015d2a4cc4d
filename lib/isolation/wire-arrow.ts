/** Batches of libraries: Arrow, and in the header where their records stand. */
import type { Batch } from "../contract/batch.ts";
import type { ArrowBatch } from "../formats/arrow/arrow-batch.ts";
import { decodeIpc } from "../formats/arrow/decode-ipc.ts";
import { encodeIpc } from "../formats/arrow/encode-ipc.ts";
import type { Header } from "./frame.ts";
import type { KnownSchemas } from "./known-schemas.ts";
import { formatNumbers, parsePlace, type WireNumbers } from "./wire-place.ts";

export interface WireArrow {
  readonly header: Header;
  readonly body: Uint8Array;
}

/** The batch is given up. */
export function formatArrow(batch: Batch): WireArrow {
  try {
    return { header: placeOf(batch), body: encodeIpc(batch) };
  } finally {
    batch.release();
  }
}

export function parseArrow({ place }: Header, body: Uint8Array, schemas: KnownSchemas): ArrowBatch {
  const provenance = place === undefined ? undefined : parsePlace(place as WireNumbers);
  return decodeIpc(body, provenance, (schema) => schemas.known(schema));
}

/** Records of a library have numbers and nothing else. */
function placeOf({ provenance, length }: Batch): Header {
  return provenance ? { place: formatNumbers(provenance, length) } : {};
}
