import { isUtf8 } from "node:buffer";
import type { DativoError } from "../../contract/errors.ts";
import { MAX_JSON_DEPTH } from "../../contract/json.ts";
import { LineList } from "../jsonl/line-list.ts";
import type { ObjectScanner } from "../jsonl/object-decoder.ts";
import { type DocumentPlace, JsonFaults, NOTHING } from "./json-faults.ts";
import { RecordSpan } from "./record-span.ts";

const [QUOTE, COMMA, COLON] = [0x22, 0x2c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const LINE_FEED = 0x0a;
const BLANKS: readonly number[] = [0x20, 0x09, 0x0d, LINE_FEED];

export interface DocumentScannerInit {
  readonly source: string;
  /** The names that lead to the array of records. */
  readonly names: readonly string[];
  readonly isSingleTaken: boolean;
  /** Records of a batch, at most. */
  readonly capacity: number;
  readonly maxBytes: number;
  /** Of the first byte behind the byte order mark. */
  readonly position: number;
}

/** An array or object that is open, outside of the records. */
interface Container {
  readonly isArray: boolean;
  readonly holdsRecords: boolean;
  /** How many names have led here; -1 aside from the path. */
  readonly depth: number;
  /** Whether the next name of the path was met. */
  isPassed: boolean;
}

/** What may come next: a value, a name, what is behind either, or what is behind the document. */
type Expected = "value" | "first value" | "name" | "first name" | "colon" | "separator" | "end";

/** What is being read in one piece. */
interface Piece extends DocumentPlace {
  readonly kind: "record" | "name" | "scalar";
  readonly span: RecordSpan;
}

/**
 * Finds the elements of the array of records. What stands around it is held to the grammar of JSON, value by value; an
 * element is looked at only as far as needed to find its end, since it is parsed afterwards.
 */
export class DocumentScanner implements ObjectScanner {
  fault: DativoError | undefined;
  readonly #init: DocumentScannerInit;
  readonly #faults: JsonFaults;
  readonly #open: Container[] = [];
  #list = new LineList();
  #expected: Expected = "value";
  /** How many names lead to the value that comes next; -1 aside from the path. */
  #depth = 0;
  #isFound = false;
  #piece: Piece | undefined;
  #line = 1;
  #position: number;
  /** Behind the last record. */
  #recordEnd = 0;

  constructor(init: DocumentScannerInit) {
    this.#init = init;
    this.#faults = new JsonFaults(init.source, init.names);
    this.#position = init.position;
  }

  get needed(): number {
    return this.#list.starts[0] ?? this.#piece?.position ?? this.#position;
  }

  get isFull(): boolean {
    return this.#list.isFull(this.#init.capacity, this.#recordEnd);
  }

  takeLines(): LineList {
    const taken = this.#list;
    this.#list = new LineList();
    return taken;
  }

  scan(bytes: Buffer, origin: number, from: number): number {
    let at = from;
    while (at < bytes.length && !this.fault) {
      this.#position = origin + at;
      if (!this.#piece) at += this.#take(bytes[at] as number);
      if (this.#piece) at = this.#readPiece(this.#piece, bytes, origin, at);
      if (this.isFull) break;
    }
    this.#position = origin + Math.min(at, bytes.length);
    return at;
  }

  finish(): void {
    if (this.fault) return;
    if (this.#expected === "end") this.fault = this.#isFound ? undefined : this.#faults.absent();
    else if (this.#expected === "value" && this.#open.length === 0) this.fault = this.#faults.empty(this.#place);
    else this.fault = this.#faults.cutOff(this.#place);
  }

  get #place(): DocumentPlace {
    return { line: this.#line, position: this.#position };
  }

  /** Takes a byte between the pieces, and returns 1; or begins a piece with it, and returns 0. */
  #take(byte: number): 0 | 1 {
    if (BLANKS.includes(byte)) {
      if (byte === LINE_FEED) this.#line++;
      return 1;
    }
    switch (this.#expected) {
      case "value":
      case "first value":
        if (byte === CLOSE_ARRAY && this.#expected === "first value") return this.#close();
        return this.#beginValue(byte);
      case "name":
      case "first name":
        if (byte === CLOSE_OBJECT && this.#expected === "first name") return this.#close();
        return byte === QUOTE ? this.#begin("name", byte) : this.#refuse("a name in quotes", byte);
      case "colon":
        this.#expected = "value";
        return byte === COLON ? 1 : this.#refuse("':'", byte);
      case "separator":
        return this.#separate(byte);
      case "end":
        return this.#refuse(NOTHING, byte);
    }
  }

  #beginValue(byte: number): 0 | 1 {
    const { names, isSingleTaken } = this.#init;
    if (byte === COMMA || byte === COLON || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      return this.#refuse("a value", byte);
    }
    if (this.#open.at(-1)?.holdsRecords) return this.#begin("record", byte);
    const isRecords = this.#depth === names.length;
    if (isRecords) {
      this.#isFound = true;
      if (byte === OPEN_OBJECT && isSingleTaken) return this.#begin("record", byte);
      if (byte !== OPEN_ARRAY) return this.#stop(this.#faults.notRecords(this.#place, kindOf(byte)));
    } else if (this.#depth >= 0 && byte !== OPEN_OBJECT) {
      return this.#stop(this.#faults.notOnPath(this.#place, names[this.#depth - 1], kindOf(byte)));
    }
    if (byte !== OPEN_ARRAY && byte !== OPEN_OBJECT) return this.#begin("scalar", byte);
    if (this.#open.length === MAX_JSON_DEPTH) {
      return this.#stop(
        this.#faults.broken(this.#place, `the document is nested deeper than ${MAX_JSON_DEPTH} levels`),
      );
    }
    const isArray = byte === OPEN_ARRAY;
    this.#open.push({ isArray, holdsRecords: isRecords, depth: isArray ? -1 : this.#depth, isPassed: false });
    this.#expected = isArray ? "first value" : "first name";
    this.#depth = -1;
    return 1;
  }

  #separate(byte: number): 0 | 1 {
    const { isArray } = this.#open.at(-1) as Container;
    if (byte === (isArray ? CLOSE_ARRAY : CLOSE_OBJECT)) return this.#close();
    if (byte !== COMMA) return this.#refuse(isArray ? "',' or ']'" : "',' or '}'", byte);
    this.#expected = isArray ? "value" : "name";
    this.#depth = -1;
    return 1;
  }

  #close(): 1 {
    this.#open.pop();
    return this.#endValue();
  }

  #endValue(): 1 {
    this.#expected = this.#open.length === 0 ? "end" : "separator";
    return 1;
  }

  #begin(kind: Piece["kind"], first: number): 0 {
    this.#piece = { kind, ...this.#place, span: new RecordSpan(first) };
    return 0;
  }

  #readPiece(piece: Piece, bytes: Buffer, origin: number, from: number): number {
    const { span, position } = piece;
    const isBegun = origin + from > position;
    const at = span.read(bytes, isBegun ? from : from + 1);
    const end = origin + Math.min(at, bytes.length);
    if (end - position > this.#init.maxBytes) this.#stop(this.#faults.overflow(piece, this.#init.maxBytes));
    else if (span.isEnded) this.#endPiece(piece, bytes.subarray(position - origin, at), end);
    return at;
  }

  #endPiece(piece: Piece, text: Buffer, end: number): void {
    this.#piece = undefined;
    this.#line += piece.span.lines;
    if (piece.kind === "record") {
      this.#list.add(piece.position, end, piece.line);
      this.#recordEnd = end;
      this.#endValue();
      return;
    }
    if (!isUtf8(text)) this.#stop(this.#faults.encoding(piece));
    else this.#endScalar(piece, text.toString());
  }

  #endScalar(piece: Piece, text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      this.#stop(this.#faults.broken(piece, `is not JSON: ${(error as Error).message}`));
      return;
    }
    if (piece.kind === "name") this.#endName(piece, value as string);
    else this.#endValue();
  }

  #endName(place: DocumentPlace, name: string): void {
    const container = this.#open.at(-1) as Container;
    const { depth, isPassed } = container;
    this.#expected = "colon";
    if (depth < 0 || name !== this.#init.names[depth]) return;
    if (isPassed) this.#stop(this.#faults.broken(place, `the document names '${name}' twice`));
    container.isPassed = true;
    this.#depth = depth + 1;
  }

  #refuse(expected: string, byte: number): 1 {
    return this.#stop(this.#faults.unexpected(this.#place, expected, byte));
  }

  #stop(fault: DativoError): 1 {
    this.fault = fault;
    return 1;
  }
}

function kindOf(first: number): string {
  switch (first) {
    case OPEN_OBJECT:
      return "an object";
    case OPEN_ARRAY:
      return "an array";
    case QUOTE:
      return "a text";
    default:
      return "a number or a word";
  }
}
