import { EXIT } from "./exit-code.ts";
import { guardOutput } from "./guard-output.ts";

/** The command line. Sets the exit code and returns when everything has settled. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) is no fault, and there is nobody left to tell.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT.brokenPipe);
      throw error;
    });
  }
  guardOutput();
  process.on("uncaughtException", (error) => void crash(error));
  const { buildProgram, settleCommandLine } = await import("./program.ts");
  try {
    await buildProgram().parseAsync(argv, { from: "user" });
  } catch (error) {
    settleCommandLine(error);
  }
}

/** An error that nothing waited for, in a timer of a plugin for example. What the run staged stays invisible. */
async function crash(error: unknown): Promise<void> {
  const [{ printError }, { openTerminal }] = await Promise.all([import("./print-error.ts"), import("./terminal.ts")]);
  printError(error, openTerminal(), { verbose: process.argv.includes("--verbose") });
  process.exit(EXIT.failed);
}
