import { inspect } from "node:util";
import { Worker } from "node:worker_threads";

/** A loop that never ends keeps the main thread from noticing that the pipe has. */
const WATCH = `
  const { workerData: parent } = require("node:worker_threads");
  setInterval(() => process.ppid === parent || process.kill(process.pid, "SIGKILL"), 200);
`;

/**
 * Ends this process with the one that started it, and says last what nobody caught. Without a parent somebody else sees to
 * the first: the system does in the sandbox.
 */
export function guardScriptProcess(parent: number | undefined): void {
  if (parent !== undefined) new Worker(WATCH, { eval: true, workerData: parent }).unref();
  process.on("uncaughtException", (error) => {
    // The last line goes into the error of the run; Node's own last line is its version.
    process.stderr.write(`${inspect(error)}\nNobody caught ${String(error)}\n`, () => process.exit(1));
  });
}
