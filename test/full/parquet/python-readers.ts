import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, type TestContext } from "vitest";

const run = promisify(execFile);

/** fastavro has its codecs from the last two. */
const PACKAGES = ["pyarrow==26.0.1", "polars==2.1.0", "fastavro==1.13.1", "cramjam==2.14.0", "backports.zstd==1.8.0"];
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = join(ROOT, ".tools", "readers");
const PYTHON = join(FOLDER, "bin", "python");
/** Written once everything is there, so that a broken installation is begun anew. */
const STAMP = join(FOLDER, PACKAGES.join(" "));
const MOST_OUTPUT_BYTES = 512 * 1024 * 1024;

/** Python with PyArrow, Polars and fastavro, or the reason why it cannot be had. */
export type PythonReaders =
  | { readonly run: (script: string, args: readonly string[]) => Promise<string> }
  | { readonly reason: string };

/** What a script of this folder prints, as JSON; a test that asks is skipped where there is no such Python. */
export function usePython(): (context: TestContext, script: string, args: readonly string[]) => Promise<unknown> {
  let readers: PythonReaders;
  beforeAll(async () => {
    readers = await findPythonReaders();
  }, 600_000);
  return async (context, script, args) => {
    if ("reason" in readers) return context.skip(readers.reason);
    return JSON.parse(await readers.run(script, args));
  };
}

/**
 * Makes a virtual environment at first use, and keeps it.
 *
 * @throws Error when it cannot be made and DATIVO_TEST_REQUIRE is `all`
 */
export async function findPythonReaders(): Promise<PythonReaders> {
  try {
    if (!existsSync(STAMP)) await install();
  } catch (error) {
    const reason = `Python with ${PACKAGES.join(" and ")} cannot be had: ${error instanceof Error ? error.message : error}`;
    if (process.env["DATIVO_TEST_REQUIRE"] === "all") throw new Error(reason, { cause: error });
    return { reason };
  }
  return { run: runScript };
}

async function install(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await run("python3", ["-m", "venv", "--clear", FOLDER]);
  await run(PYTHON, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]);
  writeFileSync(STAMP, "");
}

async function runScript(script: string, args: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await run(PYTHON, [path, ...args], { maxBuffer: MOST_OUTPUT_BYTES });
  return stdout;
}
