import { join } from "node:path";
import { expect, it } from "vitest";
import { PEOPLE_ASSET, PEOPLE_CSV, smallJob, writeFiles } from "../support/cli.ts";
import { tempFolder, visibleFiles } from "../support/folder.ts";
import { runTwice } from "../support/race.ts";

const ROUNDS = 20;

it("two processes that start one job at once commit its data once, in every round", { timeout: 300_000 }, async () => {
  const cwd = tempFolder();
  writeFiles(cwd, {
    "people.yaml": PEOPLE_ASSET,
    "job.yaml": smallJob({ target_connector: "csv", source: { files: [{ path: "in/*.csv" }] } }),
  });
  for (let round = 1; round <= ROUNDS; round++) {
    // A new file for each round, so that one of the two has something to commit.
    writeFiles(cwd, { [`in/${round}.csv`]: PEOPLE_CSV });
    const ends = await runTwice(cwd);
    const said = ends.map(({ code, stdout }) => {
      const { status, error } = JSON.parse(stdout);
      return `${code} ${status ?? error.code}`;
    });
    expect([round, said.filter((end) => end === "0 committed").length]).toEqual([round, 1]);
    expect(said.every((end) => ["0 committed", "0 unchanged", "2 DTV_LOCKED"].includes(end))).toBe(true);
    expect(visibleFiles(join(cwd, "lake", "people"))).toHaveLength(round);
  }
});
