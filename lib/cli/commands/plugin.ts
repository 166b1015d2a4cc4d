import type { Command } from "commander";
import type { Action } from "../program.ts";

/** What the program has for all of its commands. */
export interface CommandParts {
  globals(command: Command): Command;
  run(load: () => Promise<Action>): (...args: unknown[]) => Promise<void>;
}

/** `dativo plugin …`: one file for each. */
export function addPluginCommands(program: Command, { globals, run }: CommandParts): void {
  const plugin = program.command("plugin").description("Look after the plugins of jobs");
  globals(plugin.command("lock").description("Write down what the plugins of jobs are, so that no others are run"))
    .argument("<jobs...>", "job files")
    .option("--update", "take plugins that have changed as well")
    .option("--check", "write nothing; fail where the lock is not up to date")
    .action(run(async () => (await import("./plugin-lock.ts")).pluginLockCommand));
}
