export const PLUGIN_KINDS = ["reader", "transform", "writer"] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

export const PLUGIN_LANGUAGES = ["ts", "rust"] as const;
export type PluginLanguage = (typeof PLUGIN_LANGUAGES)[number];

/** What a project for a plugin is made of. */
export interface PluginProject {
  readonly kind: PluginKind;
  /** Of the folder, the files and the job. */
  readonly name: string;
  readonly lang: PluginLanguage;
  /** What npm installs as `dativo-ingest`; for Rust `file:` and a checkout. */
  readonly dativo: string;
}

/** `my-reader` is exported as `MyReader`. */
export function classOf(name: string): string {
  return name.replace(/(?:^|[-_])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
