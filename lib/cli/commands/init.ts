import { access, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { SourceConfig } from "../../contract/config.ts";
import { DativoError, systemCode } from "../../contract/errors.ts";
import { escapeControls } from "../../contract/escape-controls.ts";
import { unwritable } from "../../contract/unwritable.ts";
import { EXIT } from "../exit-code.ts";
import { type FileKind, fileKindOf } from "../file-kind.ts";
import { askForDelimiter, guessDelimiter } from "../guess-delimiter.ts";
import { formatNumberOf } from "../human.ts";
import { assetText, describeTypes, type Found, jobText } from "../init-texts.ts";
import { lookInto } from "../look-into.ts";
import { printJson } from "../print-json.ts";
import type { GlobalOptions } from "../program.ts";
import type { Terminal } from "../terminal.ts";

interface InitFlags extends GlobalOptions {
  readonly name?: string;
  readonly target?: string;
  readonly tenantId: string;
}

/** Writes a job and a contract that fit a data file, for the user to go on from. Overwrites nothing. */
export async function initCommand(
  flags: InitFlags,
  terminal: Terminal,
  [file = ""]: readonly string[],
): Promise<number> {
  const kind = fileKindOf(file);
  const name = flags.name ?? kind.stem;
  requireName(name);
  const paths = { job: `jobs/${name}.yaml`, asset: `assets/${name}.yaml` };
  for (const path of [paths.asset, paths.job]) await requireFree(path);
  const { found, notes } = await findTable(name, file, kind);
  const target = flags.target ?? `lake/${name}`;
  await writeNew(paths.asset, assetText(found));
  await writeNew(paths.job, jobText(found, { tenantId: flags.tenantId, target, asset: paths.asset }));

  const fields = found.object.columns?.length ?? 0;
  for (const note of notes) terminal.line(`${terminal.paint("yellow", "⚠")} ${escapeControls(note)}`);
  terminal.line(
    `${terminal.paint("green", "✔")} wrote ${paths.asset} (${formatNumberOf(fields, "field")}) and ${paths.job}`,
  );
  terminal.line(`  Next: dativo check --config ${paths.job}`);
  terminal.line(`        dativo run --config ${paths.job}`);
  if (flags.json) printJson({ name, ...paths, fields, notes });
  return EXIT.done;
}

/** What a folder, a file and a command line can hold without quotes, and nothing that leads out of the folder. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u;

function requireName(name: string): void {
  if (NAME.test(name)) return;
  throw new DativoError("DTV_CONFIG_INVALID", `'${name}' cannot name a job and its contract`, {
    culprit: "--name",
    hint: "Names are letters, digits, _, - and ., begin with none of the last two, and have at most 100 characters.",
  });
}

/** The table in a file, and what the user should know of how it was read. */
async function findTable(
  name: string,
  file: string,
  { connector, options }: FileKind,
): Promise<{ found: Found; notes: string[] }> {
  const read = async (more: Readonly<Record<string, unknown>>): Promise<Found> => {
    const used = { ...options, ...more };
    const config = new SourceConfig({ type: connector, files: [{ path: file }], engine: { options: used } });
    const { objects, unreadable } = await lookInto(config);
    const [object] = objects;
    if (!object?.columns?.length) {
      throw new DativoError("DTV_SCHEMA_INVALID", `${file} has no columns to write a contract from`, { culprit: file });
    }
    return { name, file, connector, options: used, object, unreadable: unreadable[object.name] ?? 0 };
  };
  const first = await read({});
  const guess = guessDelimiter(first.object);
  const second = guess && (await read({ delimiter: guess.delimiter }).catch(() => undefined));
  // A guess is right when every record then has as many fields as the header.
  if (guess && second?.unreadable === 0) {
    const note = `${file} has ${guess.found}: the delimiter '${guess.delimiter}' is written into the job`;
    return { found: second, notes: [note, ...notesOf(second)] };
  }
  return { found: first, notes: [...(guess ? [`${file} has ${askForDelimiter(guess)}`] : []), ...notesOf(first)] };
}

/** Types are told from less than the file seems to hold. */
function notesOf({ object, unreadable }: Found): string[] {
  return unreadable > 0 || object["rowsInspected"] === 0 ? [describeTypes(object, unreadable)] : [];
}

async function requireFree(path: string): Promise<void> {
  const isFree = await access(path).then(
    () => false,
    (cause: unknown) => systemCode(cause) === "ENOENT" || systemCode(cause) === "ENOTDIR",
  );
  if (!isFree) throw taken(path);
}

function taken(path: string, cause?: unknown): DativoError {
  return new DativoError("DTV_CONFIG_INVALID", `${path} is there already`, {
    culprit: path,
    hint: "Choose another name with --name, or remove the file.",
    cause,
  });
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: "wx" });
  } catch (cause) {
    throw systemCode(cause) === "EEXIST" ? taken(path, cause) : unwritable(path, cause);
  }
}
