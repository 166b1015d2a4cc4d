import { surveysFiles } from "../../contract/files/file-reader.ts";
import { FileWriter } from "../../contract/files/file-writer.ts";
import type { ReaderClass } from "../../contract/reader.ts";
import { BaseTransform, type TransformClass } from "../../contract/transform.ts";
import type { WriterClass } from "../../contract/writer.ts";
import { construct, findReader, findTransform, findWriter } from "../../plugin/find-player.ts";
import { nameOf, type Plugin } from "../plugin.ts";
import { OPTIONAL_HOOKS, type ReaderFacts, type TransformFacts, type WriterFacts } from "../script-facts.ts";
import { parseOptions, parseSource, parseTarget } from "../wire-config.ts";
import type { LoadedPlugin } from "./hosted-player.ts";
import { HostedScriptReader } from "./hosted-script-reader.ts";
import { HostedScriptTransform } from "./hosted-script-transform.ts";
import { HostedScriptWriter } from "./hosted-script-writer.ts";

/** @throws DativoError DTV_PLUGIN_NOT_FOUND, DTV_PLUGIN_LOAD, DTV_PLUGIN_CLASS */
export async function loadScript(plugin: Plugin): Promise<LoadedPlugin> {
  const path = nameOf(plugin);
  const place = `${plugin.file}:${plugin.symbol}`;
  if (plugin.role === "reader") {
    const player = await findReader("custom", place, plugin);
    return {
      told: { sha256: player.sha256, facts: readerFacts(player.playerClass) },
      make: (made, context) => new HostedScriptReader(construct(player, parseSource(made)), path, context),
    };
  }
  if (plugin.role === "transform") {
    const player = await findTransform(place, plugin);
    return {
      told: { sha256: player.sha256, facts: transformFacts(player.playerClass) },
      make: (made, context) => new HostedScriptTransform(construct(player, parseOptions(made)), path, context),
    };
  }
  const player = await findWriter("custom", place, plugin);
  return {
    told: { sha256: player.sha256, facts: writerFacts(player.playerClass) },
    make: (made, context) => {
      const { asset, target, outputBase } = parseTarget(made);
      return new HostedScriptWriter(construct(player, asset, target, outputBase), path, context);
    },
  };
}

function readerFacts(playerClass: ReaderClass): ReaderFacts {
  const { replay = 2, readsFiles = false } = playerClass;
  return { replay, readsFiles, surveys: surveysFiles(playerClass) };
}

function transformFacts({ input = "batch", prototype }: TransformClass): TransformFacts {
  return { input, hooks: OPTIONAL_HOOKS.filter((hook) => prototype[hook] !== BaseTransform.prototype[hook]) };
}

function writerFacts(playerClass: WriterClass): WriterFacts {
  const { input = "rows", durableStaging = true, settlesTypes = false } = playerClass;
  const { commitFiles, committed } = playerClass.prototype;
  return {
    input,
    writesFiles: playerClass.prototype instanceof FileWriter,
    durableStaging,
    settlesTypes,
    commits: commitFiles !== undefined,
    answers: committed !== undefined,
  };
}
