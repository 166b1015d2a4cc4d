import { EXIT } from "./exit-code.ts";

/** The command line. Sets the exit code and returns when everything has settled. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) is no fault, and there is nobody left to tell.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT.brokenPipe);
      throw error;
    });
  }
  const { buildProgram, settleCommandLine } = await import("./program.ts");
  try {
    await buildProgram().parseAsync(argv, { from: "user" });
  } catch (error) {
    settleCommandLine(error);
  }
}
