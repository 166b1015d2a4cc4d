import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { DativoError, systemCode } from "../../contract/errors.ts";
import { didYouMean } from "../../contract/options.ts";
import { unwritable } from "../../contract/unwritable.ts";
import { packageRoot } from "../../storage/package-root.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { classOf, PLUGIN_KINDS, type PluginKind, pluginFiles } from "../plugin-texts.ts";
import { printJson } from "../print-json.ts";
import type { GlobalOptions } from "../program.ts";
import type { Terminal } from "../terminal.ts";

interface NewFlags extends GlobalOptions {
  readonly dir?: string;
  readonly dativo?: string;
}

/** What a folder, a package of npm and a class can be named after. */
const NAME = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/;

/** Writes a project with a plugin that works, its test, and a job that runs. Overwrites nothing. */
export async function pluginNewCommand(
  flags: NewFlags,
  terminal: Terminal,
  [kind = "", name = ""]: readonly string[],
): Promise<ExitCode> {
  if (!isKind(kind)) {
    throw new DativoError("DTV_CONFIG_INVALID", `There is no plugin '${kind}'${didYouMean(kind, PLUGIN_KINDS)}`, {
      hint: `A plugin is a ${PLUGIN_KINDS.join(", a ")}.`,
    });
  }
  if (!NAME.test(name)) {
    throw new DativoError("DTV_CONFIG_INVALID", `'${name}' cannot name a plugin`, {
      culprit: name,
      hint: "Names are lower-case words joined by -, for example my-reader.",
    });
  }
  const folder = flags.dir ?? name;
  const files = pluginFiles({ kind, name, dativo: flags.dativo ?? ownPackage() });
  for (const [file, text] of Object.entries(files)) await writeNew(folder, file, text);
  terminal.line(`${terminal.paint("green", "✔")} wrote ${folder}: ${Object.keys(files).join(", ")}`);
  terminal.line(`  Next: cd ${folder} && npm install && npm test && npm start`);
  if (flags.json) printJson({ kind, name, folder, class: classOf(name), files: Object.keys(files) });
  return EXIT.done;
}

function isKind(text: string): text is PluginKind {
  return (PLUGIN_KINDS as readonly string[]).includes(text);
}

/** The running copy where it is a checkout, else its version. */
function ownPackage(): string {
  const root = packageRoot();
  if (!root.split(sep).includes("node_modules")) return `file:${root}`;
  return (createRequire(import.meta.url)("dativo-ingest/package.json") as { version: string }).version;
}

async function writeNew(folder: string, file: string, text: string): Promise<void> {
  const path = join(folder, file);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, text, { flag: "wx" });
  } catch (cause) {
    if (systemCode(cause) !== "EEXIST") throw unwritable(path, cause);
    throw new DativoError("DTV_CONFIG_INVALID", `${path} is there already`, {
      culprit: path,
      hint: "Choose another name, or another folder with --dir.",
      cause,
    });
  }
}
