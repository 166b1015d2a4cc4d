import { loadRegistry } from "../../config/connector/load-registry.ts";
import { BUILTIN_READERS, BUILTIN_WRITERS } from "../../plugin/builtin.ts";
import { EXIT } from "../exit-code.ts";
import { printJson } from "../print-json.ts";
import type { GlobalOptions } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

/** Lists the registered connectors and says which of them run in this version. */
export async function connectorsCommand(flags: GlobalOptions, _terminal: Terminal): Promise<number> {
  const registry = await loadRegistry();
  const connectors = Object.entries(registry.connectors).map(([name, entry]) => ({
    name,
    roles: entry.roles,
    category: entry.category,
    engine: entry.defaultEngine,
    builtIn: entry.roles.filter((role) => Object.hasOwn(role === "source" ? BUILTIN_READERS : BUILTIN_WRITERS, name)),
  }));
  if (flags.json) {
    printJson(connectors);
    return EXIT.done;
  }
  const rows = connectors.map(({ name, roles, category, engine, builtIn }) => [
    name,
    roles.join(", "),
    category ?? "",
    engine,
    builtIn.length > 0 ? `runs as ${builtIn.join(" and ")}` : "needs a custom_reader or custom_writer",
  ]);
  process.stdout.write(`${formatTable([["name", "roles", "category", "engine", ""], ...rows])}\n`);
  return EXIT.done;
}
