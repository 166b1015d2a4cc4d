import { resolve } from "node:path";
import type { DativoError } from "../../contract/errors.ts";
import { packageRoot } from "../../storage/package-root.ts";
import type { Mode } from "../job/loaded-job.ts";
import { type ConfigDocument, faultAt, withValue } from "./config-document.ts";
import { emptyReport, faultsOf, type Keys, type Report } from "./config-fault.ts";
import { allowedVariables, type ExpandFault, expandVariables } from "./expand.ts";
import type { Places } from "./find-file.ts";

export interface LoadOptions {
  /** Environment for `${VAR}` and secrets; by default the process's own. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Where relative paths are looked for first; by default the process's own. */
  readonly cwd?: string | undefined;
  readonly mode?: Mode | undefined;
  /** Folder with the `connectors/` and `registry/` that ship with Dativo. */
  readonly packageRoot?: string | undefined;
}

/** What the loading of a job's documents has in common. */
export interface Session {
  readonly env: NodeJS.ProcessEnv;
  readonly mode: Mode;
  readonly places: Places;
  readonly packageRoot: string;
  /** Variables that documents may read. */
  readonly allowed: (name: string) => boolean;
  readonly report: Report;
}

export function openSession(options: LoadOptions, folder?: string): Session {
  const { env = process.env, mode = "self_hosted" } = options;
  return {
    env,
    mode,
    places: { cwd: resolve(options.cwd ?? process.cwd()), folder },
    packageRoot: options.packageRoot ?? packageRoot(),
    allowed: allowedVariables(mode, env),
    report: emptyReport(),
  };
}

/** Runs a step whose faults join those of the others; undefined where it had any. */
export async function collect<T>({ report }: Session, step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    const faults = faultsOf(error);
    if (!faults) throw error;
    report.faults.push(...faults);
    return undefined;
  }
}

/** An error of a step as a fault of the key that asked for it. */
export function reportError({ report }: Session, document: ConfigDocument, keys: Keys, error: DativoError): void {
  const hint = error.hint === undefined ? "" : `; ${error.hint}`;
  report.faults.push(faultAt(document, keys, `${error.message}${hint}`, { code: error.code }));
}

export interface ExpandedDocument {
  readonly document: ConfigDocument;
  readonly faults: readonly ExpandFault[];
}

/** A document with its variables filled in. The faults are the caller's to report, or not. */
export function expandDocument(
  { env, allowed }: Session,
  document: ConfigDocument,
  except?: ReadonlySet<string>,
): ExpandedDocument {
  const { value, faults } = expandVariables(document.value, { env, allowed, except });
  return { document: withValue(document, value as Record<string, unknown>), faults };
}

export function reportExpansion({ report }: Session, { document, faults }: ExpandedDocument): void {
  for (const { keys, code, message } of faults) report.faults.push(faultAt(document, keys, message, { code }));
}
