import { join, sep } from "node:path";

const MODULES = `${sep}node_modules${sep}`;

/** Folder of the installed package that a file belongs to; undefined outside of `node_modules`. */
export function packageFolderOf(file: string): string | undefined {
  const at = file.lastIndexOf(MODULES);
  if (at < 0) return undefined;
  const [first = "", second = ""] = file.slice(at + MODULES.length).split(sep);
  return join(file.slice(0, at + MODULES.length), first.startsWith("@") ? join(first, second) : first);
}

/** What pins know a file by: its path, or where it stands in its package, wherever that is installed. */
export function identityOf(file: string): string {
  const folder = packageFolderOf(file);
  if (folder === undefined) return file;
  const modules = folder.lastIndexOf(MODULES) + MODULES.length;
  return `npm:${file.slice(modules).split(sep).join("/")}`;
}

/** Whether a file is a plugin's own code, and not that of a package it uses. */
export function isOwnFile(file: string, entry: string): boolean {
  return packageFolderOf(file) === packageFolderOf(entry);
}
