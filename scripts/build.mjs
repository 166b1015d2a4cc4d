// npm run build: the code as few files, by rolldown, and its types beside, by tsc.
//
// Node takes longer to find, read and link five hundred small modules than to run them: bundled, the command line starts
// in two thirds of the time and takes 9 MiB less (measured).
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, run } from "./install.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What is loaded by its name or path, from outside. */
const ENTRIES = ["lib/index", "lib/testing/index", "lib/cli/main", "lib/isolation/child/main"];
/** What stands in for modules of which every start would read more than it uses. */
const PARTS = {
  "hash-wasm": join(root, "scripts", "hash-parts.mjs"),
  koffi: join(root, "scripts", "koffi.mjs"),
  "node:child_process": join(root, "scripts", "child-process.mjs"),
};
/**
 * What text from standard input to standard output takes. It is one file, although most of it stands behind dynamic imports:
 * Node takes longer to find and read sixty files than to compile what is in them, and a pipe of ten records takes four fifths of
 * its time (measured).
 */
const PIPE = new RegExp(
  [
    "lib/cli/commands/pipe",
    "lib/pipe/(run-pipe|open-source|open-target)",
    "readers/stdin/stdin",
    "writers/stdout/stdout",
    "lib/formats/(csv/csv|jsonl/jsonl)-format",
  ]
    .map((path) => `/${path}\\.ts$`)
    .join("|"),
);
/**
 * What comes with a chunk is what its modules import and no chunk before it has. Packages are apart: of zod a pipe takes a
 * third. What every command takes is, too: `--help` needs nothing else.
 */
const GROUPS = [
  { name: "packages", test: /[\\/]node_modules[\\/]/, priority: 3, entriesAware: true },
  { name: "cli", test: /\/lib\/cli\/(program|guard-output)\.ts$/, priority: 2 },
  { name: "pipe", test: PIPE, priority: 1 },
  // Apart from all that runs without it: with native code off, and where koffi has no build, koffi is not loaded.
  // What native code and the Arrow format have in common would otherwise stand with the first, and bring koffi along.
  { name: "arrow", test: /\/lib\/formats\/arrow\/(arrow-batch|cell-batch|encode-cells|encode-field)\.ts$/ },
  { name: "native", test: /\/lib\/native\/(library|native-decoder|native-encoder|untyped-decoder)\.ts$/ },
  { name: "run", test: /\/lib\/(cli\/commands\/run|contract\/files\/file-(reader|writer))\.ts$/ },
];
/** As deep below `dist` as the rooms of `lib`: what is found by its distance from the package's code still is. */
const CHUNKS = "lib/chunks";

/** Builds `dist/`; ends this process when that fails. */
export async function build() {
  run(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"], root);
  rmSync(join(root, "dist", CHUNKS), { recursive: true, force: true });
  // Not before it is installed.
  const rolldown = await import("rolldown");
  const { output } = await rolldown.build({
    cwd: root,
    input: Object.fromEntries(ENTRIES.map((name) => [name, `${name}.ts`])),
    platform: "node",
    external: installed(),
    resolve: { alias: PARTS },
    logLevel: "warn",
    output: {
      dir: "dist",
      format: "esm",
      sourcemap: true,
      entryFileNames: "[name].js",
      codeSplitting: { groups: GROUPS },
      // The names of packages' chunks are those of all entries that they serve.
      chunkFileNames: ({ name }) => `${CHUNKS}/${name.split("~", 1)}-[hash].js`,
    },
  });
  writeFileSync(join(root, "dist", "LICENSES.txt"), licencesOf(output));
}

/**
 * What users install beside: it is native, looks for files of its own, or is wanted by few. zod is there for its types
 * alone.
 */
function installed() {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const names = Object.keys({ ...dependencies, ...peerDependencies });
  return names.filter((name) => name !== "zod" && !(name in PARTS));
}

/** The licences of all packages that code was taken from, as they ask for. */
function licencesOf(output) {
  const paths = output.flatMap(({ moduleIds = [] }) => moduleIds);
  const packages = new Set(paths.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  return [...packages]
    .sort()
    .map(licenceOf)
    .join(`\n${"-".repeat(80)}\n\n`);
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  return `${name} ${version} (${license})\n${text}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled(root);
  await build();
}
