import type { Batch } from "../../contract/batch.ts";
import type { DecodeContext, RandomAccess } from "../../contract/format.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { ArrowDecoder, inBatches } from "./arrow-decoder.ts";
import { type ArrowDecodeOptions, messageLimitOf } from "./arrow-options.ts";
import { ArrowFault, must, unreadable } from "./fault.ts";
import { type FilePlace, type Footer, footerLengthOf, MAGIC, readFooter, TAIL_BYTES } from "./file-footer.ts";
import { loadCodecs } from "./ipc/body-buffers.ts";
import { type Message, readMessage } from "./ipc/message.ts";
import { MessageDecoder } from "./ipc/message-decoder.ts";

/** Of a stream, at once. */
const CHUNK_BYTES = 1024 * 1024;
const PREFIX_BYTES = 8;

/**
 * A file by its footer, whose batches and dictionaries may stand in any order, and a stream from its beginning.
 *
 * @throws DativoError DTV_ARROW_INVALID for bytes that are neither, or use a feature that is not read
 */
export async function* decodeArrow(
  bytes: RandomAccess,
  options: ArrowDecodeOptions,
  context: DecodeContext,
): AsyncGenerator<Batch> {
  await loadCodecs();
  const begin = Buffer.from(await bytes.read(0, Math.min(MAGIC.length, bytes.sizeBytes)));
  yield* begin.toString("latin1") === MAGIC
    ? decodeFile(bytes, messageLimitOf(options), context)
    : decodeStream(bytes, new ArrowDecoder(options, context));
}

async function* decodeStream(bytes: RandomAccess, decoder: ArrowDecoder): AsyncGenerator<Batch> {
  for (let at = 0; at < bytes.sizeBytes; at += CHUNK_BYTES) {
    yield* decoder.push(await bytes.read(at, Math.min(CHUNK_BYTES, bytes.sizeBytes - at)));
  }
  yield* decoder.end();
}

async function* decodeFile(bytes: RandomAccess, limitBytes: number, context: DecodeContext): AsyncGenerator<Batch> {
  const messages = new MessageDecoder(context.source, limitBytes);
  try {
    const { schema: header, dictionaries, batches } = await findFooter(bytes, limitBytes);
    const { schema } = messages.takeSchema(header);
    for (const place of dictionaries) {
      const { message, body } = await readPlace(bytes, place, limitBytes);
      messages.takeDictionary(message, body);
    }
    for (const place of batches) {
      const { message, body } = await readPlace(bytes, place, limitBytes);
      yield* inBatches(messages.takeBatch(message, body), context);
    }
    if (messages.rows === 0) yield RowBatch.empty(schema);
  } catch (error) {
    throw unreadable(context.source, error);
  }
}

async function findFooter(bytes: RandomAccess, limitBytes: number): Promise<Footer> {
  const end = bytes.sizeBytes - TAIL_BYTES;
  const tail = Buffer.from(await bytes.read(Math.max(0, end), Math.min(TAIL_BYTES, bytes.sizeBytes)));
  const length = footerLengthOf(tail, end);
  must(length <= limitBytes, `its footer of ${length} bytes is larger than the limit of ${limitBytes}`);
  return readFooter(await bytes.read(end - length, length));
}

async function readPlace(
  bytes: RandomAccess,
  { at, headBytes, bodyBytes }: FilePlace,
  limitBytes: number,
): Promise<{ readonly message: Message; readonly body: Buffer }> {
  const length = headBytes + bodyBytes;
  const isThere = at + length <= bytes.sizeBytes && headBytes >= PREFIX_BYTES && headBytes % 8 === 0;
  must(isThere, "its footer names a batch that is not in it");
  if (length > limitBytes + PREFIX_BYTES) {
    throw new ArrowFault(`a message of ${length} bytes is larger than the limit of ${limitBytes}`, {
      hint: "Write it again in smaller record batches, or raise `max_message_mb`.",
    });
  }
  const block = aligned(await bytes.read(at, length));
  must(block.length === length && block.readInt32LE() === -1, "a message does not begin as one");
  const message = readMessage(block.subarray(PREFIX_BYTES, headBytes));
  must(message.bodyBytes <= bodyBytes, "a body is longer than the footer says");
  return { message, body: block.subarray(headBytes, headBytes + message.bodyBytes) };
}

/** Columns are views of it, and want their memory at a multiple of eight; a head is as long as a multiple of eight. */
function aligned(bytes: Uint8Array): Buffer {
  const { buffer, byteOffset, length } = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
  return Buffer.from(buffer, byteOffset, length);
}
