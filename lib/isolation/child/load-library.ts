import { DativoError } from "../../contract/errors.ts";
import type { PlaceReject } from "../../contract/place-reject.ts";
import { findNativeReader, findNativeTransform, findNativeWriter } from "../../native/find-native.ts";
import type { Plugin } from "../plugin.ts";
import { parseOptions, parseSource, parseTarget } from "../wire-config.ts";
import type { LoadedPlugin } from "./hosted-player.ts";
import { HostedReader } from "./hosted-reader.ts";
import { HostedTransform } from "./hosted-transform.ts";
import { HostedWriter } from "./hosted-writer.ts";

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD, DTV_PLUGIN_CLASS */
export function loadLibrary({ file, symbol, role }: Plugin): LoadedPlugin {
  if (role === "reader") {
    const { playerClass, sha256 } = findNativeReader(file, symbol);
    return {
      told: { sha256 },
      make: (made, context) => new HostedReader(new playerClass(parseSource(made)), context),
    };
  }
  if (role === "transform") {
    const { playerClass, sha256 } = findNativeTransform(file, symbol, asItIs);
    return {
      told: { sha256 },
      make: (made, context) => new HostedTransform(new playerClass(parseOptions(made)), context),
    };
  }
  const { playerClass, sha256 } = findNativeWriter(file, symbol);
  if (playerClass.prototype.commitFiles) throw commitsItself(file, symbol);
  return {
    told: { sha256 },
    make: (made, context) => {
      const { asset, target, outputBase } = parseTarget(made);
      return new HostedWriter(new playerClass(asset, target, outputBase), context);
    },
  };
}

/** Dativo's own process knows the batch as it was before it was sent. */
const asItIs: PlaceReject = (reject) => reject;

/** Its commit would have to outlive the child, and answer for itself after a crash of either process. */
function commitsItself(file: string, symbol: string): DativoError {
  return new DativoError(
    "DTV_NOT_BUILT",
    `${file}:${symbol} commits by itself, and such libraries run in Dativo's own process for now`,
    { culprit: file, hint: "Leave plugins.sandbox.mode out." },
  );
}
