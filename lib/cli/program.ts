import { createRequire } from "node:module";
import { Command, CommanderError, Option } from "commander";
import { toDuration, toMany, toSize } from "./arguments.ts";
import { addPlugin } from "./commands/plugin.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { addPipes } from "./pipe-program.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
  readonly logFormat: "text" | "json";
}

/** Options that load a job. */
export interface LoadFlags extends GlobalOptions {
  readonly config?: string;
  readonly jobDir?: string;
  readonly mode: "self_hosted" | "cloud";
  readonly tenantId?: string;
  readonly secretManager?: string;
  readonly secretManagerConfig?: string;
  readonly secretsDir?: string;
}

export type Action = (flags: never, terminal: Terminal, args: readonly string[]) => Promise<number>;

/** The commands. Each loads its own code only when it is called, so that `--help` is quick. */
export function buildProgram(): Command {
  const program = new Command("dativo")
    .description(
      "Moves data from a source to a lake or database, checks every record against its contract,\nand makes the result visible in one commit.",
    )
    .version(describeVersion(), "-V, --version")
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", EXAMPLES);

  globals(loading(program.command("run").description("Run a job, or every job of a folder")))
    // What stands on its own is refused by the command, which knows what it is.
    .allowExcessArguments()
    .option("--job-dir <dir>", "run every *.yaml and *.yml below a folder, one after another")
    .option("--full-refresh", "read everything again and replace what earlier runs of this job wrote")
    .option("--receipt <file>", "write the receipt of the run into a file, replacing it")
    .option("--memory <size>", "limit for resident memory, for example 256M", toSize)
    .option(
      "--wait-for-lock [duration]",
      "wait while another run of the job is under way, for example 10m; without a duration as long as it takes",
      toDuration,
    )
    .option(
      "--chaos <fault>",
      "provoke a fault to see what becomes of the load, for example kill@publish; repeatable",
      toMany,
    )
    .action(run(async () => (await import("./commands/run.ts")).runCommand));

  globals(loading(program.command("check").description("Say what is wrong with a job before anything runs")))
    .allowExcessArguments()
    .action(run(async () => (await import("./commands/check.ts")).checkCommand));

  globals(loading(program.command("plan").description("Say what a run would read and write, without running anything")))
    .argument("[job]", "the job file")
    .option("--full-refresh", "as of a run that reads everything again")
    .action(run(async () => (await import("./commands/plan.ts")).planCommand));

  globals(loading(program.command("explain").description("Say how a job would run: its stages, native or not")))
    .argument("[job]", "the job file")
    .action(run(async () => (await import("./commands/explain.ts")).explainCommand));

  const state = program.command("state").description("Look into what a job knows of its earlier runs, or mend it");
  globals(loading(state.command("show").description("Say where a job stands, and whether state and target agree")))
    .argument("[job]", "the job file")
    .action(run(async () => (await import("./commands/state.ts")).stateShowCommand));
  globals(loading(state.command("repair").description("Write the state anew from the target's own record")))
    .argument("[job]", "the job file")
    .option("--from-target", "from there, as it is done anyway")
    .action(run(async () => (await import("./commands/state.ts")).stateRepairCommand));
  globals(
    loading(state.command("reset").description("Have the next run read everything anew; the target keeps what it has")),
  )
    .argument("[job]", "the job file")
    .option("-y, --yes", "yes, the next run may add what the target holds once more")
    .action(run(async () => (await import("./commands/state.ts")).stateResetCommand));

  globals(
    loading(program.command("recover").description("Do what the next run would do first: finish or undo dead runs")),
  )
    .argument("[job]", "the job file")
    .action(run(async () => (await import("./commands/recover.ts")).recoverCommand));

  globals(loading(program.command("discover").description("List what a source offers: files, columns, types")))
    .argument("[files...]", "data files to look into, without a job")
    .option("--connector <type>", "csv, jsonl, parquet …, or a plugin's path; told from the file name by default")
    .action(run(async () => (await import("./commands/discover.ts")).discoverCommand));

  addPipes(program, { globals, run });
  addPlugin(program, { globals, loading, run });

  globals(program.command("verify").description("Say whether a target still holds what a receipt says"))
    .argument("<receipt>", "file that `run --receipt` wrote")
    .option("--full", "read every value again, also of files whose bytes are as they were")
    .action(run(async () => (await import("./commands/verify.ts")).verifyCommand));

  globals(program.command("init").description("Write a first job and contract from a data file"))
    .argument("<file>", "a CSV, JSON Lines, Parquet or Avro file")
    .option("--name <name>", "name of job and contract; told from the file name by default")
    .option("--target <folder>", "where the job writes; lake/<name> by default")
    .option("--tenant-id <id>", "tenant of the job", "local")
    .action(run(async () => (await import("./commands/init.ts")).initCommand));

  globals(program.command("schema").description("Print the JSON Schema of a document, for editors"))
    .argument("<document>", "job, connector, registry, asset or receipt")
    .action(run(async () => (await import("./commands/schema.ts")).schemaCommand));

  globals(program.command("connectors").description("List the connectors and what they can do")).action(
    run(async () => (await import("./commands/connectors.ts")).connectorsCommand),
  );

  globals(program.command("doctor").description("Say what this installation has, and which codecs are native")).action(
    run(async () => (await import("./commands/doctor.ts")).doctorCommand),
  );
  return program;
}

const EXAMPLES = `
Examples:
  dativo init data/zips.csv                  write jobs/zips.yaml and assets/zips.yaml
  dativo check --config jobs/zips.yaml       say what is wrong, run nothing
  dativo plan jobs/zips.yaml                 say what a run would read and write
  dativo run --config jobs/zips.yaml         load it; a second run loads nothing twice
  dativo state show jobs/zips.yaml           say where it stands

Exit codes: 0 done, 1 published but some records were rejected, 2 not published, 130/143 interrupted`;

function globals(command: Command): Command {
  return command
    .option("--json", "print the result as JSON on stdout")
    .option("-q, --quiet", "print errors only")
    .option("-v, --verbose", "print more, with stack traces")
    .option("--no-color", "no colours (NO_COLOR is honoured too)")
    .addOption(
      new Option("--log-format <format>", "how log lines look on stderr").choices(["text", "json"]).default("text"),
    );
}

function loading(command: Command): Command {
  return command
    .option("-c, --config <path>", "the job file")
    .addOption(
      new Option("--mode <mode>", "where the job runs").choices(["self_hosted", "cloud"]).default("self_hosted"),
    )
    .option("--tenant-id <id>", "the tenant that the jobs must belong to")
    .option("--secret-manager <name>", "where secrets come from (default: $DATIVO_SECRET_MANAGER or env)")
    .option("--secret-manager-config <config>", "settings of the secret manager, a path or JSON")
    .option("--secrets-dir <dir>", "folder of the filesystem secret manager");
}

/** Turns a command into an action that prints its error and sets the exit code. */
function run(load: () => Promise<Action>): (...args: unknown[]) => Promise<void> {
  return async (...received) => {
    const command = received.at(-1) as Command;
    const flags = command.opts<GlobalOptions>();
    const terminal = openTerminal(flags);
    try {
      const action = await load();
      process.exitCode = await action(flags as never, terminal, command.args);
    } catch (error) {
      const { printError } = await import("./print-error.ts");
      process.exitCode = exitCodeOf(error);
      // Whoever stopped reading knows.
      if (process.exitCode !== EXIT.brokenPipe) printError(error, terminal, flags);
    }
  };
}

/** Commander throws for `--help` too; only a wrong command line is a failure. */
export function settleCommandLine(error: unknown): void {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.failed;
}

/** This package, Node and the machine, in a line. */
export function describeVersion(): string {
  const { version } = createRequire(import.meta.url)("dativo-ingest/package.json") as { version: string };
  return `dativo ${version} (node ${process.version}, ${process.platform}-${process.arch})`;
}
