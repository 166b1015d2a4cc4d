import { loadJob } from "../../config/job/load-job.ts";
import { SourceConfig } from "../../contract/config.ts";
import { DativoError } from "../../contract/errors.ts";
import type { DiscoveredObject } from "../../contract/results.ts";
import { discoverSource } from "../../job/discover-source.ts";
import { EXIT } from "../exit-code.ts";
import { fileKindOf } from "../file-kind.ts";
import { formatBytes } from "../human.ts";
import { loadOptions } from "../load-options.ts";
import { escapeControls } from "../log.ts";
import { printJson } from "../print-json.ts";
import type { LoadFlags } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

interface DiscoverFlags extends LoadFlags {
  readonly connector?: string;
}

/** Lists what a source offers. The list is the command's data, so it goes to stdout. */
export async function discoverCommand(
  flags: DiscoverFlags,
  _terminal: Terminal,
  files: readonly string[],
): Promise<number> {
  const { objects, metadata } = await discoverSource(await sourceOf(flags, files));
  if (flags.json) printJson({ objects, metadata, count: objects.length });
  else process.stdout.write(describe(objects, metadata));
  return EXIT.done;
}

async function sourceOf(
  flags: DiscoverFlags,
  files: readonly string[],
): Promise<{ config: SourceConfig; custom?: string }> {
  if (flags.config !== undefined) {
    const { source } = await loadJob(flags.config, loadOptions(flags));
    return { config: source.config, ...(source.custom === undefined ? {} : { custom: source.custom }) };
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
