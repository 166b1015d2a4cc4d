import { DativoError } from "../contract/errors.ts";
import type { PluginSources } from "../contract/plugin-sources.ts";
import type { BaseTransform } from "../contract/transform.ts";
import { isTransformClass } from "../contract/transform.ts";
import { loadMapRows } from "../plugin/builtin.ts";
import { construct, findTransform } from "../plugin/find-player.ts";
import { loadModule } from "../plugin/load-module.ts";

/** `path.ts:Name`, where the name may be left out; a library's symbol may not. */
const NAMED = /:[\p{L}_$][\p{L}\p{N}_$]*$/u;

/**
 * The transform of a script: a class, or a function over records, by its name; without a name the one that is called
 * `map`, the default export, or the only export.
 *
 * @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_PIN, DTV_PLUGIN_LOAD, DTV_PLUGIN_CLASS
 */
export async function loadMap(path: string, sources: PluginSources): Promise<BaseTransform> {
  if (/\.(so|dylib|dll):/.test(path)) return construct(await findTransform(path, { sources }), {});
  const name = NAMED.exec(path)?.[0].slice(1);
  const file = name === undefined ? path : path.slice(0, -name.length - 1);
  const { exports } = await loadModule(file, sources);
  const found = name === undefined ? onlyOf(exports) : exports[name];
  if (isTransformClass(found)) return construct({ playerClass: found, name: path, sha256: undefined }, {});
  if (typeof found === "function") {
    const MapRows = await loadMapRows();
    return new MapRows(path, found as never);
  }
  throw new DativoError(
    "DTV_PLUGIN_CLASS",
    `${path} exports no function and no transform${name ? ` named ${name}` : ""}`,
    {
      culprit: path,
      hint: "Export one: export function map(row) { return { ...row, total: row.price * row.count }; }",
    },
  );
}

function onlyOf(exports: Readonly<Record<string, unknown>>): unknown {
  const all = Object.values(exports);
  return exports["map"] ?? exports["default"] ?? (all.length === 1 ? all[0] : undefined);
}
