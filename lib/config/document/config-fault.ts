import { DativoError, type ErrorCode } from "../../contract/errors.ts";
import { maskSecrets } from "../secrets/mask-secrets.ts";

/** Names of keys and positions in lists, from the root of a document. */
export type Keys = readonly PropertyKey[];

/** Something to know about a configuration: a feature that is not built yet, or advice. */
export interface Finding {
  /** As messages show it: relative to the working directory where it lies inside. */
  readonly file: string;
  /** From 1; absent where the document was given as an object. */
  readonly line?: number;
  readonly column?: number;
  /** Dotted, from the root of the document; empty for the document as a whole. */
  readonly path: string;
  /** `job.yaml:3:1  source.engine`. */
  readonly place: string;
  readonly message: string;
}

/** Something wrong in a configuration; a job with one is not run. */
export interface ConfigFault extends Finding {
  readonly code: ErrorCode;
  /** Of an unknown key: the path that was probably meant. */
  readonly meant?: string;
}

/** Everything that is found while the documents of one job are read. */
export interface Report {
  readonly faults: ConfigFault[];
  /** Keys whose feature is not built: `check` shows them, `run` refuses. */
  readonly planned: Finding[];
  readonly warnings: Finding[];
}

export function emptyReport(): Report {
  return { faults: [], planned: [], warnings: [] };
}

/**
 * All faults as one error, one line each: `file:line:column  path: message`. Its code is that of the faults where
 * they agree, else DTV_CONFIG_INVALID; `details.faults` holds them as objects.
 */
export function faultsToError(faults: readonly ConfigFault[], hint?: string): DativoError {
  const masked = inOrder(faults).map((fault) => ({ ...fault, message: maskSecrets(fault.message) }));
  const [first] = masked;
  const code = first && masked.every((fault) => fault.code === first.code) ? first.code : "DTV_CONFIG_INVALID";
  return new DativoError(code, masked.map(describeFinding).join("\n"), {
    culprit: first?.place,
    hint,
    details: { faults: masked },
  });
}

/** As they stand in their files, the files in the order in which they were read. */
function inOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  const files = [...new Set(faults.map((fault) => fault.file))];
  return faults.toSorted(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

/** A finding with its place in words. */
export function findingOf(facts: Omit<Finding, "place">): Finding {
  const { file, line, column, path } = facts;
  const where = line === undefined ? file : `${file}:${line}:${column}`;
  return { ...facts, place: path === "" ? where : `${where}  ${path}` };
}

export function faultOf(
  facts: Omit<ConfigFault, "place" | "code">,
  code: ErrorCode = "DTV_CONFIG_INVALID",
): ConfigFault {
  return { code, ...findingOf(facts) };
}

/** `job.yaml:3:1  source.engine: unknown key 'engin'`. */
export function describeFinding({ place, path, message }: Finding): string {
  return path === "" ? `${place}  ${message}` : `${place}: ${message}`;
}

/** The faults inside an error that {@link faultsToError} made; undefined for any other. */
export function faultsOf(error: unknown): readonly ConfigFault[] | undefined {
  if (!(error instanceof DativoError)) return undefined;
  const { faults } = error.details as { faults?: readonly ConfigFault[] };
  return faults;
}
