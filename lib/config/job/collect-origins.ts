import { type ConfigDocument, isMapping } from "../document/config-document.ts";
import { factsOf, unwrap } from "../document/declaration.ts";
import { type JobDraft, jobDocument } from "./job-document.ts";
import type { Side } from "./load-side.ts";
import type { Origin } from "./merge-layers.ts";

/** Where each value of a loaded job comes from, by its dotted path. */
export function collectOrigins(
  { value }: ConfigDocument,
  job: JobDraft,
  sides: { readonly source: Side; readonly target: Side },
): Record<string, Origin> {
  const origins: Record<string, Origin> = {};
  for (const [key, given] of Object.entries(value)) {
    if (key !== "source" && key !== "target") addLeaves(origins, key, given);
  }
  for (const [role, { merged }] of Object.entries(sides)) {
    for (const [path, { origin }] of merged.writtenAt) origins[`${role}.${path}`] = origin;
  }
  for (const path of defaultPaths()) {
    const isSaid = Object.keys(origins).some((known) => known === path || known.startsWith(`${path}.`));
    if (!isSaid && valueIn(job, path) !== undefined) origins[path] = "default";
  }
  return origins;
}

function addLeaves(origins: Record<string, Origin>, path: string, value: unknown): void {
  if (isMapping(value)) for (const [key, inner] of Object.entries(value)) addLeaves(origins, `${path}.${key}`, inner);
  else origins[path] = "job";
}

/** Paths of the job for which the declaration has a default. */
function defaultPaths(schema = jobDocument.shape as Record<string, unknown>, at = ""): string[] {
  return Object.entries(schema).flatMap(([key, child]) => {
    const type = child as Parameters<typeof factsOf>[0];
    const path = at === "" ? key : `${at}.${key}`;
    const inner = unwrap(type) as { shape?: Record<string, unknown> };
    if (inner.shape) return defaultPaths(inner.shape, path);
    return factsOf(type).default === undefined ? [] : [path];
  });
}

function valueIn(job: JobDraft, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (isMapping(at) ? at[key] : undefined), job);
}
