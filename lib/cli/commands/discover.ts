import { loadJob } from "../../config/job/load-job.ts";
import type { LoadedJob } from "../../config/job/loaded-job.ts";
import { SourceConfig } from "../../contract/config.ts";
import { DativoError } from "../../contract/errors.ts";
import { escapeControls } from "../../contract/escape-controls.ts";
import type { DiscoveredObject } from "../../contract/results.ts";
import { EXIT } from "../exit-code.ts";
import { fileKindOf } from "../file-kind.ts";
import { askForDelimiter, guessDelimiter } from "../guess-delimiter.ts";
import { formatBytes, formatNumberOf } from "../human.ts";
import { loadOptions } from "../load-options.ts";
import { lookInto } from "../look-into.ts";
import { printJson } from "../print-json.ts";
import type { LoadFlags } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

interface DiscoverFlags extends LoadFlags {
  readonly connector?: string;
}

/** Lists what a source offers. The list is the command's data, so it goes to stdout. */
export async function discoverCommand(
  flags: DiscoverFlags,
  terminal: Terminal,
  files: readonly string[],
): Promise<number> {
  const { config, custom, ...how } = await sourceOf(flags, files);
  const { objects, metadata, unreadable } = await lookInto(config, custom, how);
  const warnings = objects.flatMap((object) => warningsOf(object, unreadable[object.name]));
  for (const warning of warnings) terminal.line(`${terminal.paint("yellow", "⚠")} ${escapeControls(warning)}`);
  if (flags.json) printJson({ objects, metadata, count: objects.length, warnings });
  else process.stdout.write(describe(objects, metadata));
  return EXIT.done;
}

async function sourceOf(
  flags: DiscoverFlags,
  files: readonly string[],
): Promise<
  { config: SourceConfig; custom?: string | undefined } & Partial<Pick<LoadedJob, "isolation" | "plugins" | "mode">>
> {
  if (flags.config !== undefined) {
    const { source, isolation, plugins, mode } = await loadJob(flags.config, loadOptions(flags));
    return { config: source.config, custom: source.custom, isolation, plugins, mode };
  }
  const [first] = files;
  const custom = flags.connector?.includes(":") ? flags.connector : undefined;
  if (first === undefined && custom === undefined) {
    throw new DativoError("DTV_CONFIG_INVALID", "Either files, --connector or --config must be provided", {
      hint: "For example: dativo discover data/zips.csv",
    });
  }
  const kind = first === undefined ? undefined : flags.connector === undefined ? fileKindOf(first) : undefined;
  const config = new SourceConfig({
    type: kind?.connector ?? flags.connector ?? "custom",
    files: files.map((path) => ({ path })),
    engine: { options: kind?.options ?? {} },
  });
  return { config, ...(custom === undefined ? {} : { custom }) };
}

function warningsOf(object: DiscoveredObject, unreadable: number | undefined): string[] {
  const guess = guessDelimiter(object);
  return [
    ...(guess ? [`${object.name}: ${askForDelimiter(guess)}`] : []),
    ...(unreadable === undefined ? [] : [`${object.name}: ${formatNumberOf(unreadable, "record")} could not be read`]),
  ];
}

function describe(objects: readonly DiscoveredObject[], metadata: Readonly<Record<string, unknown>>): string {
  const lines = [`Found ${objects.length} stream(s):`];
  for (const [index, object] of objects.entries()) {
    const size = object["sizeBytes"];
    lines.push(
      `${index + 1}. ${escapeControls(object.name)}  (${object.type}${typeof size === "number" ? `, ${formatBytes(size)}` : ""})`,
    );
    const rows = (object.columns ?? []).map(({ name, type, nullable }) => [
      `   ${escapeControls(name)}`,
      type,
      nullable ? "nullable" : "",
    ]);
    if (rows.length > 0) lines.push(formatTable(rows));
  }
  if (typeof metadata["note"] === "string") lines.push(`Note: ${escapeControls(metadata["note"])}`);
  return `${lines.join("\n")}\n`;
}
