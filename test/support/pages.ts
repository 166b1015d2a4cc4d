import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { BIN, NODE } from "./cli.ts";
import { tempFolder } from "./folder.ts";

const root = join(import.meta.dirname, "..", "..");

export interface Block {
  readonly language: string;
  /**
   * A file to write; `run`, `slowly` where that takes half a minute, or `natively` where it needs our libraries; `said` for
   * what the last one prints.
   */
  readonly purpose: string;
  readonly text: string;
}

/** The fenced blocks of a page that say what they are for: ```yaml jobs/x.yaml, ```sh run, ```bash run, ```ts run. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] as string,
    purpose: match[2] as string,
    text: match[3] as string,
  }));
}

/** A folder as a reader of the page has it: the dependencies, and `npx` that finds our command. */
export function readersFolder(): string {
  const folder = tempFolder();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "node_modules", "vega-datasets"), join(folder, "node_modules", "vega-datasets"));
  symlinkSync(root, join(folder, "node_modules", "dativo-ingest"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  mkdirSync(join(folder, "bin"));
  for (const [name, before] of Object.entries({ npx: "shift\n", dativo: "" })) {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${before}exec "${NODE}" "${BIN}" "$@"\n`, { mode: 0o755 });
  }
  return folder;
}

/** A line that fails ends its block; in bash, so does any command of a pipe. */
const SHELLS: Readonly<Record<string, string[]>> = { sh: ["sh", "-e"], bash: ["bash", "-e", "-o", "pipefail"] };

const COMMANDS: ReadonlySet<string> = new Set(["run", "slowly", "natively"]);

/** Does what a block says, and gives what was printed. */
export async function follow(block: Block, folder: string, env: Record<string, string>): Promise<string> {
  if (COMMANDS.has(block.purpose)) {
    const command = SHELLS[block.language];
    const outcome = command
      ? await shell([...command, "-c", block.text], folder, env)
      : await program(block.text, folder, env);
    expect(outcome, `${block.text}\n${outcome.output}`).toMatchObject({ code: 0 });
    return outcome.output;
  }
  mkdirSync(dirname(join(folder, block.purpose)), { recursive: true });
  writeFileSync(join(folder, block.purpose), block.text);
  return "";
}

/** A TypeScript program runs as it would under any loader; Node 20 has none of its own. */
function program(
  text: string,
  folder: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  writeFileSync(join(folder, "program.ts"), text);
  const jiti = join(root, "node_modules", "jiti", "lib", "jiti-cli.mjs");
  return shell([NODE, jiti, "program.ts"], folder, env);
}

export function shell(
  command: string[],
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    cwd,
    env: { PATH: `${join(cwd, "bin")}:${process.env["PATH"]}`, HOME: cwd, JITI_FS_CACHE: "false", ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}
