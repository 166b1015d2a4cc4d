import type { AssetDefinition } from "../contract/asset.ts";
import type { TargetConfig } from "../contract/config.ts";
import { DativoError } from "../contract/errors.ts";
import { stringifyJson } from "../contract/json.ts";
import type { CommitResult, CommitToken, FileMetadata } from "../contract/results.ts";
import type { WriterClass } from "../contract/writer.ts";
import { fromFileMetadata } from "./abi1-writer.ts";
import { type Abi2Object, OK } from "./abi2.ts";
import { Abi2Writer, writerObject } from "./abi2-writer.ts";
import { WRITER } from "./layout.ts";
import type { NativeLibrary } from "./library.ts";
import { fixedText } from "./memory.ts";

/** What the kind of a writer says of it, before there is one. */
export interface WriterTraits {
  readonly commits: boolean;
  /** It can say whether its target has a commit. */
  readonly answers: boolean;
  /** What it stages dies with the process. */
  readonly volatile: boolean;
}

/**
 * The class of a writer that makes visible by itself what it staged. The engine goes by the methods of a class, so that
 * the class has those that the library has, and no others.
 */
export function abi2CommittingWriterClass(library: NativeLibrary, symbol: string, traits: WriterTraits): WriterClass {
  const parent = traits.answers ? AnsweringWriter : CommittingWriter;
  return class extends parent {
    static override readonly durableStaging = !traits.volatile;

    constructor(asset: AssetDefinition, target: TargetConfig, outputBase: string) {
      super(asset, target, outputBase, writerObject(library, symbol));
    }

    protected override checkTable(object: Abi2Object): void {
      const made = {
        commits: object.has(WRITER.commit),
        answers: object.has(WRITER.committed),
        volatile: object.fact(WRITER.durableStaging) === 0,
      };
      if (Object.entries(made).every(([name, value]) => traits[name as keyof WriterTraits] === value)) return;
      throw new DativoError("DTV_PLUGIN_RESULT", `${object.name} is not what its kind says`, {
        culprit: object.name,
        details: { said: traits, made },
      });
    }
  };
}

/** None of these needs records before it: after a crash, a new object finds out what has become of the commit. */
class CommittingWriter extends Abi2Writer {
  override async commitFiles(files: readonly FileMetadata[], token: CommitToken): Promise<CommitResult> {
    const object = await this.#settling();
    return resultOf(object, await object.ask("commit", WRITER.commit, filesText(files), tokenText(token)));
  }

  override async abortFiles(files: readonly FileMetadata[]): Promise<void> {
    // Nothing was staged, in this process or in an earlier one.
    if (!this.isMade && files.length === 0) return;
    const object = await this.#settling();
    if (object.has(WRITER.abort)) await object.call("abort", WRITER.abort, filesText(files));
  }

  /** What is decided, or taken back, is not cancelled. */
  async #settling(): Promise<Abi2Object> {
    const object = await this.made();
    object.insist();
    return object;
  }
}

class AnsweringWriter extends CommittingWriter {
  override async committed(token: CommitToken): Promise<CommitResult | undefined> {
    const object = await this.made();
    const { code, value } = await object.answer("committed", WRITER.committed, tokenText(token));
    return code === OK ? resultOf(object, value) : undefined;
  }
}

function filesText(files: readonly FileMetadata[]): Buffer {
  return fixedText(stringifyJson(files.map(fromFileMetadata)));
}

function tokenText({ jobKey, seq, runId }: CommitToken): Buffer {
  return fixedText(stringifyJson({ job_key: jobKey, seq, run_id: runId }));
}

/** What became visible, as libraries describe it; keys that we do not know are kept. */
function resultOf(object: Abi2Object, value: unknown): CommitResult {
  if (value === undefined) return { status: "success" };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DativoError("DTV_PLUGIN_RESULT", `${object.name} did not describe its commit as a JSON object`, {
      culprit: object.name,
    });
  }
  const { status = "success", files_added, total_records, run_id, ...more } = value as Record<string, unknown>;
  return {
    ...more,
    status: String(status),
    ...(files_added === undefined ? {} : { filesAdded: Number(files_added) }),
    ...(total_records === undefined ? {} : { totalRecords: Number(total_records) }),
    ...(run_id === undefined ? {} : { runId: String(run_id) }),
  };
}
