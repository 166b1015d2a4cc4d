import { EXIT } from "./exit-code.ts";
import { guardOutput } from "./guard-output.ts";
import { buildProgram, settleCommandLine } from "./program.ts";

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
  const settle = guardOutcome();
  try {
    await buildProgram().parseAsync(argv, { from: "user" });
  } catch (error) {
    settleCommandLine(error);
  }
  settle();
  endAbandoned();
}

const ABANDONED_MS = 200;

/** What still runs when a command has settled was abandoned by it, such as a call into a library that never returns. */
function endAbandoned(): void {
  const timer = setInterval(async () => {
    // Somebody may take their time to read what was printed.
    if (process.stdout.writableLength > 0 || process.stderr.writableLength > 0) return;
    const { exitNow } = await import("../plugin/exit-now.ts");
    await exitNow(Number(process.exitCode ?? EXIT.done));
  }, ABANDONED_MS);
  timer.unref();
}

/**
 * A process that ends before its command does must not look like a success: a plugin may call process.exit, wait for
 * what never comes, or throw where nothing catches it. What a run staged stays invisible.
 *
 * @returns a function for when the command has settled.
 */
function guardOutcome(): () => void {
  const onExit = (code: number): void => {
    if (code !== EXIT.done) return;
    process.stderr.write(
      "error DTV_STAGE_STUCK The process ended before the command did\n  A plugin called process.exit, or waits for something that never comes: look for a promise that nobody resolves.\n",
    );
    process.exitCode = EXIT.failed;
  };
  process.on("exit", onExit);
  process.on("uncaughtException", (cause) => void crash(cause));
  return () => {
    process.off("exit", onExit);
  };
}

async function crash(cause: unknown): Promise<void> {
  const [{ printError }, { openTerminal }, { toDativoError }] = await Promise.all([
    import("./print-error.ts"),
    import("./terminal.ts"),
    import("../contract/errors.ts"),
  ]);
  const error = toDativoError(cause, "DTV_PLUGIN_FAILED", "An error that nothing waited for");
  printError(error, openTerminal(), { verbose: /^(-v|--verbose)$/m.test(process.argv.join("\n")) });
  process.exit(EXIT.failed);
}
