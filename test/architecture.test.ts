import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/**
 * Who may import whom. A room sees itself and what is named here, and nothing else; imports of types alone are free,
 * since they leave nothing behind at run time.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "lib/contract": [],
  "lib/formats": ["lib/contract"],
  readers: ["lib/contract", "lib/formats"],
  transforms: ["lib/contract", "lib/formats"],
  writers: ["lib/contract", "lib/formats"],
  "lib/storage": ["lib/contract"],
  // Arrow's columns are the same in a message and behind a pointer.
  "lib/native": ["lib/contract", "lib/formats"],
  // What stands in a plugin's own process, and may therefore load its code; before the room around it.
  "lib/isolation/child": [
    "lib/contract",
    "lib/formats",
    "lib/storage",
    "lib/stream",
    "lib/native",
    "lib/isolation",
    "lib/plugin",
  ],
  "lib/isolation": ["lib/contract", "lib/formats", "lib/storage"],
  "lib/stream": ["lib/contract", "lib/storage"],
  "lib/commit": ["lib/contract", "lib/storage"],
  "lib/config": ["lib/contract", "lib/storage"],
  "lib/plugin": [
    "lib/contract",
    "lib/formats",
    "lib/storage",
    "lib/native",
    "lib/isolation",
    "readers",
    "transforms",
    "writers",
  ],
  "lib/job": ["lib/contract", "lib/storage", "lib/stream", "lib/commit", "lib/config", "lib/plugin"],
  // Streams that no job describes, and that no books are kept of.
  "lib/pipe": ["lib/contract", "lib/formats", "lib/storage", "lib/stream", "lib/commit", "lib/config", "lib/plugin"],
  "lib/cli": [
    "lib/contract",
    "lib/formats",
    "lib/storage",
    "lib/stream",
    "lib/config",
    "lib/plugin",
    "lib/job",
    "lib/pipe",
    // `dativo plugin check` runs the published suites.
    "lib/testing",
  ],
  "lib/compose.ts": [
    "lib/contract",
    "lib/formats",
    "readers",
    "transforms",
    "writers",
    "lib/storage",
    "lib/stream",
    "lib/commit",
    "lib/config",
    "lib/plugin",
  ],
  "lib/format-streams.ts": ["lib/contract", "lib/formats", "lib/stream", "lib/config", "lib/plugin", "writers"],
  "lib/testing": ["lib/contract", "lib/storage", "lib/stream", "lib/compose.ts"],
  "lib/index.ts": ["lib/contract", "lib/config", "lib/job", "lib/compose.ts", "lib/format-streams.ts"],
};

/** A plugin that imports this package gets the running copy of it, so one file has to look up to the door. */
const EXCEPTIONS = ["lib/plugin/host.ts -> lib/index.ts", "lib/plugin/host.ts -> lib/testing/index.ts"];

/** The only rooms that may use a library or a part of Node that would otherwise spread. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  yaml: ["lib/config"],
  koffi: ["lib/native"],
  commander: ["lib/cli"],
  jiti: ["lib/plugin"],
  tinyglobby: ["lib/storage"],
  picomatch: ["lib/storage"],
  "@aws-sdk/client-s3": ["lib/storage"],
  "@google-cloud/storage": ["lib/storage"],
  "csv-parse": ["lib/formats"],
  hyparquet: ["lib/formats"],
  flatbuffers: ["lib/formats"],
  "node:stream": ["lib/stream", "lib/storage", "lib/testing"],
  "node:net": ["lib/isolation", "lib/storage"],
  "node:fs": ["lib/storage", "lib/native", "lib/commit", "lib/config", "lib/plugin", "lib/job", "lib/pipe", "lib/cli"],
  "node:fs/promises": [
    "lib/storage",
    "lib/commit",
    "lib/config",
    "lib/plugin",
    "lib/job",
    "lib/pipe",
    "lib/cli",
    "lib/testing",
  ],
  "node:child_process": ["lib/isolation", "lib/testing"],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  const found = [...text.matchAll(/(?:^|\n)\s*(import|export)\s+(type\s+)?([^;"']*?from\s+)?["']([^"']+)["']/g)].map(
    (match) => ({
      specifier: match[4] as string,
      typeOnly: match[2] !== undefined || onlyTypes(match[3] ?? ""),
    }),
  );
  const lazy = [...text.matchAll(/(typeof\s+)?import\(\s*["']([^"']+)["']\s*\)/g)].map((match) => ({
    specifier: match[2] as string,
    typeOnly: match[1] !== undefined,
  }));
  return [...found, ...lazy].map(({ specifier, typeOnly }) => ({
    from: file,
    to: specifier.startsWith(".") ? relative(root, join(root, dirname(file), specifier)) : specifier,
    typeOnly,
  }));
}

/** `{ type A, type B } from`: nothing of it is left at run time. */
function onlyTypes(clause: string): boolean {
  const names = /\{([^}]*)\}/
    .exec(clause)?.[1]
    ?.split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  return names !== undefined && names.length > 0 && names.every((name) => name.startsWith("type "));
}

function roomOf(path: string): string | undefined {
  return Object.keys(ROOMS).find((room) => path === room || path.startsWith(`${room}/`));
}

const files = ["lib", "readers", "transforms", "writers"].flatMap(sources);
const imports = files.flatMap(importsOf);

describe("the house", () => {
  it("has a room for every file", () => {
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  it("has imports that go down only", () => {
    expect(imports.length).toBeGreaterThan(300);
    const up = imports
      .filter(({ to, typeOnly }) => !typeOnly && to.endsWith(".ts"))
      .filter(({ from, to }) => {
        const [mine, theirs] = [roomOf(from) as string, roomOf(to)];
        return theirs !== undefined && mine !== theirs && !ROOMS[mine]?.includes(theirs);
      })
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(up.filter((line) => !EXCEPTIONS.includes(line))).toEqual([]);
  });

  it("imports nothing that does not exist", () => {
    const known = new Set(files);
    expect(
      imports.filter(({ to }) => to.endsWith(".ts") && !known.has(to)).map(({ from, to }) => `${from} -> ${to}`),
    ).toEqual([]);
  });

  it("keeps each library in the room that owns it", () => {
    const strays = imports
      .filter(({ to, typeOnly }) => !typeOnly && OWNERS[to] !== undefined)
      .filter(({ from, to }) => !OWNERS[to]?.some((room) => from.startsWith(`${room}/`)))
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(strays).toEqual([]);
  });

  it("has two doors", () => {
    expect(files.filter((file) => file.endsWith("/index.ts"))).toEqual(["lib/index.ts", "lib/testing/index.ts"]);
  });

  it("has no default exports and no names that say nothing", () => {
    expect(files.filter((file) => /\bexport default\b/.test(readFileSync(join(root, file), "utf8")))).toEqual([]);
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|manager)\.ts$/.test(file))).toEqual([]);
  });
});

describe("the lock file", () => {
  interface Locked {
    readonly integrity?: string;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const text = readFileSync(join(root, "package-lock.json"), "utf8");
  const packages: Readonly<Record<string, Locked>> = JSON.parse(text).packages;

  // A registry that lacks the builds of a package for other platforms gives a lock file that `npm ci` then refuses
  // wherever nothing is installed yet, and accepts where it is.
  it("holds every build of a package, also for other platforms", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined,
      ),
    );
    expect(missing).toEqual([]);
  });

  it("has a hash for everything and names no host", () => {
    expect(Object.keys(packages).filter((path) => path !== "" && packages[path]?.integrity === undefined)).toEqual([]);
    expect(text).not.toContain('"resolved"');
  });
});
