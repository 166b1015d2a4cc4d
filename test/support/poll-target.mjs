// A reader of a folder that knows nothing of Dativo but its names: lists and reads it again and again, and says at the
// end, when its input is closed, how many records of each run it has ever seen at one time.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const RUN = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const seen = new Map();
let polls = 0;

/** Records by run, as the folder shows them now; undefined when something went away while it was looked at. */
function look() {
  const counts = new Map();
  try {
    for (const path of readdirSync(folder, { recursive: true })) {
      const run = path.startsWith("_dativo") || !path.endsWith(".jsonl") ? undefined : RUN.exec(path)?.[0];
      if (run === undefined) continue;
      const lines = readFileSync(join(folder, path), "utf8").split("\n").length - 1;
      counts.set(run, (counts.get(run) ?? 0) + lines);
    }
    return counts;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function poll() {
  for (const [run, count] of look() ?? []) seen.set(run, (seen.get(run) ?? new Set()).add(count));
  polls++;
  setImmediate(poll);
}

process.stdin.resume().on("end", () => {
  console.log(JSON.stringify({ polls, seen: [...seen.values()].map((counts) => [...counts]) }));
  process.exit();
});
console.log("ready");
poll();
