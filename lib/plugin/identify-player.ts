import { DativoError } from "../contract/errors.ts";
import type { ReaderClass } from "../contract/reader.ts";
import type { TransformClass } from "../contract/transform.ts";
import type { WriterClass } from "../contract/writer.ts";
import { findReader, findTransform, findWriter, type Player } from "./find-player.ts";

/** A plugin whose kind its path does not say. */
export type IdentifiedPlayer =
  | { readonly kind: "reader"; readonly player: Player<ReaderClass> }
  | { readonly kind: "writer"; readonly player: Player<WriterClass> }
  | { readonly kind: "transform"; readonly player: Player<TransformClass> };

/** @throws DativoError DTV_PLUGIN_CLASS when it is none of them, and as {@link findReader} does. */
export async function identifyPlayer(path: string): Promise<IdentifiedPlayer> {
  const finders: readonly (() => Promise<IdentifiedPlayer>)[] = [
    async () => ({ kind: "reader", player: await findReader("custom", path) }),
    async () => ({ kind: "writer", player: await findWriter("custom", path) }),
    async () => ({ kind: "transform", player: await findTransform(path) }),
  ];
  const reasons: string[] = [];
  for (const find of finders) {
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof DativoError) || error.code !== "DTV_PLUGIN_CLASS") throw error;
      if (!reasons.includes(error.message)) reasons.push(error.message);
    }
  }
  throw new DativoError("DTV_PLUGIN_CLASS", `${path} is no reader, writer or transform: ${reasons.join("; ")}`, {
    culprit: path,
    hint: 'A class extends BaseReader, BaseWriter or BaseTransform of "dativo-ingest" and is exported by name.',
  });
}
