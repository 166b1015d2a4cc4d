import { dirname, isAbsolute, join, resolve } from "node:path";
import { existingPath } from "../storage/existing-path.ts";
import { isWithin } from "../storage/is-within.ts";
import { packageRoot, packagesAround } from "../storage/package-root.ts";
import { modulesAbove, projectRoot } from "../storage/project-root.ts";
import type { Access, ChildCommand } from "./child-command.ts";
import { sandboxEnvironment } from "./child-environment.ts";
import type { Plugin } from "./plugin.ts";
import { SANDBOX_PROGRAM, type Sandbox } from "./sandbox.ts";

const MIB = 1024 * 1024;
/** V8 is to clear its heap, and to say that it is full, before the kernel refuses it memory. */
const HEAP_SHARE = 0.75;

/**
 * From Node 24 on V8 makes all of the room for its code writable when it starts, so that the kernel counts it, while little of
 * it is ever used (V8 13.6: 512 MiB; 12.4 of Node 22 and 11.3 of Node 20 do not).
 */
const CODE_ROOM = Number(process.versions.node.split(".", 1)) > 22 ? 512 * MIB : 0;

/** A command of Node's, started by the program that restricts itself first. `args` are Node's. */
export function sandboxCommand(
  args: readonly string[],
  plugin: Plugin,
  access: Access,
  { network, memoryBytes, cpuSeconds }: Sandbox,
): ChildCommand {
  const { tempDir, writes } = access;
  const folders = tempDir === undefined ? writes : [...writes, tempDir];
  const heap = Math.floor((memoryBytes * HEAP_SHARE) / MIB);
  return {
    command: SANDBOX_PROGRAM,
    args: [
      ...readable(plugin, access).flatMap((path) => ["--read", path]),
      ...folders.flatMap((path) => ["--write", path]),
      ...(network ? ["--network"] : []),
      ...[
        "--memory",
        String(memoryBytes + CODE_ROOM),
        "--cpu-seconds",
        String(cpuSeconds),
        "--parent",
        String(process.pid),
      ],
      ...["--", process.execPath, `--max-old-space-size=${heap}`, ...args],
    ],
    env: sandboxEnvironment(process.env, tempDir),
  };
}

/** Node and Dativo, the plugin, and what its configuration names; libraries of the system the program knows itself. */
function readable(plugin: Plugin, { named, cwd }: Access): string[] {
  const [root, ...among] = [packageRoot(), ...packagesAround().slice(1)];
  const own = ["dist", "node_modules", "package.json"].map((name) => join(root, name));
  const node = join(dirname(process.execPath), "..", "lib");
  return [...new Set([node, ...own, ...among, ...filesOf(plugin), ...named.flatMap((text) => pathsOf(text, cwd))])];
}

/** A script's own files are those that are pinned; of one that is not, all of its project. */
function filesOf({ kind, file, origin, sources }: Plugin): string[] {
  if (kind === "library") return [file];
  const pinned = Object.keys(sources?.pins ?? {}).filter((identity) => isAbsolute(identity));
  const isPinned = sources?.required === true || pinned.includes(file);
  const project = isPinned ? pinned : projectRoot(file);
  const from = [dirname(file), ...(origin?.isAlone === true ? (sources?.folders ?? []) : [])];
  return [file, ...project, ...from.flatMap(modulesAbove).map(withoutStar)];
}

/** The file or folder that a text names, by the name that it is given and by its true one. */
function pathsOf(text: string, cwd: string): string[] {
  return existingPath(text, cwd).map(withoutStar);
}

function withoutStar(path: string): string {
  return path.endsWith("*") ? dirname(path) : path;
}

/** What a configuration names is for whoever wrote it to choose, but within bounds that somebody else has set. */
export interface Bounded {
  readonly access: Access;
  /** What it names, and does not get. */
  readonly withheld: readonly string[];
}

export function withinBounds(access: Access, { folders }: Sandbox): Bounded {
  const { named, cwd, writes } = access;
  if (folders === undefined) return { access, withheld: [] };
  const bounds = folders.map((folder) => truePath(folder, cwd)).filter((folder) => folder !== dirname(folder));
  const isReached = (text: string): boolean => bounds.some((folder) => isWithin(folder, truePath(text, cwd)));
  const places = named.filter((text) => pathsOf(text, cwd).length > 0);
  // The folder that Dativo made for a writer to fill is named by nobody.
  const chosen = new Set(named.map((text) => resolve(cwd, text)));
  return {
    access: {
      ...access,
      named: places.filter(isReached),
      writes: writes.filter((folder) => !chosen.has(resolve(cwd, folder)) || isReached(folder)),
    },
    withheld: places.filter((text) => !isReached(text)),
  };
}

function truePath(text: string, cwd: string): string {
  return pathsOf(text, cwd).at(-1) ?? resolve(cwd, text);
}
