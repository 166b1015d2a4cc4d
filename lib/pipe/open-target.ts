import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SingleFileCommitter, type SingleFileParts } from "../commit/single-file.ts";
import { AssetDefinition } from "../contract/asset.ts";
import { TargetConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { parseOptions } from "../contract/options.ts";
import { RowBatch } from "../contract/row-batch.ts";
import { Schema } from "../contract/schema.ts";
import { TypeSettler } from "../contract/settle-types.ts";
import { FORMATS, type FormatName, isFormatName } from "../formats/formats.ts";
import { kindOfName } from "../formats/kind-of-name.ts";
import { RECOGNISED_BYTES, recogniseFormat } from "../formats/recognise-format.ts";
import { BUILTIN_WRITERS } from "../plugin/builtin.ts";
import { FileOutput } from "../storage/file-output.ts";
import { isObjectUri } from "../storage/object/object-uri.ts";
import type { StreamEnvironment } from "../stream/stage.ts";
import type { Committer, Sealed } from "../stream/to-writable.ts";
import { namedCompression } from "./named-compression.ts";
import { OpenCommitter } from "./open-committer.ts";
import type { PipeRequest } from "./pipe-request.ts";
import type { RejectsTarget } from "./rejects-target.ts";
import { requireFormat } from "./require-format.ts";
import { STANDARD } from "./standard.ts";

export interface TargetParts {
  readonly environment: StreamEnvironment;
  readonly asset: AssetDefinition | undefined;
  readonly rejects: RejectsTarget | undefined;
}

/** A file writer begins a new file when one has this size; there is to be one. */
const ANY_SIZE_MB = Number.MAX_SAFE_INTEGER / 2 ** 21;

/** Where the records of a pipe go: standard output, or one file. */
export async function openTarget(request: PipeRequest, parts: TargetParts): Promise<Committer> {
  const { out } = request;
  if (typeof out !== "string") return new OpenCommitter(parts.environment.storage, out, parts.rejects);
  if (isObjectUri(out)) throw noObject(out);
  const { environment, asset = AssetDefinition.unchecked("data"), rejects } = parts;
  const kind = out === STANDARD ? undefined : kindOfName(out);
  const to = request.to ?? kind?.format ?? (await textFormatOf(request, environment));
  const toOptions = { ...(to === kind?.format ? kind.options : {}), ...request.toOptions };
  if (out === STANDARD) {
    const StdoutWriter = await BUILTIN_WRITERS.stdout();
    const target = new TargetConfig({ type: "stdout", engine: { options: { ...toOptions, format: to } } });
    return new OpenCommitter(environment.storage, new StdoutWriter(asset, target, ""), rejects, hasTypes(to));
  }
  const name = requireFormat(to);
  const options = { ...toOptions, ...namedCompression(out, name, toOptions["compression"]) };
  const maker = await (name === "parquet" ? fileMaker : streamMaker)(name, options, asset);
  return new SingleFileCommitter({
    path: out,
    mayReplace: request.mayReplace,
    storage: environment.storage,
    createWriter: maker.createWriter,
    createFile: maker.createFile,
    settlesTypes: maker.settlesTypes,
    keepRejects: async (found) => rejects?.append(found),
    begin: async () => rejects?.open(),
    end: async () => {
      await maker.end?.();
      await rejects?.close();
    },
  });
}

function noObject(uri: string): DativoError {
  return new DativoError("DTV_NOT_BUILT", `One object cannot be made of a pipe: ${uri}`, {
    culprit: uri,
    hint: "Load a prefix by one commit, … | dativo write s3://bucket/prefix, or write a local file.",
  });
}

interface Maker extends Pick<SingleFileParts, "createWriter" | "createFile" | "settlesTypes"> {
  /** Closes what is open, whatever became of the file. */
  end?(): Promise<void>;
}

type Options = Readonly<Record<string, unknown>>;

/** A format whose bytes are written as they come. */
async function streamMaker(name: FormatName, toOptions: Options, asset: AssetDefinition): Promise<Maker> {
  const StdoutWriter = await BUILTIN_WRITERS.stdout();
  const target = new TargetConfig({ type: "stdout", engine: { options: { ...toOptions, format: name } } });
  let output: FileOutput | undefined;
  return {
    createWriter: async (folder) => {
      output = await FileOutput.create(join(folder, STREAMED));
      return new StdoutWriter(asset, target, folder, output);
    },
    createFile: async () => {
      await output?.sync();
      return STREAMED;
    },
    settlesTypes: hasTypes(name),
    end: async () => output?.close(),
  };
}

const STREAMED = "data";

/** Whether the stream of a format has types, which it then reads off the first records where nothing else says them. */
function hasTypes(name: string): boolean {
  return isFormatName(name) && !FORMATS[name].isText;
}

/** A format that has a writer of files of its own. */
async function fileMaker(name: FormatName, toOptions: Options, asset: AssetDefinition): Promise<Maker> {
  const writerClass = await BUILTIN_WRITERS[name]();
  const options = { ...toOptions, target_size_mb: ANY_SIZE_MB };
  const target = new TargetConfig({ type: name, engine: { options } });
  return {
    createWriter: async (folder) => new writerClass(asset, target, folder),
    createFile: (folder, sealed) => createEmpty(name, toOptions, folder, sealed),
    settlesTypes: writerClass.settlesTypes,
  };
}

/** Text stays what it is; what is not for people becomes JSON Lines. */
async function textFormatOf(
  { sources, from, fromOptions }: PipeRequest,
  environment: StreamEnvironment,
): Promise<string> {
  const [first = STANDARD] = sources;
  const isSlow = fromOptions["flush"] === true;
  const name = from ?? (first === STANDARD ? await recognised(environment, isSlow) : kindOfName(first)?.format);
  return name !== undefined && isFormatName(name) && FORMATS[name].isText ? name : "jsonl";
}

async function recognised({ standard }: StreamEnvironment, isSlow: boolean): Promise<FormatName> {
  return recogniseFormat(await standard.input().head(isSlow ? 1 : RECOGNISED_BYTES)).format;
}

/** A file of no records, which says what columns they would have had. */
async function createEmpty(
  name: FormatName,
  options: Readonly<Record<string, unknown>>,
  folder: string,
  { schema = new Schema([]) }: Sealed,
): Promise<string> {
  const format = await FORMATS[name].load();
  const file = `data.${format.extension}`;
  if (!format.encoder) throw new DativoError("DTV_STAGE_MISUSE", `The format '${name}' cannot be written`);
  const settled = new TypeSettler(RowBatch.empty(schema)).schema;
  const given = format.encodeOptions ? parseOptions(format.encodeOptions, options, name) : options;
  const encoder = format.encoder(given, { schema: settled, metadata: {} });
  await writeFile(join(folder, file), Buffer.concat(await encoder.end()));
  return file;
}
