/**
 * The process of a plugin. It takes questions from the pipe that it was given as descriptor 3, and ends with that pipe.
 */
import { Socket } from "node:net";

// Ctrl-C at a terminal reaches this process as well; whether the plugin stops is for Dativo to say.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

const [, , kind, parent] = process.argv;
const [{ serve }] = await Promise.all([import("./serve.ts"), kind === "library" ? guardLibrary() : guardScript()]);
serve(new Socket({ fd: 3 }));

async function guardLibrary(): Promise<void> {
  const { guardProcess } = await import("../../native/guard-process.ts");
  guardProcess();
}

/** No library is loaded into its process, Dativo's own included: Node's permissions forbid it. */
async function guardScript(): Promise<void> {
  const { guardScriptProcess } = await import("./guard-script.ts");
  guardScriptProcess(parent === undefined ? undefined : Number(parent));
}
