import { DativoError, systemCode } from "./errors.ts";

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["the disk is full", "Free some space and run again: nothing is half-published and nothing half-written."],
  EDQUOT: ["the disk quota is used up", "Free some space and run again: nothing is half-published."],
  EFBIG: ["the file is larger than the limit of this process", "Raise `ulimit -f`, or lower target_size_mb."],
  EACCES: ["permission denied", "Give this user write permission, or choose another target."],
  EPERM: ["not permitted", "Give this user write permission, or choose another target."],
  EROFS: ["the file system is read-only", "Choose another target."],
  ENOENT: ["no folder or file can be made there", "Choose another target."],
  ENOTDIR: ["a part of the path is a file, not a folder", "Choose another target."],
  EEXIST: ["a file stands where a folder is needed", "Choose another target."],
  EMFILE: ["too many open files", "Raise `ulimit -n`."],
};

/** A fault of writing in plain words. */
export function unwritable(path: string, cause: unknown): DativoError {
  if (cause instanceof DativoError) return cause;
  const [reason, hint] = REASONS[systemCode(cause) ?? ""] ?? [
    cause instanceof Error ? cause.message : String(cause),
    undefined,
  ];
  return new DativoError("DTV_TARGET_UNWRITABLE", `Cannot write ${path}: ${reason}`, {
    culprit: path,
    hint,
    cause,
  });
}
