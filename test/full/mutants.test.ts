import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { NODE } from "../support/cli.ts";
import { tempFolder } from "../support/folder.ts";
import { describeStrace } from "../support/strace.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const COPIED = ["bin", "connectors", "lib", "readers", "registry", "scripts", "test", "transforms", "writers"];
const FILES = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "vitest.config.ts",
  "LICENSE",
];

interface Mutant {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Which tests must notice. */
  readonly tests: readonly string[];
}

const MUTANTS: readonly Mutant[] = [
  {
    what: "moves the state before the commit",
    file: "lib/commit/attempt.ts",
    from: "    const published = await this.#makeVisible(sealed, record);",
    to: "    await writeStateFile(this.#init.place.stateFile as string, record);\n    const published = await this.#makeVisible(sealed, record);",
    tests: ["test/lib/commit/crash-sweep.test.ts"],
  },
  {
    what: "finds no manifest",
    file: "lib/commit/recover.ts",
    from: "await books.pending()",
    to: "[] as Awaited<ReturnType<typeof books.pending>>",
    tests: ["test/lib/commit/crash-sweep.test.ts"],
  },
  {
    what: "renames instead of linking",
    file: "lib/storage/durable.ts",
    from: "    await link(from, to);",
    to: "    await ([link, rename][1] as typeof rename)(from, to);",
    tests: ["test/lib/commit/stolen-lock.test.ts"],
  },
  {
    what: "leaves folders unsynced",
    file: "lib/storage/durable.ts",
    from: "O_DIRECTORY);\n  try {\n    await handle.sync();",
    to: "O_DIRECTORY);\n  try {",
    tests: ["test/full/strace-sweep.test.ts", "-t", "durable"],
  },
  {
    what: "takes back what may have been committed",
    file: "lib/commit/attempt.ts",
    from: "if (isUnknown(cause)) throw cause;",
    to: "if (isUnknown(cause) && sealed === undefined) throw cause;",
    tests: ["test/lib/commit/own-target.test.ts"],
  },
  {
    what: "repeats what may double",
    file: "lib/job/run-job.ts",
    from: "isLate || !run.mayBeRepeated",
    to: "isLate",
    tests: ["test/lib/job/retry.test.ts"],
  },
];

/** A copy of what the tests need, with one thing in it that is wrong. */
function mutate({ file, from, to }: Mutant): string {
  const folder = tempFolder();
  for (const name of [...COPIED, ...FILES]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const name of ["node_modules", "rust"]) symlinkSync(join(ROOT, name), join(folder, name));
  const source = readFileSync(join(folder, file), "utf8");
  expect(source.split(from)).toHaveLength(2);
  writeFileSync(join(folder, file), source.replace(from, to));
  return folder;
}

function run(folder: string, args: readonly string[]): { status: number | null; output: string } {
  const tier = args.some((arg) => arg.startsWith("test/full/")) ? "full" : "";
  const env = { ...process.env, DATIVO_TEST_TIER: tier, CI: "" };
  const { status, stdout, stderr } = spawnSync(NODE, args, { cwd: folder, encoding: "utf8", env });
  return { status, output: `${stdout}${stderr}` };
}

/** A protocol that could be spoilt without a test that notices would not be tested. */
describeStrace("a protocol that is spoilt is noticed where it", () => {
  it.each(MUTANTS)("$what", { timeout: 300_000 }, (mutant) => {
    const folder = mutate(mutant);
    expect(run(folder, ["scripts/build.mjs"])).toMatchObject({ status: 0 });
    const { status, output } = run(folder, ["node_modules/vitest/vitest.mjs", "run", "--bail", "1", ...mutant.tests]);
    expect([mutant.what, status]).toEqual([mutant.what, 1]);
    expect(output).toMatch(/AssertionError|Property failed|The crash sweep found/);
  });
});
