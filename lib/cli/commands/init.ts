import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { formatYaml } from "../../config/yaml/format-yaml.ts";
import { SourceConfig } from "../../contract/config.ts";
import { DativoError, systemCode } from "../../contract/errors.ts";
import type { DiscoveredObject } from "../../contract/results.ts";
import { discoverSource } from "../../job/discover-source.ts";
import { unwritable } from "../../storage/staged-file.ts";
import { EXIT } from "../exit-code.ts";
import { type FileKind, fileKindOf } from "../file-kind.ts";
import { formatCount } from "../human.ts";
import type { GlobalOptions } from "../program.ts";
import type { Terminal } from "../terminal.ts";

interface InitFlags extends GlobalOptions {
  readonly name?: string;
  readonly target?: string;
  readonly tenantId: string;
}

/** Writes a job and a contract that fit a data file, for the user to go on from. Overwrites nothing. */
export async function initCommand(
  flags: InitFlags,
  terminal: Terminal,
  [file = ""]: readonly string[],
): Promise<number> {
  const kind = fileKindOf(file);
  const config = new SourceConfig({ type: kind.connector, files: [{ path: file }], engine: { options: kind.options } });
  const { objects } = await discoverSource({ config });
  const [object] = objects;
  if (!object?.columns?.length) {
    throw new DativoError("DTV_SCHEMA_INVALID", `${file} has no columns to write a contract from`, { culprit: file });
  }
  const name = flags.name ?? kind.stem;
  const paths = { job: `jobs/${name}.yaml`, asset: `assets/${name}.yaml` };
  await writeNew(paths.asset, assetText(name, kind, object));
  await writeNew(paths.job, jobText(name, file, kind, flags, paths.asset));
  terminal.line(
    `${terminal.paint("green", "✔")} wrote ${paths.asset} (${object.columns.length} fields) and ${paths.job}`,
  );
  terminal.line(`  Next: dativo check --config ${paths.job}`);
  terminal.line(`        dativo run --config ${paths.job}`);
  return EXIT.done;
}

function assetText(name: string, kind: FileKind, object: DiscoveredObject): string {
  const complete = object["complete"] === true;
  const seen = `${complete ? "all" : "the first"} ${formatCount(Number(object["rowsInspected"]))} records`;
  const schema = (object.columns ?? []).map((column) => ({
    name: column.name,
    type: column.type,
    // Only a whole file can show that a column always has a value.
    ...(complete && !column.nullable ? { required: true } : {}),
  }));
  return formatYaml({ name, version: "1.0.0", source_type: kind.connector, object: name, schema }, [
    `The contract of ${name}. Types were read off ${seen}; make them what they should be.`,
    "Rules to add: unique, primary_key, enum, pattern, minimum, maximum, min_length, max_length, format.",
  ]);
}

function jobText(name: string, file: string, kind: FileKind, flags: InitFlags, asset: string): string {
  return formatYaml(
    {
      name,
      tenant_id: flags.tenantId,
      source_connector: kind.connector,
      source: {
        files: [{ path: file }],
        ...(Object.keys(kind.options).length > 0 ? { engine: { options: kind.options } } : {}),
      },
      target_connector: "parquet",
      target: { connection: { path: flags.target ?? `lake/${name}` } },
      asset_path: asset,
      schema_validation_mode: "strict",
    },
    [`Loads ${file} into Parquet. Paths are looked up from the working directory first, then from here.`],
  );
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: "wx" });
  } catch (cause) {
    if (systemCode(cause) !== "EEXIST") throw unwritable(path, cause);
    throw new DativoError("DTV_CONFIG_INVALID", `${path} is there already`, {
      culprit: path,
      hint: "Choose another name with --name, or remove the file.",
      cause,
    });
  }
}
