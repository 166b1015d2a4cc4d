import { join, sep } from "node:path";
import { existingPath } from "../storage/existing-path.ts";
import { packageRoot, packagesAround } from "../storage/package-root.ts";
import { modulesAbove, projectRoot } from "../storage/project-root.ts";
import { childEnvironment } from "./child-environment.ts";
import type { Plugin } from "./plugin.ts";
import type { Sandbox } from "./sandbox.ts";
import { sandboxCommand } from "./sandbox-command.ts";

/** Run from its sources, as the tests are, Dativo starts what was built of them: Node 20 runs no TypeScript. */
const ENTRY = join(packageRoot(), "dist", "lib", "isolation", "child", "main.js");

/** What a script may reach besides its own project. Libraries are held to nothing: no permission of Node's holds them. */
export interface Access {
  /** Texts of the configuration; those that name a file or a folder that exists may be read. */
  readonly named: readonly string[];
  /** Where relative ones of these begin. */
  readonly cwd: string;
  /** Folders that it may fill. */
  readonly writes: readonly string[];
  readonly tempDir: string | undefined;
}

export const NO_ACCESS: Access = { named: [], cwd: ".", writes: [], tempDir: undefined };

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** How the process of a plugin is started. */
export function childCommand(plugin: Plugin, access: Access, sandbox?: Sandbox): ChildCommand {
  const isLibrary = plugin.kind === "library";
  const args = isLibrary
    ? [ENTRY, "library"]
    : [...permissions(plugin, access), ENTRY, "script", ...(sandbox ? [] : [String(process.pid)])];
  if (sandbox) return sandboxCommand(args, plugin, access, sandbox);
  const env = childEnvironment(process.env);
  if (isLibrary) return { command: process.execPath, args, env };
  const { tempDir } = access;
  const temporary = tempDir === undefined ? {} : { TMPDIR: tempDir, TEMP: tempDir, TMP: tempDir };
  return { ...withoutCore(args), env: { ...env, ...temporary } };
}

/** A core file would hold the records and credentials that were in its memory. A library's process sees to it by itself. */
function withoutCore(args: readonly string[]): Pick<ChildCommand, "command" | "args"> {
  if (process.platform === "win32") return { command: process.execPath, args };
  return { command: "/bin/sh", args: ["-c", 'ulimit -c 0; exec "$0" "$@"', process.execPath, ...args] };
}

/** Worker threads are for the one that ends the process when Dativo does; they have the same permissions. */
function permissions(plugin: Plugin, { named, cwd, writes, tempDir }: Access): string[] {
  const folders = [...writes, ...(tempDir === undefined ? [] : [tempDir])].map((folder) => join(folder, "*"));
  const own = [...projectRoot(plugin.file), ...packagesOf(plugin), ...packagesAround()].map((folder) =>
    join(folder, "*"),
  );
  const readable = named.flatMap((text) => existingPath(text, cwd));
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isStable = major > 22 || (major === 22 && minor >= 13);
  return [
    isStable ? "--permission" : "--experimental-permission",
    "--disable-warning=ExperimentalWarning",
    "--disable-warning=SecurityWarning",
    "--allow-worker",
    ...outermost([...own, ...folders, ...readable]).map((path) => `--allow-fs-read=${path}`),
    ...outermost(folders).map((path) => `--allow-fs-write=${path}`),
  ];
}

/** A script that was installed or fetched imports the packages of the job. */
function packagesOf({ file, origin, sources }: Plugin): string[] {
  const isElsewhere = origin?.isAlone === true || file.includes(`${sep}node_modules${sep}`);
  return isElsewhere ? (sources?.folders ?? []).flatMap(modulesAbove) : [];
}

/** Without what another one holds: Node 20 ends itself over a path that stands inside of another. */
function outermost(paths: readonly string[]): string[] {
  const folders = paths.filter((path) => path.endsWith("*")).map((path) => path.slice(0, -1));
  const inside = (path: string): boolean =>
    folders.some((folder) => path !== `${folder}*` && (path.startsWith(folder) || `${path}/` === folder));
  return [...new Set(paths.filter((path) => !inside(path)))];
}
