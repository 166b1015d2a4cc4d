import { loadAsset } from "../../config/asset/load-asset.ts";
import type { AssetDefinition } from "../../contract/asset.ts";
import { DativoError } from "../../contract/errors.ts";
import { kindOfName } from "../../formats/kind-of-name.ts";
import { runJob } from "../../job/run-job.ts";
import { streamJob } from "../../job/stream-job.ts";
import { STANDARD } from "../../pipe/standard.ts";
import { DEFAULT_MEMORY_BYTES } from "../../stream/budget.ts";
import { EXIT } from "../exit-code.ts";
import { flow } from "../flow.ts";
import { openLog } from "../log.ts";
import { fromOptionsOf, type PipeFlags, policyOf, requestOf, stepsOf } from "../pipe-flags.ts";
import { printJson } from "../print-json.ts";
import { printReceipt } from "../print-receipt.ts";
import type { Terminal } from "../terminal.ts";
import { underWatch } from "../under-watch.ts";

export interface WriteFlags extends PipeFlags {
  readonly name?: string;
  readonly overwrite?: boolean;
  readonly layout?: "flat" | "run-dir";
  readonly receipt?: string;
}

/** Loads standard input into a folder by one commit, or makes one file of it; neither before the stream is known to be whole. */
export async function writeCommand(
  flags: WriteFlags,
  terminal: Terminal,
  [target = ""]: readonly string[],
): Promise<number> {
  if (target === STANDARD) throw notHere("Standard output (-)", "Use `dativo map` or `dativo pipe` to write there.");
  if (kindOfName(target) === undefined) {
    refuse(flags, OF_FILES, `the folder ${target}`);
    return load(target, flags, terminal);
  }
  refuse(flags, OF_FOLDERS, `the file ${target}`);
  return flow({ ...requestOf(flags), out: target }, flags, terminal);
}

/** What a load by one commit has no place for. */
const OF_FILES: Readonly<Partial<Record<keyof WriteFlags, string>>> = {
  where: 'Put it before: … | dativo map --where "amount > 10" | dativo write lake/trips',
  map: "Put it before: … | dativo map clean.ts | dativo write lake/trips",
  limit: "Put it before: … | dativo map --limit 100 | dativo write lake/trips",
  rejects: "With --validation warn rejected records are kept with the load, below its folder's _dativo.",
  force: "A load adds files and touches no others; --overwrite replaces what earlier ones wrote.",
};

/** What needs the books that a folder has and a file has not. */
const OF_FOLDERS: Readonly<Partial<Record<keyof WriteFlags, string>>> = {
  name: "Only loads into folders have names.",
  overwrite: "A file is replaced with --force.",
  allowDuplicates: "Nobody remembers what a file was made of, so no stream is refused for it.",
  receipt: "Only loads into folders have receipts.",
};

/** A flag that does nothing would be taken for one that does. */
function refuse(flags: WriteFlags, hints: Readonly<Partial<Record<keyof WriteFlags, string>>>, target: string): void {
  for (const [flag, hint] of Object.entries(hints)) {
    if (flags[flag as keyof WriteFlags] === undefined) continue;
    throw notHere(`--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} for ${target}`, hint);
  }
}

function notHere(what: string, hint: string): DativoError {
  return new DativoError("DTV_OPTION_INVALID", `${what} is nothing that \`dativo write\` can do`, { hint });
}

async function load(target: string, flags: WriteFlags, terminal: Terminal): Promise<number> {
  const asset = flags.asset === undefined ? undefined : ((await loadAsset(flags.asset)) as AssetDefinition);
  const format = flags.from === undefined ? {} : { format: flags.from };
  const job = streamJob({
    target,
    name: flags.name,
    format: flags.to ?? "parquet",
    fromOptions: { ...fromOptionsOf(flags), ...format },
    toOptions: flags.toOption ?? {},
    writeMode: flags.overwrite ? "overwrite" : "append",
    layout: flags.layout ?? "flat",
    asset,
    policy: policyOf(flags),
    shape: stepsOf(flags).shape,
  });
  const memoryBytes = flags.memory ?? DEFAULT_MEMORY_BYTES;
  const { receipt: receiptPath } = flags;
  return underWatch(memoryBytes, async ({ signal }) => {
    const log = openLog(flags);
    const receipt = await runJob(job, {
      log,
      signal,
      memoryBytes,
      ...(receiptPath === undefined ? {} : { receiptPath }),
    });
    printReceipt(receipt, terminal);
    if (flags.json) printJson(receipt);
    return receipt.counts.rejected > 0 ? EXIT.rejected : EXIT.done;
  });
}
