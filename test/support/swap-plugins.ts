import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DativoError } from "../../lib/contract/errors.ts";
import { NO_PINS, type PluginSources } from "../../lib/contract/plugin-sources.ts";
import { sha256 } from "../../lib/contract/sha256.ts";
import { openLibrary } from "../../lib/native/library.ts";
import { findLibrary } from "../../lib/plugin/find-plugin.ts";
import { readLocal } from "../../lib/plugin/load-module.ts";
import { ScriptModules } from "../../lib/plugin/script/script-modules.ts";

/** What became of loading a file over and over while somebody puts another one in its place. */
export interface Swapped {
  loaded: number;
  refused: number;
  /** Somebody else's code ran. */
  foreign: number;
}

/** Takes turns: a new file under the name, and new bytes in the same file. */
const SWAPPER = `
const { copyFileSync, renameSync, writeFileSync, readFileSync } = require("node:fs");
const [file, ours, theirs] = process.argv.slice(1);
const pieces = [readFileSync(ours), readFileSync(theirs)];
const still = new Int32Array(new SharedArrayBuffer(4));
process.stdout.write("ready");
for (let turn = 0; ; turn++) {
  const bytes = pieces[turn % 2];
  if (turn % 4 < 2) { writeFileSync(file + ".next", bytes); renameSync(file + ".next", file); }
  else writeFileSync(file, bytes);
  // Otherwise there would be hardly a moment at which the file is whole and ours.
  Atomics.wait(still, 0, 0, turn % 2 ? 0.2 : 1);
}`;

/** Loads so often while the file is swapped with another. */
async function whileSwapped(files: readonly [string, string, string], times: number, load: () => Promise<boolean>) {
  const swapper = spawn(process.execPath, ["-e", SWAPPER, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  await once(swapper.stdout, "data");
  const result: Swapped = { loaded: 0, refused: 0, foreign: 0 };
  try {
    for (let turn = 0; turn < times; turn++) {
      try {
        result[(await load()) ? "loaded" : "foreign"]++;
      } catch (error) {
        if (!(error instanceof DativoError && error.code === "DTV_PLUGIN_PIN")) throw error;
        result.refused++;
      }
    }
  } finally {
    const ended = once(swapper, "exit");
    swapper.kill("SIGKILL");
    await ended;
  }
  return result;
}

/** A script that is swapped, or a file that it imports. */
export async function swapScript(folder: string, part: "entry" | "import", times: number): Promise<Swapped> {
  const file = (name: string): string => join(folder, name);
  writeFileSync(file("ours"), "export const whose = 'ours';");
  writeFileSync(file("theirs"), "globalThis.foreign = true; export const whose = 'theirs';");
  writeFileSync(file("entry.ts"), "export { whose } from './own.ts';");
  writeFileSync(file("own.ts"), readFileSync(file("ours")));
  writeFileSync(file("alone.ts"), readFileSync(file("ours")));
  const swapped = file(part === "entry" ? "alone.ts" : "own.ts");
  const pins = pinned([file("entry.ts"), file("own.ts"), file("alone.ts")]);
  return whileSwapped([swapped, file("ours"), file("theirs")], times, async () => {
    const { origin, bytes } = readLocal(file(part === "entry" ? "alone.ts" : "entry.ts"));
    const { whose } = await new ScriptModules(origin, pins, {}).run(bytes);
    return whose === "ours" && !("foreign" in globalThis);
  });
}

/** A library that is swapped with one that leaves a file behind when it is opened. */
export async function swapLibrary(
  folder: string,
  { libraries: [ours, theirs], mark }: { readonly libraries: readonly [string, string]; readonly mark: string },
  times: number,
): Promise<Swapped> {
  rmSync(mark, { force: true });
  const library = join(folder, "libswapped.so");
  writeFileSync(library, readFileSync(ours));
  mkdirSync(join(folder, "cache"), { mode: 0o700 });
  const env = { DATIVO_PLUGIN_CACHE_DIR: join(folder, "cache") };
  const path = { file: library, name: "create_reader", kind: "library", place: "file" } as const;
  return whileSwapped([library, ours, theirs], times, async () => {
    const sources = { ...NO_PINS, pins: { [library]: [{ sha256: sha256(readFileSync(ours)), where: "a test" }] } };
    const { file } = await findLibrary(path, { sources, env });
    openLibrary(file);
    return !existsSync(mark);
  });
}

function pinned(files: readonly string[]): PluginSources {
  const pins = files.map((file) => [file, [{ sha256: sha256(readFileSync(file)), where: "a test" }]] as const);
  return { ...NO_PINS, pins: Object.fromEntries(pins) };
}
