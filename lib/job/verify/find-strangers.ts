import { basename } from "node:path";
import type { Receipt, ReceiptFile } from "../receipt.ts";
import type { VerifiedPlace } from "./verified-place.ts";

const RUN_ID = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";

/** A file in the target that would be read as data of the job, though no run published it. */
export interface Stranger {
  readonly path: string;
  /** The file of the receipt that it is a copy of, byte for byte. */
  readonly copyOf: string | undefined;
}

/** The files that are named like the job's, or are copies of the receipt's, and that no commit record knows. */
export async function findStrangers(place: VerifiedPlace, receipt: Receipt): Promise<Stranger[]> {
  const own = new Set(receipt.files.map(({ path }) => path));
  const others = (await place.files()).filter((path) => !own.has(path));
  if (others.length === 0) return [];
  const known = new Set((await place.records()).flatMap(({ files }) => files.map(({ path }) => path)));
  const isNamedAlike = namePattern(receipt);
  const found: Stranger[] = [];
  for (const path of others.filter((other) => !known.has(other)).sort()) {
    const copyOf = await originalOf(place, path, receipt.files);
    if (copyOf !== undefined || isNamedAlike.test(basename(path))) found.push({ path, copyOf });
  }
  return found;
}

/** The run's own id, or the name, number and run id that every file of the job has. */
function namePattern({ runId, files }: Receipt): RegExp {
  const stems = files.map(({ path }) => new RegExp(`^(.*)-\\d{5,}-${RUN_ID}`).exec(basename(path))?.[1]);
  const alike = [...new Set(stems)]
    .filter((stem) => stem !== undefined)
    .map((stem) => `${literally(stem)}-\\d{5,}-${RUN_ID}`);
  return new RegExp([runId, ...alike].join("|"));
}

async function originalOf(
  place: VerifiedPlace,
  path: string,
  files: readonly ReceiptFile[],
): Promise<string | undefined> {
  const size = await place.sizeOf(path);
  const equal = files.filter(({ sizeBytes, sha256 }) => sizeBytes === size && sha256 !== undefined);
  if (equal.length === 0) return undefined;
  const sha256 = await place.sha256Of(path);
  return equal.find((file) => file.sha256 === sha256)?.path;
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
