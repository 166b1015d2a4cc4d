import { loadJob } from "../../config/job/load-job.ts";
import type { LoadedJob } from "../../config/job/loaded-job.ts";
import { maskSecrets } from "../../config/secrets/mask-secrets.ts";
import { DativoError } from "../../contract/errors.ts";
import { escapeControls } from "../../contract/escape-controls.ts";
import { type CheckReport, checkJob, type SideReport } from "../../job/check-job.ts";
import { EXIT } from "../exit-code.ts";
import { loadOptions } from "../load-options.ts";
import { checkNaming } from "../named-job.ts";
import { placeOptions } from "../place-options.ts";
import { printJson } from "../print-json.ts";
import type { LoadFlags } from "../program.ts";
import type { Terminal } from "../terminal.ts";

/** Loads a job and looks at its source, target, contract and transforms. Runs nothing, writes nothing. */
export async function checkCommand(flags: LoadFlags, terminal: Terminal, args: readonly string[]): Promise<number> {
  checkNaming("check", flags, args);
  if (flags.config === undefined) {
    throw new DativoError("DTV_CONFIG_NOT_FOUND", "No job was named", { hint: "Give one with --config job.yaml." });
  }
  const job = await loadJob(flags.config, loadOptions(flags));
  const report = withPlaces(await checkJob(job), job);
  const sides = Object.entries(report);
  const failed = job.planned.length > 0 || sides.some(([, side]) => side.status !== "success");
  const keys = job.planned.filter(({ path }) => path !== "source_connector" && path !== "target_connector");
  if (flags.json) {
    printJson({ ...report, planned: job.planned, warnings: job.warnings });
  } else {
    const lines = [
      "Connection Check Results",
      ...sides.flatMap(([name, side]) => describeSide(name, side, flags, terminal)),
      ...keys.map((finding) => `${terminal.paint("red", "✘")} not built yet  ${finding.place}: ${finding.message}`),
      ...job.warnings.map(
        (finding) => `${terminal.paint("yellow", "⚠")} warning  ${finding.place}: ${finding.message}`,
      ),
    ];
    process.stdout.write(maskSecrets(`${lines.join("\n")}\n`));
  }
  return failed ? EXIT.failed : EXIT.done;
}

/** Options at fault are told where they stand, like every other key. */
function withPlaces(report: CheckReport, job: LoadedJob): CheckReport {
  const place = (side: SideReport): SideReport =>
    side.errorCode === "DTV_OPTION_INVALID" ? { ...side, message: placeOptions(side, job) } : side;
  return {
    source: place(report.source),
    target: place(report.target),
    contract: place(report.contract),
    ...(report.transforms ? { transforms: place(report.transforms) } : {}),
  };
}

function describeSide(name: string, side: SideReport, flags: LoadFlags, terminal: Terminal): string[] {
  const mark = side.status === "success" ? terminal.paint("green", "✔") : terminal.paint("red", "✘");
  const lines = [`${mark} ${name[0]?.toUpperCase()}${name.slice(1)}: ${side.status}`];
  for (const text of [...side.message.split("\n"), side.hint]) {
    if (text !== undefined) lines.push(`    ${escapeControls(text)}`);
  }
  if (side.errorCode !== undefined) lines.push(`    Error Code: ${side.errorCode}`);
  if (side.retryable !== undefined) lines.push(`    Retryable: ${side.retryable ? "yes" : "no"}`);
  if (flags.verbose && side.details) lines.push(`    Details: ${JSON.stringify(side.details)}`);
  return lines;
}
