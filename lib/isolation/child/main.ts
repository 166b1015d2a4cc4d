/**
 * The process of a native plugin. It takes questions from the pipe that it was given as descriptor 3, and ends with
 * that pipe.
 */
import { Socket } from "node:net";

// Ctrl-C at a terminal reaches this process as well; whether the plugin stops is for Dativo to say.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

const [{ guardProcess }, { serve }] = await Promise.all([
  import("../../native/guard-process.ts"),
  import("./serve.ts"),
]);
guardProcess();
serve(new Socket({ fd: 3 }));
