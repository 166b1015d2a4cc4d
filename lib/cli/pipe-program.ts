import { isatty } from "node:tty";
import type { Command } from "commander";
import { barrierFlags, memoryFlag, proofFlags, readingFlags, stepFlags, writingFlags } from "./pipe-flags.ts";
import type { Action } from "./program.ts";

interface Tools {
  globals(command: Command): Command;
  run(load: () => Promise<Action>): Run;
}

type Run = (...args: unknown[]) => Promise<void>;

const FILES = "files or patterns; - or nothing for standard input";

/** The commands for data at hand: bytes in, bytes out, and no job. */
export function addPipes(program: Command, { globals, run }: Tools): void {
  const pipe = program.command("pipe").description("Let records flow from standard input or files to standard output");
  globals(memoryFlag(barrierFlags(writingFlags(stepFlags(readingFlags(pipe))))))
    .argument("[files...]", FILES)
    .option("-o, --out <file>", "write a file, which appears whole or not at all")
    .option("--force", "replace the file if it is there")
    .option("--flush", "hand records on as they come, as for `tail -f`")
    .addHelpText("after", PIPE_HELP)
    .action(fed(run(async () => (await import("./commands/pipe.ts")).pipeCommand)));

  const read = program.command("read").description("Begin a pipe of dativo processes: files to standard output");
  globals(memoryFlag(writingFlags(stepFlags(readingFlags(read)))))
    .argument("<files...>", "files or patterns")
    .addHelpText("after", BARRIER_HELP)
    .action(run(async () => (await import("./commands/read.ts")).readCommand));

  const map = program.command("map").description("Run a script over the records of a pipe");
  globals(memoryFlag(proofFlags(writingFlags(stepFlags(readingFlags(map))))))
    .argument("[scripts...]", "path.ts or path.ts:name, a function over records or a transform")
    .option("--flush", "hand records on as they come")
    .addHelpText("after", BARRIER_HELP)
    .action(
      fed(
        run(async () => (await import("./commands/map.ts")).mapCommand),
        { always: true },
      ),
    );

  const write = program
    .command("write")
    .description("End a pipe: load standard input into a folder, or make a file of it");
  globals(memoryFlag(barrierFlags(writingFlags(stepFlags(readingFlags(write))))))
    .argument("<target>", "a folder or a prefix of a bucket, which is loaded by one commit, or a file")
    .option("--name <name>", "names the load beside its folder; the contract's name or the folder's by default")
    .option("--overwrite", "replace what earlier loads of this name wrote")
    .option("--allow-duplicates", "add the records of a stream that was loaded before once more")
    .option("--receipt <file>", "write the receipt of the load into a file")
    .option("--force", "replace the file if it is there")
    .addHelpText("after", WRITE_HELP)
    .action(
      fed(
        run(async () => (await import("./commands/write.ts")).writeCommand),
        { always: true },
      ),
    );

  const convert = program.command("convert").description("Make one file of another, in another format");
  globals(memoryFlag(barrierFlags(writingFlags(stepFlags(readingFlags(convert))))))
    .argument("<source>", "a file, a pattern, or -")
    .argument("[target]", "a file, which appears whole or not at all, or -")
    .option("--force", "replace the file if it is there")
    .action(run(async () => (await import("./commands/convert.ts")).convertCommand));

  const head = program.command("head").description("Show the first records");
  globals(memoryFlag(writingFlags(stepFlags(readingFlags(head)))))
    .argument("[files...]", FILES)
    .action(fed(run(async () => (await import("./commands/head.ts")).headCommand)));

  const count = program
    .command("count")
    .description("Count records, without looking at their values where that can be");
  globals(memoryFlag(stepFlags(readingFlags(count))))
    .argument("[files...]", FILES)
    .action(fed(run(async () => (await import("./commands/count.ts")).countCommand)));

  const schemaOf = program.command("schema-of").description("Show the columns of a file and their types");
  globals(memoryFlag(stepFlags(readingFlags(schemaOf))))
    .argument("[files...]", FILES)
    .action(fed(run(async () => (await import("./commands/schema-of.ts")).schemaOfCommand)));

  const stats = program.command("stats").description("Say what each column holds: counts, range, mean");
  globals(memoryFlag(stepFlags(readingFlags(stats))))
    .argument("[files...]", FILES)
    .action(fed(run(async () => (await import("./commands/stats.ts")).statsCommand)));
}

/** Who gives a command nothing to read on a terminal would wait for it, and it for them. `always`: it reads nothing else. */
function fed(action: Run, { always = false } = {}): Run {
  return async (...received) => {
    const command = received.at(-1) as Command;
    if ((always || command.args.length === 0) && isatty(0)) command.help({ error: true });
    await action(...received);
  };
}

const PIPE_HELP = `
Steps run in this order: --asset, --where, --rename and --cast, --select, --map, --limit.
Parquet has its directory at the end: from standard input it is kept in a temporary file first (--from-option max_spool_bytes=…).

Examples:
  zcat trips.csv.gz | dativo pipe --to jsonl | jq .city
  dativo pipe trips.csv --where "distance > 100" --select city,distance > far.csv
  dativo pipe --asset trips.yaml --rejects bad.jsonl < trips.csv > good.csv`;

const BARRIER_HELP = `
Between dativo processes flows an Arrow stream whose last message says whether it is whole; a terminal gets a table, and
--to gives another format.

Example:
  dativo read 'trips/*.csv' | dativo map clean.ts | dativo write lake/trips`;

const WRITE_HELP = `
Nothing is published before the stream is known to be whole. What \`dativo read\` and \`dativo map\` write says so; Parquet,
Arrow and JSON documents show it by their end; for lines of text, give --expect-rows, --done-marker or --accept-eof.
A folder takes no --where, --map, --limit and --rejects: put \`dativo map\` before it.

Examples:
  dativo read 'trips/*.csv' | dativo write lake/trips
  mlr --icsv --ojson cat trips.csv | dativo write lake/trips --from json
  ./export.sh | dativo write lake/trips --from csv --done-marker '#done'`;
