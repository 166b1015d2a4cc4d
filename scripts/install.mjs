// Installs the dependencies when, and only when, what is installed is not what the lock file says.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Runs `npm ci` in `root` unless `node_modules` already is what the lock file describes. */
export function ensureInstalled(root) {
  if (isInstalled(root)) return;
  console.error("Installing dependencies (npm ci) …");
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], root);
}

/** Runs a command with our stdio; ends this process with its exit code when it fails. */
export function run(command, args, cwd, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", env });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function isInstalled(root) {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    // An optional package is for another platform when it is missing.
    if (!found) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}
