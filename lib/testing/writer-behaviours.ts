import { setTimeout as sleep } from "node:timers/promises";
import { BaseWriter } from "../contract/writer.ts";
import { type Behaviour, demand, demandSame, notApplicable } from "./behaviour.ts";
import { committingBehaviours } from "./committing-behaviours.ts";
import { answersCheck } from "./hooks.ts";
import { demandNoLeak } from "./open-resources.ts";
import { sizesBelow, type WriterSuite, WriterTrial } from "./writer-suite.ts";

/** Work that nobody waited for comes to its end within this time, in the files of a suite. */
const LATE_MS = 100;

/** What every writer does: nothing shows before the commit, everything after it, nothing after a failure. */
export function writerBehaviours(suite: WriterSuite): Behaviour[] {
  const commitsItself = typeof suite.writerClass.prototype.commitFiles === "function";
  return [
    ...everyWriter(suite),
    ...(commitsItself ? committingBehaviours(suite) : fileBehaviours(suite)),
    ...endings(suite),
  ];
}

function everyWriter(suite: WriterSuite): Behaviour[] {
  return [
    {
      name: "reports as many records as it was given",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.write();
          const counts = trial.watch.files.map(({ recordCount }) => recordCount);
          if (counts.includes(undefined)) return notApplicable("it reports no recordCount");
          demandSame(
            counts.reduce((sum: number, count) => sum + (count ?? 0), 0),
            trial.rows.length,
            "records that writeBatch() and seal() report",
          );
          demandSame(trial.watch.written, trial.rows.length, "records given to the writer");
        }),
    },
    {
      name: "keeps every value of hostile names and hostile text",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.write();
          demandSame(({} as { polluted?: unknown }).polluted, undefined, "a property of every object");
          const shown = await trial.shown();
          if (!shown) return notApplicable("it took them; nothing reads the target back to compare");
          demandSame(shown, trial.comparable(trial.rows), "what was read back");
        }),
    },
    {
      name: "is done with its work when seal() resolves",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          let before: readonly string[] = [];
          let after: readonly string[] = [];
          trial.watch.afterSeal = async ({ outputBase }) => {
            before = await sizesBelow(outputBase);
            await sleep(LATE_MS);
            after = await sizesBelow(outputBase);
          };
          await trial.write();
          demandSame(after, before, `files that it stages, ${LATE_MS} ms later`);
        }),
    },
    {
      name: "answers checkConnection()",
      run: async () => {
        const { prototype } = suite.writerClass;
        if (prototype.checkConnection === BaseWriter.prototype.checkConnection) {
          return notApplicable("it has no checkConnection()");
        }
        await WriterTrial.run(suite, (trial) => trial.withWriter(answersCheck));
      },
    },
  ];
}

/** Of writers whose files are published by the engine. */
function fileBehaviours(suite: WriterSuite): Behaviour[] {
  return [
    {
      name: "shows nothing before the commit and everything after it",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          let shown: string[] = [];
          await trial.write(trial.rows, async () => {
            shown = await trial.visible();
          });
          demandSame(shown, [], "files before the commit");
          demand((await trial.visible()).length > 0, "there must be a file after the commit");
        }),
    },
    {
      name: "leaves nothing behind when the source fails",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.fail();
          demandSame(await trial.visible(), [], "files after the failure");
        }),
    },
    {
      name: "shows the records of two commits side by side",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.write();
          const first = await trial.visible();
          await trial.write();
          const both = await trial.visible();
          demandSame(
            first.filter((name) => !both.includes(name)),
            [],
            "files of the first commit that are gone",
          );
          demand(both.length > first.length, "the second commit must show files too");
          const shown = await trial.shown();
          if (shown) demandSame(shown.length, trial.rows.length * 2, "records after two commits");
        }),
    },
    {
      name: "makes no file when no record comes",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.write([]);
          demandSame(await trial.visible(), [], "files");
        }),
    },
  ];
}

function endings(suite: WriterSuite): Behaviour[] {
  return [
    {
      name: "is closed once and without a fault, after a commit and after a failure",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.write();
          await trial.fail();
          demandSame([...new Set(trial.watch.closed)], [1], "calls of close() of each writer");
          demandSame(trial.watch.faults, [], "faults");
        }),
    },
    {
      name: "leaves nothing open: no timer, socket, child or file descriptor",
      run: () =>
        demandNoLeak(() =>
          WriterTrial.run(suite, async (trial) => {
            await trial.write();
            await trial.fail();
          }),
        ),
    },
  ];
}
