import { Composer, type Document, isScalar, type Node } from "yaml";
import type { ErrorCode } from "../../contract/errors.ts";
import type { ConfigDocument, TextPosition } from "../document/config-document.ts";
import { isMapping } from "../document/config-document.ts";
import { type ConfigFault, faultOf, faultsToError } from "../document/config-fault.ts";
import { type Scanned, scanYaml, YAML_LIMITS } from "./scan-yaml.ts";
import { findNode, offsetOf, startOf } from "./yaml-place.ts";
import { toValue } from "./yaml-value.ts";

/** More faults of syntax than this are consequences of the first ones. */
const MAX_COMPLAINTS = 50;

/**
 * A YAML text as a document. Core schema, no tags, no merge keys, no repeated keys, one document; dates are text.
 *
 * @throws DativoError DTV_CONFIG_INVALID listing every fault of syntax with its place, DTV_CONFIG_LIMIT for a text
 * beyond {@link YAML_LIMITS}.
 */
export function parseYaml(text: string, file: string): ConfigDocument {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > YAML_LIMITS.bytes) throw faultsToError([tooLarge(file, sizeBytes)]);

  // A byte order mark is no part of the first line.
  const scanned = scanYaml(text.replace(/^\uFEFF/, ""));
  const positionOf = (offset: number): TextPosition => toPosition(scanned, offset);
  const fault = (offset: number, message: string, code?: ErrorCode): ConfigFault =>
    faultOf({ file, ...positionOf(offset), path: "", message }, code);
  if (scanned.refusal) {
    const { offset, message, limit } = scanned.refusal;
    throw faultsToError([fault(offset, message, limit ? "DTV_CONFIG_LIMIT" : "DTV_CONFIG_INVALID")]);
  }

  const document = compose(scanned);
  const complaints = [...document.errors, ...document.warnings].slice(0, MAX_COMPLAINTS);
  const faults = complaints.map(({ pos, message }) => fault(pos[0], message));
  if (faults.length > 0) throw faultsToError(faults);

  const root = document.contents as Node | null;
  const value = root === null ? undefined : toValue(root, (at, message, code) => faults.push(fault(at, message, code)));
  if (faults.length > 0) throw faultsToError(faults);
  if (value === null || value === undefined) throw faultsToError([fault(0, "the file is empty")]);
  if (!isMapping(value)) throw faultsToError([fault(startOf(root), "expected a mapping of keys to values")]);

  return {
    file,
    value,
    locate: (keys, part = "value") => positionOf(offsetOf(root as Node, document, keys, part)),
    sourceOf: (keys) => {
      const node = findNode(root as Node, document, keys).node;
      return isScalar(node) ? node.source : undefined;
    },
  };
}

/** The fault of a file that is larger than a configuration may be. */
export function tooLarge(file: string, sizeBytes: number): ConfigFault {
  const message = `the file has ${sizeBytes} bytes; a configuration may have ${YAML_LIMITS.bytes}`;
  return faultOf({ file, path: "", message }, "DTV_CONFIG_LIMIT");
}

function compose({ tokens }: Scanned): Document.Parsed {
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    merge: false,
    strict: true,
    // The library compares each key with every other; toValue does it in one pass.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  return [...composer.compose(tokens, true)][0] as Document.Parsed;
}

function toPosition({ lines }: Scanned, offset: number): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
