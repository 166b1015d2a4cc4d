import { AssetDefinition } from "../../contract/asset.ts";
import type { Batch } from "../../contract/batch.ts";
import { escapeControls } from "../../contract/escape-controls.ts";
import type { FileMetadata } from "../../contract/results.ts";
import { BaseWriter } from "../../contract/writer.ts";
import { countFiles, type FileCount } from "../../pipe/count-source.ts";
import { isStandard } from "../../pipe/standard.ts";
import { EXIT } from "../exit-code.ts";
import { flow } from "../flow.ts";
import { openLog } from "../log.ts";
import { lookingAt } from "../look-at.ts";
import { fromOptionsOf, type PipeFlags, stepsOf } from "../pipe-flags.ts";
import { printJson } from "../print-json.ts";
import { formatTable, type Terminal } from "../terminal.ts";

/** How many records there are: in files without looking at values, else of those that pass the steps. */
export async function countCommand(flags: PipeFlags, terminal: Terminal, sources: readonly string[]): Promise<number> {
  if (isStandard(sources) || asksForValues(flags)) return countPassing(flags, terminal, sources);
  const request = { sources, from: flags.from, fromOptions: fromOptionsOf(flags) };
  const counts: FileCount[] = [];
  for await (const count of countFiles(request, { log: openLog(flags) })) counts.push(count);
  const total = counts.reduce((sum, { records }) => sum + records, 0);
  if (flags.json) printJson({ records: total, files: counts });
  else if (counts.length === 1) process.stdout.write(`${total}\n`);
  else process.stdout.write(`${formatTable([...counts.map(describe), [String(total), "total"]])}\n`);
  return EXIT.done;
}

/** Whether only those that pass are to be counted. */
function asksForValues(flags: PipeFlags): boolean {
  const { asset, validation, rejects, maxErrors } = flags;
  const { maps, ...steps } = stepsOf(flags);
  const asked = [asset, validation, rejects, maxErrors, ...Object.values(steps), ...maps];
  return asked.some((each) => each !== undefined);
}

async function countPassing(flags: PipeFlags, terminal: Terminal, sources: readonly string[]): Promise<number> {
  const counter = new Counter();
  const code = await flow(lookingAt(counter, flags, sources), flags, terminal);
  if (flags.json) printJson({ records: counter.records });
  else process.stdout.write(`${counter.records}\n`);
  return code;
}

class Counter extends BaseWriter {
  static override readonly input = "columns";
  records = 0;

  constructor() {
    super(AssetDefinition.unchecked("data"));
  }

  writeBatch({ length }: Batch): FileMetadata[] {
    this.records += length;
    return [];
  }
}

function describe({ path, records }: FileCount): string[] {
  return [String(records), escapeControls(path)];
}
