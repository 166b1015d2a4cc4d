// npm run quickstart: installs, builds, runs the main job on real data, and shows what came of it.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasCargo, hasNative, tryBuildNative } from "./build-native.mjs";
import { ensureInstalled, run } from "./install.mjs";

const JOB = "examples/zipcodes/job.yaml";
const LAKE = "lake/zipcodes";
const WITHOUT_NATIVE = "the TypeScript reader and writer serve, slower, with the same results";
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);

ensureInstalled(root);
console.error("Building …");
// In a process of its own: Linux would count its memory as the peak of the job that is started below.
run(process.execPath, [join("scripts", "build.mjs")], root);

console.error(prepareNative());
console.error(`Running ${JOB} …\n`);
const job = spawnSync(process.execPath, ["bin/dativo.cjs", "run", "--config", JOB], { stdio: "inherit" });
if (job.status !== 0) process.exit(job.status ?? 1);

const { readParquet } = await import(join(root, "dist", "lib", "index.js"));
console.log(`\nThe Parquet lies in ${LAKE}; its first rows:\n`);
for await (const batch of readParquet(`${LAKE}/*.parquet`)) {
  console.table([...batch].slice(0, 5).map((row) => ({ ...row })));
  break;
}
console.log(`What to try next:
  npx dativo run --config ${JOB}                            again: nothing is loaded twice
  npx dativo run --config examples/airports/job.yaml        records that break the contract are kept apart
  npx dativo init node_modules/vega-datasets/data/weather.csv   a job and a contract for a file of your own
  npx dativo --help
  npm test`);

/** Builds the native libraries where that can be, and says who will serve. Nothing here can fail the quickstart. */
function prepareNative() {
  if (/^(off|false|no|0)$/i.test(process.env["DATIVO_NATIVE"] ?? "")) return `DATIVO_NATIVE=off: ${WITHOUT_NATIVE}.`;
  if (!hasCargo()) return `No Rust toolchain (cargo) is here: ${whoServes()}.`;
  const time = hasNative() ? "as far as anything has changed" : "which takes a few minutes the first time";
  console.error(`Building the native libraries with cargo, ${time}; DATIVO_NATIVE=off leaves them out …`);
  const start = performance.now();
  const isBuilt = tryBuildNative();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  return isBuilt
    ? `The native libraries are built, in ${seconds} s: ${whoServes()}.`
    : `The native libraries could not be built, as cargo says above: ${whoServes()}.`;
}

function whoServes() {
  return hasNative() ? "the native reader and writer serve" : WITHOUT_NATIVE;
}
