import { COMPRESSION_SUFFIXES } from "../../contract/compression.ts";
import { o } from "../../contract/options.ts";

/** The kinds that are written, with their levels. */
const LEVELS = { gzip: { highest: 9, usual: 6 }, zstd: { highest: 19, usual: 3 } } as const;

export type WrittenCompression = keyof typeof LEVELS;

/** The options of formats whose files can be compressed as a whole. */
export const compressionOptions = {
  compression: o
    .enum(["none", "gzip", "zstd"])
    .default("none")
    .describe("Compression of the whole file, whose name then ends in .gz or .zst"),
  compression_level: o
    .int()
    .min(1)
    .optional()
    .describe("Level of gzip (1 to 9, default 6) or zstd (1 to 19, default 3)"),
};

const schema = o.object(compressionOptions);

export type CompressionOptions = o.output<typeof schema>;

/** A fault of these options that no single one of them has. */
export function checkCompression(
  { compression, compression_level: level }: CompressionOptions,
  context: o.RefinementCtx,
): void {
  const fault = (message: string): void => {
    context.addIssue({ code: "custom", path: ["compression_level"], message });
  };
  if (level === undefined) return;
  if (compression === "none") fault("has no meaning without a compression");
  else if (level > LEVELS[compression].highest) {
    fault(`expected at most ${LEVELS[compression].highest} for ${compression}, got the number ${level}`);
  }
}

export function levelOf(kind: WrittenCompression, level: number | undefined): number {
  return level ?? LEVELS[kind].usual;
}

/** What follows the extension in the names of files. */
export function compressionSuffix(options: unknown): string {
  const { compression = "none" } = (options ?? {}) as Partial<CompressionOptions>;
  return compression === "none" ? "" : `.${COMPRESSION_SUFFIXES[compression]}`;
}
