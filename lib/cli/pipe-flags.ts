import { type Command, Option } from "commander";
import type { MapOptions } from "../contract/map-options.ts";
import type { PipeRequest } from "../pipe/pipe-request.ts";
import { isStandard, STANDARD } from "../pipe/standard.ts";
import { toCount, toList, toMany, toSize, toTexts, toValues } from "./arguments.ts";
import type { GlobalOptions } from "./program.ts";

type Pairs = Readonly<Record<string, unknown>>;

/** Flags of the commands that let records flow. Not every command has all of them. */
export interface PipeFlags extends GlobalOptions {
  readonly from?: string;
  readonly fromOption?: Pairs;
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly encoding?: string;
  readonly to?: string;
  readonly toOption?: Pairs;
  readonly out?: string;
  readonly force?: boolean;
  readonly asset?: string;
  readonly validation?: "strict" | "warn";
  readonly maxErrors?: number;
  readonly rejects?: string;
  readonly where?: string;
  readonly select?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
  readonly cast?: Readonly<Record<string, string>>;
  readonly map?: readonly string[];
  readonly limit?: number;
  readonly flush?: boolean;
  readonly acceptEof?: boolean;
  readonly expectRows?: number;
  readonly doneMarker?: string;
  readonly allowDuplicates?: boolean;
  readonly memory?: number;
}

/** How a source is read. */
export function readingFlags(command: Command): Command {
  return command
    .option("-f, --from <format>", "format of the source; told by its name or its first bytes by default")
    .option("-d, --delimiter <text>", "what stands between two CSV fields; told by the first line of standard input")
    .option("--no-header", "the first CSV record is a record, and columns are called column_1, column_2 …")
    .option("--encoding <name>", "encoding of CSV text: utf-8, utf-16, windows-1252 …")
    .option("--from-option <name=value>", "another option of the format that is read; repeatable", toValues);
}

/** What is done to records on the way. */
export function stepFlags(command: Command): Command {
  return command
    .option("--asset <file>", "hold every record to this contract, and give its values their types")
    .addOption(
      new Option(
        "--validation <mode>",
        "strict: a bad record ends it with 2; warn: good ones pass, and it ends with 1",
      ).choices(["strict", "warn"]),
    )
    .option("--max-errors <n>", "with warn: more bad records than this end it", toCount)
    .option("--rejects <file>", "bad records go into this file, or to fd:3, as JSON Lines; the good ones pass")
    .option("--where <condition>", "keep records that this holds for: \"amount >= 10 and city == 'Rome'\"")
    .option("--rename <old=new>", "give a column another name; repeatable", toTexts)
    .option("--cast <column=type>", "give a column a type: integer, decimal(10,2), date …; repeatable", toTexts)
    .option("--select <columns>", "keep these columns, in this order: a,b,c", toList)
    .option("--map <script>", "a function over records, as path.ts or path.ts:name; repeatable", toMany)
    .option("-n, --limit <n>", "stop after so many records", toCount);
}

/** How a target is written. */
export function writingFlags(command: Command): Command {
  return command
    .option("-t, --to <format>", "format of the target")
    .option("--to-option <name=value>", "an option of the format that is written; repeatable", toValues);
}

export function memoryFlag(command: Command): Command {
  return command.option("--memory <size>", "limit for resident memory, for example 256M", toSize);
}

/** What shows that a stream was whole. */
export function proofFlags(command: Command): Command {
  return command
    .option("--expect-rows <n>", "the stream has so many records, or it is not whole", toCount)
    .option("--done-marker <line>", "the stream's last line is this one, or it is not whole");
}

/** For who publishes, and therefore asks for a proof. */
export function barrierFlags(command: Command): Command {
  return proofFlags(
    command.option("--accept-eof", "take the end of the stream for the end of the data, whoever wrote it"),
  );
}

/** The options of the format that is read. */
export function fromOptionsOf(flags: PipeFlags): Pairs {
  const { delimiter, header, encoding, flush, acceptEof, expectRows, doneMarker, allowDuplicates } = flags;
  const named = compact({
    delimiter,
    header: header === false ? false : undefined,
    encoding,
    flush,
    accept_eof: acceptEof,
    expect_rows: expectRows,
    done_marker: doneMarker,
    allow_duplicates: allowDuplicates,
  });
  return { ...flags.fromOption, ...named };
}

export function stepsOf(flags: PipeFlags): PipeRequest["steps"] {
  const { where, select, rename, cast, map = [], limit } = flags;
  const shape: MapOptions = compact({ rename, casts: cast, select: select && [...select] });
  return { where, shape: Object.keys(shape).length > 0 ? shape : undefined, maps: map, limit };
}

/** Whoever says where bad records go wants the good ones. */
export function policyOf({ validation, rejects, maxErrors }: PipeFlags): PipeRequest["policy"] {
  return { mode: validation ?? (rejects === undefined ? "strict" : "warn"), maxErrors };
}

function compact(values: Pairs): Record<string, never> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, never>;
}

/** What the flags ask for, from standard input or files to standard output. */
export function requestOf(flags: PipeFlags, sources: readonly string[] = []): PipeRequest {
  return {
    sources,
    from: flags.from,
    fromOptions: fromOptionsOf(flags),
    out: STANDARD,
    mayReplace: flags.force ?? false,
    to: flags.to,
    toOptions: flags.toOption ?? {},
    asset: flags.asset,
    policy: policyOf(flags),
    rejects: flags.rejects,
    steps: stepsOf(flags),
  };
}

/** What goes on to a pipe is published by nobody here: whoever comes last has to know whether it was whole. */
export function takingWhatComes(request: PipeRequest): PipeRequest {
  const { sources, fromOptions } = request;
  if (!isStandard(sources)) return request;
  return { ...request, fromOptions: { ...fromOptions, accept_eof: true } };
}
