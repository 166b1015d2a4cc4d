import type { AssetDefinition } from "../asset.ts";

/** What a file or a stream says of the contract that its records kept. */
export function contractMetadata(asset: AssetDefinition): Record<string, string> {
  if (asset.fields.length === 0) return {};
  return {
    "dativo.contract.name": asset.name,
    "dativo.contract.version": asset.version,
    "dativo.contract.fingerprint": asset.fingerprint,
    ...(asset.id === undefined ? {} : { "dativo.contract.id": asset.id }),
  };
}
