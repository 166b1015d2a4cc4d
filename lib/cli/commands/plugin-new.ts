import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { DativoError, systemCode } from "../../contract/errors.ts";
import { didYouMean } from "../../contract/options.ts";
import { unwritable } from "../../contract/unwritable.ts";
import { packageRoot } from "../../storage/package-root.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { pluginFiles } from "../plugin-texts/files.ts";
import { classOf, PLUGIN_KINDS, PLUGIN_LANGUAGES } from "../plugin-texts/project.ts";
import { printJson } from "../print-json.ts";
import type { GlobalOptions } from "../program.ts";
import type { Terminal } from "../terminal.ts";

interface NewFlags extends GlobalOptions {
  readonly dir?: string;
  readonly lang: string;
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
  if (!isOneOf(PLUGIN_KINDS, kind)) {
    throw new DativoError("DTV_CONFIG_INVALID", `There is no plugin '${kind}'${didYouMean(kind, PLUGIN_KINDS)}`, {
      hint: `A plugin is a ${PLUGIN_KINDS.join(", a ")}.`,
    });
  }
  const { lang } = flags;
  if (!isOneOf(PLUGIN_LANGUAGES, lang)) {
    throw new DativoError("DTV_CONFIG_INVALID", `No plugin is written in '${lang}'${meantLanguage(lang)}`, {
      culprit: "--lang",
      hint: `--lang is ${PLUGIN_LANGUAGES.join(" or ")}.`,
    });
  }
  if (!NAME.test(name)) {
    throw new DativoError("DTV_CONFIG_INVALID", `'${name}' cannot name a plugin`, {
      culprit: name,
      hint: "Names are lower-case words joined by -, for example my-reader.",
    });
  }
  const folder = flags.dir ?? name;
  const dativo = flags.dativo ?? ownPackage();
  if (lang === "rust") requireSdk(folder, dativo);
  const files = pluginFiles({ kind, name, lang, dativo });
  for (const [file, text] of Object.entries(files)) await writeNew(folder, file, text);
  terminal.line(`${terminal.paint("green", "✔")} wrote ${folder}: ${Object.keys(files).join(", ")}`);
  terminal.line(`  Next: cd ${folder} && npm install && npm test && npm start`);
  if (flags.json) printJson({ kind, name, lang, folder, class: classOf(name), files: Object.keys(files) });
  return EXIT.done;
}

function isOneOf<Word extends string>(words: readonly Word[], text: string): text is Word {
  return (words as readonly string[]).includes(text);
}

/** People write the name of the language, too. */
function meantLanguage(lang: string): string {
  return (
    didYouMean(lang, PLUGIN_LANGUAGES) || (/^(typescript|javascript|js)$/i.test(lang) ? "; did you mean 'ts'?" : "")
  );
}

/** The crate that a plugin in Rust is made of comes with a checkout, not with the package of npm. */
function requireSdk(folder: string, dativo: string): void {
  const sdk = join(resolve(folder, dativo.replace(/^file:/, "")), "rust", "sdk", "Cargo.toml");
  if (dativo.startsWith("file:") && existsSync(sdk)) return;
  throw new DativoError("DTV_CONFIG_INVALID", `The crate for plugins in Rust is not at '${dativo}'`, {
    culprit: "--dativo",
    hint: "It comes with a checkout of Dativo: name its folder, seen from the project, as in --dativo file:../dativo.",
  });
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
    await mkdir(dirname(path), { recursive: true });
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
