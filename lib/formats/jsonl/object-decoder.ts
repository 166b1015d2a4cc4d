import { isAscii, isUtf8 } from "node:buffer";
import type { Batch } from "../../contract/batch.ts";
import type { DativoError } from "../../contract/errors.ts";
import type { DecodeContext, Decoder } from "../../contract/format.ts";
import type { Provenance } from "../../contract/provenance.ts";
import type { Fault } from "../../contract/reject.ts";
import { RowBatch } from "../../contract/row-batch.ts";
import { ByteWindow, piecesOf } from "../text/byte-window.ts";
import { HEAD_BYTES, inspectHead, MARK_BYTES } from "../text/text-head.ts";
import type { LineList } from "./line-list.ts";
import { countMembers } from "./member-count.ts";
import { parseLine } from "./parse-line.ts";
import { MAX_NAMES, ValueTable } from "./value-table.ts";

/** Finds the texts of records. The result does not depend on how the stream was cut. */
export interface ObjectScanner {
  /** First byte that is still needed. */
  readonly needed: number;
  /** Whether what was found is to be taken before more is looked for. */
  readonly isFull: boolean;
  /** Why nothing can be read behind what was found. */
  readonly fault: DativoError | undefined;
  takeLines(): LineList;
  /**
   * Reads on until the bytes are used up, the list is full or there is a fault, and returns how many were read.
   * `bytes` begin at `origin` and hold all that is needed; those before `from` have been read.
   */
  scan(bytes: Buffer, origin: number, from: number): number;
  /** Ends what has no end of its own. */
  finish(bytes: Buffer, origin: number): void;
}

export interface ObjectText {
  readonly maxRecordBytes: number;
  /** `position` is that of the first byte behind the byte order mark. */
  scanner(position: number): ObjectScanner;
}

/**
 * Texts of JSON objects → batches of the values as they stand there.
 *
 * A batch has a field for every name that its records or earlier ones have. Batches, rejects and errors are the same
 * however the bytes are cut. What is held is at most the texts of one batch and one text more.
 */
export class ObjectDecoder implements Decoder {
  readonly #context: DecodeContext;
  readonly #text: ObjectText;
  readonly #window: ByteWindow;
  readonly #table = new ValueTable();
  #scanner: ObjectScanner | undefined;
  #scanned = 0;
  #rows = 0;
  #hasYielded = false;

  constructor(context: DecodeContext, text: ObjectText) {
    this.#context = context;
    this.#text = text;
    this.#window = new ByteWindow(text.maxRecordBytes);
  }

  *push(bytes: Uint8Array): Generator<Batch> {
    for (const piece of piecesOf(bytes)) {
      this.#window.append(piece);
      if (this.#window.end >= HEAD_BYTES) yield* this.#advance();
    }
  }

  *flush(): Generator<Batch> {
    if (this.#window.end < MARK_BYTES) return;
    const scanner = yield* this.#advance();
    yield* this.#read(scanner.takeLines());
    this.#window.discard(scanner.needed);
  }

  *end(): Generator<Batch> {
    const scanner = yield* this.#advance();
    const { needed } = scanner;
    scanner.finish(this.#window.view(needed, this.#window.end), needed);
    yield* this.#read(scanner.takeLines());
    if (scanner.fault) throw scanner.fault;
    if (!this.#hasYielded) yield RowBatch.empty(this.#table.take().schema);
  }

  *#advance(): Generator<Batch, ObjectScanner> {
    this.#scanner ??= this.#start();
    const scanner = this.#scanner;
    for (;;) {
      const { needed } = scanner;
      const read = scanner.scan(this.#window.view(needed, this.#window.end), needed, this.#scanned - needed);
      this.#scanned = needed + read;
      if (!scanner.isFull) break;
      yield* this.#read(scanner.takeLines());
    }
    if (scanner.fault) {
      yield* this.#read(scanner.takeLines());
      throw scanner.fault;
    }
    this.#window.discard(scanner.needed);
    return scanner;
  }

  /** Looks at the first bytes, once enough of them are there. */
  #start(): ObjectScanner {
    const head = this.#window.view(0, Math.min(HEAD_BYTES, this.#window.end));
    this.#scanned = inspectHead(head, this.#context.source, "utf-8", new Uint8Array());
    return this.#text.scanner(this.#scanned);
  }

  *#read(lines: LineList): Generator<Batch> {
    if (lines.length === 0) return;
    const base = lines.starts[0] as number;
    // The batch keeps the bytes; the window moves on.
    const bytes = Buffer.from(this.#window.view(base, lines.ends.at(-1) as number));
    const provenance = lines.provenance(this.#context.source, this.#rows + 1, bytes);
    this.#rows += lines.length;
    const parse = lineParser(lines, bytes, base);
    let good: number[] = [];
    for (let i = 0; i < lines.length; i++) {
      const found = parse(i);
      const faults = Array.isArray(found) ? found : this.#table.add(found) ? undefined : TOO_MANY_NAMES;
      if (faults) this.#context.reject({ ...provenance.at(i), faults });
      else good.push(i);
      if (this.#table.isFull || i === lines.length - 1) {
        yield* this.#takeTable(good.length === lines.length ? provenance : provenance.take(good));
        good = [];
      }
    }
  }

  /** Empty when no line was good: the rejects travel with it, and must not wait for a good line that may never come. */
  *#takeTable(provenance: Provenance): Generator<Batch> {
    const { schema, columns, length } = this.#table.take();
    this.#hasYielded = true;
    yield RowBatch.fromColumns(schema, columns, length, { provenance });
  }
}

const TOO_MANY_NAMES: Fault[] = [
  { column: null, rule: "fields", reason: `has names that make more than ${MAX_NAMES} in the file` },
];

/** A function from the number of a text to its object or its faults. */
function lineParser(
  lines: LineList,
  bytes: Buffer,
  base: number,
): (index: number) => Record<string, unknown> | Fault[] {
  const isValid = isUtf8(bytes);
  const encoding = isAscii(bytes) ? "latin1" : "utf8";
  return (index) => {
    const from = (lines.starts[index] as number) - base;
    const to = (lines.ends[index] as number) - base;
    if (!isValid && !isUtf8(bytes.subarray(from, to))) return NOT_UTF8;
    return parseLine(bytes.toString(encoding, from, to), () => countMembers(bytes, from, to));
  };
}

const NOT_UTF8: Fault[] = [{ column: null, rule: "encoding", reason: "is not utf-8" }];
