import type { LedgerPlace } from "../ledger.ts";
import { ControlPaths } from "./control-paths.ts";
import { FolderBooks } from "./folder-books.ts";
import { FolderTarget } from "./folder-target.ts";

/** A target folder, with the books of a job in it. */
export function folderPlace(folder: string, jobKey: string): Pick<LedgerPlace, "books" | "target"> {
  const paths = ControlPaths.inTarget(folder, jobKey);
  return { books: new FolderBooks(paths), target: new FolderTarget(folder, paths) };
}
