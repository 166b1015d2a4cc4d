import { availableParallelism } from "node:os";
import { examineCodecs } from "../../plugin/native-builtins.ts";
import { reportSandbox } from "../../plugin/report-sandbox.ts";
import { EXIT } from "../exit-code.ts";
import { printJson } from "../print-json.ts";
import { describeVersion, type GlobalOptions } from "../program.ts";
import { formatTable, type Terminal } from "../terminal.ts";

/** Says what this installation has: versions, who serves each format, and whether plugins can be kept in the sandbox. */
export async function doctorCommand(flags: GlobalOptions, terminal: Terminal): Promise<number> {
  const [codecs, sandbox] = await Promise.all([examineCodecs(), reportSandbox()]);
  const isBroken = codecs.some(({ runs }) => runs === "broken");
  if (flags.json) {
    printJson({ version: describeVersion(), cores: availableParallelism(), codecs, sandbox });
    return isBroken ? EXIT.failed : EXIT.done;
  }
  const marks = { native: ["green", "✔"], typescript: ["yellow", "·"], broken: ["red", "✘"] } as const;
  const rows = codecs.map(({ codec, runs, note }) => {
    const [color, mark] = marks[runs];
    return [terminal.paint(color, mark), codec, runs, note];
  });
  const [color, mark] = sandbox.isAvailable ? marks.native : marks.typescript;
  rows.push([terminal.paint(color, mark), "sandbox", sandbox.isAvailable ? "available" : "missing", sandbox.note]);
  process.stdout.write(`${describeVersion()}\n${availableParallelism()} cores\n\n${formatTable(rows)}\n`);
  return isBroken ? EXIT.failed : EXIT.done;
}
