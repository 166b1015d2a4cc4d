import { type CommitResult, type FileMetadata, isSuccess } from "../contract/results.ts";
import { type Behaviour, demand, demandSame, notApplicable } from "./behaviour.ts";
import type { WatchedCommit } from "./watch-writer.ts";
import { type WriterSuite, WriterTrial } from "./writer-suite.ts";

const NOT_READ_BACK = notApplicable("nothing reads the target back");
const SAYS_NOTHING = notApplicable("it has no committed(), so a commit whose reply is lost is made again");

/** Of writers that make visible by themselves what they staged. */
export function committingBehaviours(suite: WriterSuite): Behaviour[] {
  return [
    {
      name: "shows nothing before the commit and everything after it",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          let staged: readonly unknown[] | undefined;
          trial.watch.beforeCommit = async () => {
            staged = await trial.shown();
          };
          await trial.write();
          if (!staged) return NOT_READ_BACK;
          demandSame(staged, [], "records before the commit");
          demandSame((await trial.shown())?.length, trial.rows.length, "records after the commit");
        }),
    },
    {
      name: "leaves nothing behind when the source fails",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.fail();
          const shown = await trial.shown();
          if (!shown) return NOT_READ_BACK;
          demandSame(shown, [], "records after the failure");
        }),
    },
    {
      name: "shows the records of two commits side by side, whose batches have the same numbers",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.write();
          await trial.write();
          const shown = await trial.shown();
          if (!shown) return NOT_READ_BACK;
          demandSame(shown.length, trial.rows.length * 2, "records after two commits");
        }),
    },
    {
      name: "makes a commit once that it is asked for twice, the second time in a fresh process",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          await trial.write();
          const before = await trial.shown();
          const again = await commitAgain(trial);
          demand(isSuccess(again), `commitFiles() of what is committed says '${again.status}'`);
          if (!before) return notApplicable("it takes the second one; nothing reads the target back to compare");
          demandSame(await trial.shown(), before, "records after the second commit");
        }),
    },
    {
      name: "tells by committed() the truth: nothing before the commit, this run after it",
      run: () =>
        WriterTrial.run(suite, async (trial) => {
          if (typeof suite.writerClass.prototype.committed !== "function") return SAYS_NOTHING;
          let before: CommitResult | undefined;
          trial.watch.beforeCommit = async (writer, { token }) => {
            before = await writer.committed?.(token);
          };
          await trial.write();
          demand(!before || !isSuccess(before), "committed() finds a commit before it is made");
          const { token } = lastCommit(trial);
          const after = await trial.withWriter(async (writer) => writer.committed?.(token));
          demand(after !== undefined && isSuccess(after), "committed() does not find the commit that was made");
          if (after.runId !== undefined) demandSame(after.runId, token.runId, "the run that committed() names");
          const other = { ...token, seq: token.seq + 1 };
          const later = await trial.withWriter(async (writer) => writer.committed?.(other));
          demand(!later || !isSuccess(later), "committed() finds a commit that was never made");
        }),
    },
  ];
}

function commitAgain(trial: WriterTrial): Promise<CommitResult> {
  const { files, token } = lastCommit(trial);
  // As the commit record keeps them.
  const kept = JSON.parse(JSON.stringify(files)) as FileMetadata[];
  return trial.withWriter(async (writer) => (await writer.commitFiles?.(kept, token)) ?? { status: "success" });
}

function lastCommit({ watch }: WriterTrial): WatchedCommit {
  const commit = watch.commits.at(-1);
  demand(commit !== undefined, "commitFiles() was not called");
  return commit;
}
