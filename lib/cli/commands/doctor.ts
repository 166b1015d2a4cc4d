import { availableParallelism } from "node:os";
import { examineCodecs } from "../../plugin/native-builtins.ts";
import { EXIT } from "../exit-code.ts";
import { printJson } from "../print-json.ts";
import { describeVersion, type GlobalOptions } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

/** Says what this installation has: versions, and for each format whether native code or TypeScript serves. */
export async function doctorCommand(flags: GlobalOptions, terminal: Terminal): Promise<number> {
  const codecs = await examineCodecs();
  const isBroken = codecs.some(({ runs }) => runs === "broken");
  if (flags.json) {
    printJson({ version: describeVersion(), cores: availableParallelism(), codecs });
    return isBroken ? EXIT.failed : EXIT.done;
  }
  const marks = { native: ["green", "✔"], typescript: ["yellow", "·"], broken: ["red", "✘"] } as const;
  const rows = codecs.map(({ codec, runs, note }) => {
    const [color, mark] = marks[runs];
    return [terminal.paint(color, mark), codec, runs, note];
  });
  process.stdout.write(`${describeVersion()}\n${availableParallelism()} cores\n\n${formatTable(rows)}\n`);
  return isBroken ? EXIT.failed : EXIT.done;
}
