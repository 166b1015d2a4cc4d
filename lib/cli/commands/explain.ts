import { loadJob } from "../../config/job/load-job.ts";
import { maskSecrets } from "../../config/secrets/mask-secrets.ts";
import { escapeControls } from "../../contract/escape-controls.ts";
import { type Explanation, explainJob } from "../../job/explain-job.ts";
import { EXIT } from "../exit-code.ts";
import { loadOptions } from "../load-options.ts";
import { jobFileOf } from "../named-job.ts";
import { printJson } from "../print-json.ts";
import type { LoadFlags } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

/** Says how a job would run: its stages, native or not, and where each setting comes from. Runs nothing. */
export async function explainCommand(flags: LoadFlags, _terminal: Terminal, args: readonly string[]): Promise<number> {
  const explanation = await explainJob(await loadJob(jobFileOf(flags, args), loadOptions(flags)));
  if (flags.json) printJson(explanation);
  else process.stdout.write(maskSecrets(`${escapeLines(describe(explanation))}\n`));
  return EXIT.done;
}

function describe({ stages, pushedDown, rowsMaterialisedAt, guarantee, origins }: Explanation): string {
  const table = formatTable([
    ["stage", "by", "runs", ""],
    ...stages.map(({ stage, by, runs, note = "" }) => [stage, by, runs, note]),
  ]);
  const settings = formatTable(Object.entries(origins).map(([path, origin]) => [path, origin]));
  return [
    table,
    "",
    `pushed down          ${pushedDown.join("; ") || "nothing"}`,
    `rows materialised at ${rowsMaterialisedAt.join(", ") || "no stage"}`,
    `guarantee            ${guarantee.effect} (${guarantee.reader} source, ${guarantee.writer} target)`,
    "",
    "Where each setting comes from:",
    settings,
  ].join("\n");
}

function escapeLines(text: string): string {
  return text.split("\n").map(escapeControls).join("\n");
}
