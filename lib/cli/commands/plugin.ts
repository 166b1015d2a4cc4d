import type { Command } from "commander";
import { toDuration } from "../arguments.ts";
import type { Action } from "../program.ts";

interface Tools {
  globals(command: Command): Command;
  loading(command: Command): Command;
  run(load: () => Promise<Action>): (...args: unknown[]) => Promise<void>;
}

/** `dativo plugin …`: for authors of plugins, and for who runs jobs with them. */
export function addPlugin(program: Command, { globals, loading, run }: Tools): void {
  const plugin = program.command("plugin").description("Write plugins, try them, and see that no others are run");

  globals(plugin.command("new").description("Write a project with a plugin that works, its test, and a job that runs"))
    .argument("<kind>", "reader, transform or writer")
    .argument("<name>", "of the folder and the file, for example my-reader")
    .option("--lang <language>", "ts or rust", "ts")
    .option("--dir <folder>", "where the project goes; a folder of the name by default")
    .option("--dativo <package>", "what npm installs as dativo-ingest: a version, or file: and a path")
    .action(run(async () => (await import("./plugin-new.ts")).pluginNewCommand));

  globals(loading(plugin.command("check").description("Say which behaviours of its kind a plugin keeps")))
    .argument("<path>", "path.ts:ClassName, or path.ts where it exports one; path/to/libx.so:create_reader")
    .option("--source <file>", "what a reader gets: a file with the source section of a job")
    .option("--target <file>", "what a writer gets: a file with the target section of a job")
    .option("--asset <file>", "the contract that writers and transforms get records for")
    .option("--options <json>", "what a transform gets as options")
    .option("--timeout <duration>", "how long one behaviour may take", toDuration, 60_000)
    .addHelpText("after", CHECK_HELP)
    .action(run(async () => (await import("./plugin-check.ts")).pluginCheckCommand));

  globals(plugin.command("lock").description("Write down what the plugins of jobs are, so that no others are run"))
    .argument("<jobs...>", "job files")
    .option("--update", "take plugins that have changed as well")
    .option("--check", "write nothing; fail where the lock is not up to date")
    .action(run(async () => (await import("./plugin-lock.ts")).pluginLockCommand));
}

const CHECK_HELP = `
Examples:
  dativo plugin check readers/mine.ts:MyReader --config jobs/mine.yaml
  dativo plugin check writers/mine.ts:MyWriter --target test-target.yaml --asset assets/mine.yaml
  dativo plugin check target/release/libmine.so:create_reader --config jobs/mine.yaml

A reader reads its source some twenty times. A writer of files gets a folder of its own; one that commits by itself
writes a few hundred records to the target that it is given: give it one for tests.

Exit codes: 0 every behaviour holds, 2 one does not`;
