import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package: the nearest one upward that holds the registry, in the sources as in the build. */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "registry", "connectors.yaml"))) return folder;
  }
  return start;
}

/** Folders in which this package and all that it imports lie: its own, and the packages that it is installed among. */
export function packagesAround(): string[] {
  const root = packageRoot();
  const among = root.indexOf(`${sep}node_modules${sep}`);
  return among < 0 ? [root] : [root, root.slice(0, among + `${sep}node_modules`.length)];
}
